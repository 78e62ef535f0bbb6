import Foundation
import Glibc
import ManagedPostgres
import PostgresFixture
import ProcessSupervision
import SupervisionFixture
import Testing

@testable import Backups

/// The stream, against a real server.
@Suite("WAL: the stream", .serialized)
struct StreamTests {
    @Test("receives what is written, knows how far it is, notes checksums, and stops")
    func receives() async throws {
        try await World.use { world in
            let stream = try await world.streaming()
            #expect(world.breaks.reasons == [.first])
            try await world.insert(1, count: 1_000)
            try await world.execute("SELECT pg_switch_wal()")
            try await world.insert(2_000, count: 10)
            try await world.caughtUp(stream)
            let status = stream.status
            #expect(status.lagBytes == 0 && status.lagSeconds == 0 && status.isSynchronous == false)
            #expect(status.watchProblem == nil && status.downSince == nil && status.restarts == 0)
            let folder = try #require(status.folder)
            #expect(try await eventually { try !WALChecksums.read(in: folder).isEmpty })
            let check = try await world.fixture.run(
                "/bin/sh", ["-c", "cd \(folder) && sha256sum --check --strict SHA256SUMS"], as: .me)
            #expect(check.exit == .exited(0), "\(check.lines)")
            await stream.stop()
            #expect(stream.status.phase == .stopped)
            #expect(try orphans(of: world).isEmpty)
        }
    }

    @Test("a receiver that is killed is started again, and nothing is missing; one left behind is ended first")
    func killed() async throws {
        try await World.use { world in
            let stream = try await world.streaming()
            let base = try await world.base("b1")
            for round in 0..<3 {
                let old = try #require(try orphans(of: world).first)
                try await world.insert(round * 1_000, count: 500)
                kill(old, SIGKILL)
                try await world.insert(round * 1_000 + 500, count: 500)
                try await world.execute("SELECT pg_switch_wal()")
                #expect(try await eventually { try orphans(of: world).contains { $0 != old } })
            }
            try await world.caughtUp(stream)
            #expect(stream.status.restarts >= 3 && stream.status.lastExit != nil && world.breaks.reasons == [.first])
            await stream.stop()
            // As a killed daemon leaves it: a receiver of its own, which the next stream must not write beside.
            let folder = try #require(stream.status.folder)
            let left = try Process.run(
                URL(fileURLWithPath: world.programs.receiveWAL),
                arguments: ["--host=\(world.server.folder)", "--username=postgres", "--directory=\(folder)"])
            #expect(try await eventually { try orphans(of: world).contains(left.processIdentifier) })
            let next = try await world.streaming()
            #expect(try !orphans(of: world).contains(left.processIdentifier))
            try await world.caughtUp(next)
            await next.stop()
            let reports = try await WALReporter(folders: world.folders).report(on: [base], isRead: true)
            #expect(reports.count == 1 && reports[0].problems.isEmpty && reports[0].lastCommit != nil, "\(reports)")
        }
    }

    @Test("a receiver that hangs is killed and started again once the server has given it up")
    func hanging() async throws {
        try await World.use { world in
            try await world.execute("ALTER SYSTEM SET wal_sender_timeout = '1s'")
            try await world.execute("SELECT pg_reload_conf()")
            let stream = try await world.streaming(disconnectedLimit: .seconds(1))
            let old = try #require(try orphans(of: world).first)
            kill(old, SIGSTOP)
            try await world.insert(1, count: 10)
            #expect(try await eventually { try orphans(of: world).contains { $0 != old } })
            try await world.caughtUp(stream)
            #expect(stream.status.restarts == 1 && world.breaks.reasons == [.first])
            await stream.stop()
        }
    }

    @Test("a receiver that begins again and again and receives nothing is down all the while")
    func refused() async throws {
        try await World.use { world in
            // Another one has the slot, as another daemon with another database on the same server would.
            let other = FileManager.default.temporaryDirectory.appendingPathComponent("receiver-\(getpid())")
            try FileManager.default.createDirectory(at: other, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: other) }
            try await world.execute("SELECT pg_create_physical_replication_slot('brain_memoryd_wal')")
            let holder = try Process.run(
                URL(fileURLWithPath: world.programs.receiveWAL),
                arguments: [
                    "--host=\(world.server.folder)", "--username=postgres", "--slot=brain_memoryd_wal",
                    "--directory=\(other.path)",
                ])
            #expect(
                try await eventually {
                    try await world.execute("SELECT active::text FROM pg_replication_slots").first == "true"
                })
            let begin = Date()
            let stream = world.stream()
            try await stream.start()
            // At each moment that it is down, whatever its receiver is doing.
            var seen: [Date?] = []
            #expect(
                try await eventually {
                    let status = stream.status
                    if status.phase == .down { seen.append(status.downSince) }
                    return status.restarts >= 5
                })
            #expect(!seen.isEmpty && seen.allSatisfy { ($0 ?? .distantFuture).timeIntervalSince(begin) < 1 })
            kill(holder.processIdentifier, SIGKILL)
            #expect(try await eventually { stream.status.phase == .streaming && stream.status.lagBytes == 0 })
            await stream.stop()
        }
    }

    @Test("when the server goes the stream is down, and goes on by itself when it is back")
    func server() async throws {
        try await World.use { world in
            let stream = try await world.streaming()
            try await world.server.kill()
            #expect(try await eventually { stream.status.phase == .down && stream.status.downSince != nil })
            #expect(try await eventually { stream.status.watchProblem != nil && stream.status.lagBytes == nil })
            try await world.server.restart()
            #expect(try await eventually { stream.status.phase == .streaming })
            try await world.insert(1)
            try await world.caughtUp(stream)
            #expect(world.breaks.reasons == [.first])
            await stream.stop()
        }
    }

    @Test("a slot whose log the server has removed: the gap is told, and the stream goes on in a new folder")
    func slotLost() async throws {
        try await World.use(settings: ["max_slot_wal_keep_size": "16MB", "max_wal_size": "32MB"]) { world in
            let first = try await world.streaming()
            let base = try await world.base("b1")
            try await world.caughtUp(first)
            await first.stop()
            for number in 0..<6 {
                try await world.insert(number * 10)
                try await world.execute("SELECT pg_switch_wal()")
            }
            try await world.execute("CHECKPOINT")
            let state = try await world.execute("SELECT wal_status FROM pg_replication_slots")
            #expect(state == ["lost"])
            let second = try await world.streaming()
            #expect(world.breaks.reasons == [.first, .removed] && second.status.lastBreak?.reason == .removed)
            #expect(second.status.folder != first.status.folder)
            try await world.insert(1_000)
            try await world.execute("SELECT pg_switch_wal()")
            try await world.insert(1_001)
            try await world.caughtUp(second)
            await second.stop()
            let error = await #expect(throws: RestoreError.self) { try await world.restorer().prepare() }
            #expect(error?.kind == .missingWAL, "\(error?.message ?? "")")
            // Up to the gap it works, by the very command that the message names.
            let report = try #require(
                try await WALReporter(folders: world.folders).report(on: [base], isRead: false).first)
            #expect(report.problems.count == 1)
        }
    }

    /// The receivers that write into this world's archive.
    private func orphans(of world: World) throws -> [Int32] {
        try RunningProcess.pids().filter { pid in
            RunningProcess.programName(of: pid) == "pg_receivewal"
                && RunningProcess.commandLine(of: pid)?.contains(world.folders.wal) == true
        }
    }
}
