import Foundation
import Glibc
import ManagedPostgres
import MonotonicClock
import PostgresFixture
import ProcessSupervision
import SupervisionFixture
import Testing

@testable import Backups

@Suite(.serialized) struct FailureTests {
    /// Holds a table, starts a dump, lets `body` hurt it once pg_dump waits, and answers the dump's error.
    private func hurt(
        _ world: World, _ body: @escaping @Sendable () async throws -> Void
    ) async throws -> (BackupError?, Duration) {
        let keeper = world.keeper
        var error: BackupError?
        var duration = Duration.zero
        try await world.locking("brain_memories") {
            let made = Task { try await keeper.makeDump(reason: "request") }
            let isThere = try await world.appears("pg_dump", naming: world.root)
            #expect(isThere)
            try await body()
            let begin = MonotonicInstant.now
            error = await backupError { _ = try await made.value }
            duration = .now - begin
        }
        return (error, duration)
    }

    @Test("pg_dump is killed: an error at once, nothing left, the earlier one untouched")
    func killedProgram() async throws {
        try await World.with { world in
            let good = try await world.keeper.makeDump(reason: "request")
            let (error, duration) = try await hurt(world) {
                for pid in try world.pids("pg_dump", naming: world.root) { kill(pid, SIGKILL) }
            }
            #expect(
                error?.kind == .programFailed && error?.message.contains("signal 9") == true,
                "\(String(describing: error))")
            #expect(duration < .seconds(20))
            try await world.expectOnly(good)
        }
    }

    @Test("the server goes away")
    func lostServer() async throws {
        try await World.with(isAlone: true) { world in
            let good = try await world.keeper.makeDump(reason: "request")
            let (error, _) = try await hurt(world) { try await world.server.kill() }
            #expect(error?.kind == .unavailable, "\(String(describing: error))")
            try await world.expectOnly(good)
            let begin = MonotonicInstant.now
            let next = await backupError { _ = try await world.keeper.makeDump(reason: "request") }
            #expect(next?.kind == .unavailable && .now - begin < .seconds(20), "\(String(describing: next))")
            let base = await backupError { _ = try await world.keeper.makeBase(reason: "request") }
            #expect(base?.kind == .unavailable, "\(String(describing: base))")
            try await world.expectOnly(good)
        }
    }

    @Test("cancelling ends a run, and its programs")
    func cancelled() async throws {
        try await World.with { world in
            let good = try await world.keeper.makeDump(reason: "request")
            let keeper = world.keeper
            try await world.locking("brain_memories") {
                let made = Task { try await keeper.makeDump(reason: "request") }
                let isThere = try await world.appears("pg_dump", naming: world.root)
                #expect(isThere)
                made.cancel()
                #expect(await backupError { _ = try await made.value }?.kind == .cancelled)
                #expect(try world.pids("pg_dump", naming: world.root).isEmpty)
            }
            try await world.expectOnly(good)
        }
    }

    @Test("a second run at the same time is refused, of another keeper too")
    func twice() async throws {
        try await World.with { world in
            let keeper = world.keeper
            try await world.locking("brain_memories") {
                let made = Task { try await keeper.makeDump(reason: "request") }
                let isThere = try await world.appears("pg_dump", naming: world.root)
                #expect(isThere)
                let other = world.keeper { _ in }
                #expect(await backupError { _ = try await other.makeBase(reason: "request") }?.kind == .inProgress)
                let drill = await backupError { _ = try await keeper.drill() }
                #expect(drill?.kind == .inProgress && drill?.message.contains("process \(getpid())") == true)
                let list = try await keeper.list()
                #expect(list.isEmpty)
                made.cancel()
                _ = await made.result
            }
        }
    }

    @Test("programs and folders of a killed daemon are cleared, and nothing else is")
    func leftovers() async throws {
        try await World.with(rows: 20) { world in
            let good = try await world.keeper.makeDump(reason: "request")
            try await world.shell(
                "mkdir -p incomplete-dump-x/deep incomplete-other mine; ln -s \(world.fixture.folder)/stay incomplete-other/link; "
                    + "mkdir ../stay; touch ../stay/file incomplete-dump-x/deep/file notes")
            let programs = try await PostgresPrograms.find(
                configured: nil, clusterVersion: nil, cluster: "", identity: BackupTools.ownIdentity,
                queue: world.fixture.queue)
            let tools = BackupTools(
                configuration: world.keeper.configuration, folders: world.folders, queue: world.fixture.queue,
                logger: world.fixture.log.logger)
            let file = world.root + "/incomplete-dump-x/memories.dump"
            let command = try tools.command(programs.dump, ["--format=custom", "--file=\(file)"], url: world.url)
            let bystander = ChildProcess()
            let watching = Task {
                try await bystander.run(
                    tools.command("/usr/bin/tail", ["-f", world.root + "/incomplete-dump-x/deep/file"]),
                    maximumLineBytes: 99, onLaunch: { _ in }, onLine: { _ in })
            }
            try await world.locking("brain_memories") {
                let left = Task { try await StreamRun.run(command, bound: .seconds(60)) { _ in } }
                let isLeft = try await world.appears("pg_dump", naming: file)
                let isWatched = try await world.appears("tail", naming: world.root + "/incomplete-dump-x")
                #expect(isLeft && isWatched)
                let keeper = world.keeper
                let next = Task { try await keeper.makeDump(reason: "request") }
                let end = try await left.value
                #expect(end.exit == .signaled(SIGKILL))
                let isThere = try await world.appears("pg_dump", naming: "incomplete-dump-2")
                #expect(isThere)
                next.cancel()
                _ = await next.result
            }
            #expect(bystander.send(signal: SIGTERM))
            _ = try await watching.value
            #expect(try Set(world.debris()) == ["mine", "notes"])
            #expect(try world.fixture.exists(world.fixture.folder + "/stay/file"))
            #expect(try await world.keeper.list().map(\.id) == [good.id])
        }
    }

    @Test("no rights, no programs, no schema, no room: each is told as what it is")
    func reasons() async throws {
        try await World.with(rows: 5) { world in
            let missing = world.keeper { $0.programsDirectory = world.fixture.folder }
            #expect(await backupError { _ = try await missing.makeDump(reason: "x") }?.kind == .programsNotFound)
            let empty = try await world.server.createDatabase()
            let bare = world.keeper { $0.url = empty }
            #expect(await backupError { _ = try await bare.makeDump(reason: "x") }?.kind == .unsupported)
            let full = world.keeper { $0.minimumFreeBytes = .max / 2 }
            let noRoom = await backupError { _ = try await full.makeDump(reason: "x") }
            #expect(noRoom?.kind == .diskFull && noRoom?.message.contains("backups.min_free_bytes") == true)
            #expect(await backupError { _ = try await full.makeBase(reason: "x") }?.kind == .diskFull)
            try await world.sql("CREATE ROLE weak\(getpid()) LOGIN")
            let weak = world.keeper {
                $0.url = world.url.replacing("postgres@", with: "weak\(getpid())@")
                $0.replicationURL = $0.url
            }
            let denied = await backupError { _ = try await weak.makeDump(reason: "x") }
            #expect(denied?.kind == .permissionDenied, "\(String(describing: denied))")
            let deniedBase = await backupError { _ = try await weak.makeBase(reason: "x") }
            #expect(deniedBase?.kind == .permissionDenied, "\(String(describing: deniedBase))")
            #expect(try world.debris() == [])
            #expect(try await world.keeper.list().count == 0)
        }
    }

    @Test("a newer server than the programs is told before anything is written")
    func version() async throws {
        try await World.with(rows: 0) { world in
            let tools = BackupTools(
                configuration: world.keeper.configuration, folders: world.folders, queue: world.fixture.queue,
                logger: world.fixture.log.logger)
            let error = await backupError { _ = try await tools.programs(serverVersion: 990_001) }
            #expect(error?.kind == .versionMismatch && error?.message.contains("99") == true)
        }
        let said = BackupError(
            purpose: "dump", program: "/usr/lib/pg_dump",
            failure: "ended with exit status 1:\npg_dump: error: aborting because of server version mismatch",
            isTimedOut: false)
        #expect(said.kind == .versionMismatch)
    }

    @Test("a folder that others can write into is refused; one that they can read is closed")
    func rights() async throws {
        try await World.with(rows: 0) { world in
            let none = try await world.keeper.list()
            #expect(none.isEmpty)
            try await world.shell("chmod 755 . dumps")
            _ = try await world.keeper.list()
            #expect(try await world.shell("stat -c %a . dumps") == ["711", "700"])
            for path in [".", "dumps"] {
                try await world.shell("chmod o+w \(path)")
                let error = await backupError { _ = try await world.keeper.list() }
                #expect(error?.kind == .folderUnusable && error?.message.contains("chmod go-w") == true)
                try await world.shell("chmod o-w \(path)")
            }
        }
    }
}
