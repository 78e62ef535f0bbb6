import Foundation
import Glibc
import ManagedPostgres
import MemoryModel
import PostgresFixture
import ProcessSupervision
import SupervisionFixture
import Testing

@testable import Backups

/// Restores, of a real server that was killed and whose data folder is gone.
@Suite("WAL: restores", .serialized)
struct RestoreTests {
    @Test("in strict mode no acknowledged write is lost with the server and its folder")
    func strict() async throws {
        try await World.use { world in
            let stream = try await world.streaming()
            _ = try await world.base("b1")
            try await world.execute("ALTER SYSTEM SET synchronous_standby_names = 'brain_memoryd_wal'")
            try await world.execute("SELECT pg_reload_conf()")
            #expect(try await eventually { stream.status.isSynchronous == true })
            let acknowledged = Acknowledged()
            await withTaskGroup(of: Void.self) { group in
                for writer in 0..<4 {
                    group.addTask {
                        var number = writer
                        while (try? await world.insert(number)) != nil {
                            acknowledged.add(number)
                            number += 4
                        }
                    }
                }
                _ = try? await eventually { acknowledged.numbers.count >= 400 }
                try? await world.server.kill()
            }
            try await world.server.shutdown()
            await stream.stop()

            let report = try await world.restore()
            let wanted = acknowledged.numbers
            let list = wanted.map { "\($0)" }.joined(separator: ",")
            let lost = try await world.ask(
                "SELECT count(*) FROM unnest('{\(list)}'::bigint[]) AS n WHERE NOT EXISTS "
                    + "(SELECT FROM brain_memories WHERE id = n)")
            #expect(lost == ["0"] && wanted.count >= 400)
            #expect(report.memories >= wanted.count && report.agents == 3 && report.tags == 5 && report.timeline == 2)
            #expect(report.asOf.hasPrefix("20") && report.warnings.isEmpty, "\(report)")
        }
    }

    @Test("between two marks: by time, by transaction, by place; and over what is there only by force")
    func pointInTime() async throws {
        try await World.use { world in
            let stream = try await world.streaming()
            _ = try await world.base("b1")
            try await world.insert(1, count: 100)
            // The base's end is known to the second.
            let start = try #require(Timestamp(date: Date() + 2))
            #expect(try await eventually { Date() > start.date })
            try await world.insert(1_000)
            let between = try #require(
                try await world.execute(
                    "SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')")[0])
            let place = try #require(try await world.execute("SELECT pg_current_wal_insert_lsn()")[0])
            let deletion = try await world.execute(
                "WITH gone AS (DELETE FROM brain_memories WHERE id <= 100 RETURNING 1) SELECT pg_current_xact_id() FROM gone"
            )
            try await world.insert(2_000)
            try await world.execute("TRUNCATE brain_memories")
            try await world.caughtUp(stream)
            await stream.stop()
            try await world.server.shutdown()

            let time = try #require(Timestamp(rfc3339: between))
            let first = try await world.restore { $0.target = .time(time) }
            #expect(first.memories == 101)
            #expect(try await world.ask("SELECT count(*) FROM brain_memories WHERE id = 2000") == ["0"])

            let found = try await world.restorer().deletions(minimumRows: 10, since: nil)
            let gone = try #require(deletion[0].flatMap { UInt32($0) })
            #expect(found.entries.map(\.transaction.id).contains(gone))
            #expect(found.entries.first?.transaction.removedFiles ?? 0 > 0)

            let occupied = await #expect(throws: RestoreError.self) {
                try await world.restore { $0.target = .beforeTransaction(gone) }
            }
            #expect(occupied?.kind == .occupied)
            // The first restore has made timeline 2, on which there is no log yet: the deletion is on the first one.
            let second = try await world.restore {
                $0.target = .beforeTransaction(gone)
                $0.timeline = 1
                $0.isForced = true
            }
            #expect(second.memories == 101 && second.timeline == 3)
            let kept = try #require(second.replaced)
            #expect(try world.fixture.exists(kept + "/PG_VERSION"))

            let other = world.fixture.folder + "/other"
            let third = try await world.restore(other) {
                $0.target = .location(WALLocation(place)!)
                $0.timeline = 1
            }
            #expect(third.memories == 101 && third.timeline == 4)
            let late = await #expect(throws: RestoreError.self) {
                try await world.restore(world.fixture.folder + "/late") {
                    $0.target = .time(time.advanced(byMicroseconds: 3_600_000_000))
                    $0.timeline = 1
                }
            }
            #expect(late?.kind == .targetNotReached, "\(late?.message ?? "")")
        }
    }

    @Test("a damaged or missing segment is named beforehand, and nothing is touched")
    func damaged() async throws {
        try await World.use { world in
            let stream = try await world.streaming()
            _ = try await world.base("b1")
            for number in 0..<3 {
                try await world.insert(number * 100, count: 100)
                try await world.execute("SELECT pg_switch_wal()")
            }
            try await world.insert(1_000, count: 10)
            try await world.caughtUp(stream)
            await stream.stop()
            try await world.server.shutdown()
            let folder = try #require(stream.status.folder)
            let segments = try ServerFiles.names(in: folder).filter { $0.count == 24 }.sorted()
            let victim = folder + "/" + segments[segments.count - 2]
            let whole = try #require(FileManager.default.contents(atPath: victim))
            var flipped = whole
            flipped[5_000] ^= 4
            try flipped.write(to: URL(fileURLWithPath: victim))
            // By its checksum, and without one by its records.
            for hasSums in [true, false] {
                if !hasSums { try ServerFiles.remove(folder + "/SHA256SUMS") }
                let error = await #expect(throws: RestoreError.self) { try await world.restore() }
                #expect(error?.kind == .damaged && error?.message.contains(victim) == true, "\(error?.message ?? "")")
            }
            let forced = try await world.restore { $0.isForced = true }
            #expect(forced.memories >= 100 && forced.memories < 310)
            #expect(try ServerFiles.names(in: world.fixture.directory).filter { $0.hasPrefix("postgres.") }.isEmpty)

            try ServerFiles.remove(victim)
            let missing = await #expect(throws: RestoreError.self) {
                try await world.restore(world.fixture.folder + "/x") { $0.timeline = 1 }
            }
            #expect(missing?.kind == .missingWAL && missing?.message.contains(segments[segments.count - 2]) == true)
            try whole.write(to: URL(fileURLWithPath: victim))
            #expect(try await world.restore(world.fixture.folder + "/x") { $0.timeline = 1 }.memories == 310)
        }
    }

    @Test("after a restore the log goes on on a new timeline, and leads on from the old base")
    func timelines() async throws {
        try await World.use { world in
            let stream = try await world.streaming()
            _ = try await world.base("b1")
            try await world.insert(1, count: 100)
            try await world.caughtUp(stream)
            await stream.stop()
            try await world.server.shutdown()
            #expect(try await world.restore().memories == 100)

            let managed = world.postgres()
            let url = try await managed.start()
            let administrative = try #require(managed.administrativeConnectionInfo)
            let second = try await world.streaming(administrative)
            #expect(second.status.timeline == 2 && second.status.folder != stream.status.folder)
            try await world.program(
                world.programs.psql,
                ["-Xq", "-c", "INSERT INTO brain_memories SELECT n, 'new' FROM generate_series(1000, 1049) n"], url)
            let end = try await world.program(world.programs.psql, ["-XAtc", "SELECT pg_current_wal_flush_lsn()"], url)
            let location = try #require(WALLocation(end[0]))
            #expect(try await eventually { second.status.receivedLSN.map { $0 >= location } ?? false })
            await second.stop()
            await managed.stop()
            let again = try await world.restore(world.fixture.folder + "/again")
            #expect(again.memories == 150 && again.agents == 4 && again.timeline == 3, "\(again)")
        }
    }

    @Test("what a killed restore leaves, at whichever step, is cleared by the next")
    func leftovers() async throws {
        try await World.use { world in
            try await world.insert(1, count: 10)
            _ = try await world.base("b1")
            #expect(try await world.restore().memories == 10)
            // Killed while copying: the folder is still the daemon's own, with files of the server's user in it.
            let replacement = try await ClusterReplacement.open(
                world.managed(), clusterVersion: world.programs.majorVersion, logger: world.fixture.log.logger)
            try await replacement.make()
            _ = try await world.fixture.run(
                "/bin/cp", ["-a", world.fixture.directory + "/postgres", replacement.staging + "/x"], as: .me)
            replacement.close()
            // Killed while replaying: a server runs in it.
            let second = try await ClusterReplacement.open(
                world.managed(), clusterVersion: world.programs.majorVersion, logger: world.fixture.log.logger)
            #expect(try !world.fixture.exists(replacement.staging))
            try await second.build()
            let server = second.server()
            try await server.start()
            second.close()
            #expect(try await world.restore { $0.isForced = true }.memories == 10)
            #expect(try !world.fixture.exists(second.staging))
            #expect(await !server.stop())
            #expect(try await world.ask("SELECT count(*) FROM brain_memories") == ["10"])
        }
    }

    @Test("from a dump: a new cluster, and into a database that exists, in one transaction")
    func dumps() async throws {
        try await World.use { world in
            try await world.insert(1, count: 500)
            // More objects than the last lines that are kept of a program's output.
            try await world.execute(
                "DO $$ BEGIN FOR n IN 1..250 LOOP EXECUTE format('CREATE TABLE other%s (a int)', n); END LOOP; END $$")
            let dump = try await world.dump("dump-1")
            let report = try await world.restore()
            #expect(report.memories == 500 && report.backup == "dump-1" && report.timeline == nil)
            #expect(try await world.ask("SELECT count(*), brain_nothing() FROM brain_memories") == ["500|1"])
            let owner = "SELECT tableowner FROM pg_tables WHERE tablename = 'brain_memories'"
            #expect(try await world.ask(owner) == ["brain"])

            let target = try await world.server.createDatabase()
            let fresh = try await world.restorer().restore(dump, into: target)
            #expect(fresh.memories == 500)
            let occupied = await #expect(throws: RestoreError.self) {
                try await world.restorer().restore(dump, into: target)
            }
            #expect(occupied?.kind == .occupied)
            try await world.server.execute("TRUNCATE brain_memories; CREATE TABLE theirs (a int)", on: target)
            #expect(try await world.restorer { $0.isForced = true }.restore(dump, into: target).memories == 500)
            #expect(try await world.server.execute("SELECT count(*) FROM theirs", on: target) == ["0"])
            // What hangs on a table of ours keeps it from being dropped: then all stays as it was.
            try await world.server.execute(
                "CREATE VIEW hanging AS SELECT id FROM brain_memories; DELETE FROM brain_memories WHERE id = 1",
                on: target)
            await #expect(throws: RestoreError.self) {
                try await world.restorer { $0.isForced = true }.restore(dump, into: target)
            }
            #expect(try await world.server.execute("SELECT count(*) FROM brain_memories", on: target) == ["499"])
        }
    }
}
