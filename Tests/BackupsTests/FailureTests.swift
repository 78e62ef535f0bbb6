import Foundation
import Glibc
import ManagedPostgres
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
            let begin = ContinuousClock.now
            error = await backupError { _ = try await made.value }
            duration = .now - begin
        }
        return (error, duration)
    }

    private func expectUntouched(_ world: World, _ good: BackupManifest) async throws {
        #expect(try world.debris() == [])
        let list = try await world.keeper.list()
        #expect(list.map(\.id) == [good.id] && list[0].isGood)
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
            try await expectUntouched(world, good)
        }
    }

    @Test("the server goes away")
    func lostServer() async throws {
        try await World.with(isAlone: true) { world in
            let good = try await world.keeper.makeDump(reason: "request")
            let (error, _) = try await hurt(world) { try await world.server.kill() }
            #expect(error?.kind == .unavailable, "\(String(describing: error))")
            try await expectUntouched(world, good)
            let begin = ContinuousClock.now
            let next = await backupError { _ = try await world.keeper.makeDump(reason: "request") }
            #expect(next?.kind == .unavailable && .now - begin < .seconds(20), "\(String(describing: next))")
            let base = await backupError { _ = try await world.keeper.makeBase(reason: "request") }
            #expect(base?.kind == .unavailable, "\(String(describing: base))")
            try await expectUntouched(world, good)
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
            try await expectUntouched(world, good)
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
            #expect(noRoom?.kind == .diskFull && noRoom?.message.contains("minimum_free") == true)
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

    @Test("the disk runs full: an error within seconds that says so, the last good one kept")
    func fullDisk() async throws {
        try await World.with(rows: 50) { world in
            guard try await mount(world, megabytes: 16) else {
                print("not tested: a full disk (this user can't mount a file system)")
                return
            }
            do {
                let keeper = world.keeper { $0.minimumFreeBytes = 0 }
                let good = try await keeper.makeDump(reason: "request")
                // There would be room for one like the last, but the next is much larger.
                try await world.sql(
                    """
                    INSERT INTO brain_memories (id, agent_id, "timestamp", context)
                    SELECT 'r' || n, 'a', now(), jsonb_build_object('x', (SELECT string_agg(md5(random()::text || k), '')
                        FROM generate_series(n, n + 99) AS k)) FROM generate_series(1, 3000) AS n
                    """)
                let free = try FreeSpace.bytes(at: world.root)
                try await world.shell("head -c \(free - (1 << 20)) /dev/zero > filler")
                let begin = ContinuousClock.now
                let error = await backupError { _ = try await keeper.makeDump(reason: "request") }
                #expect(error?.message.contains("No space left") == true)
                #expect(error?.kind == .diskFull, "\(String(describing: error))")
                // Refused beforehand for want of room, unless the first one is said to have been small.
                let manifest = BackupManifest(
                    id: "base-20200101T000000Z-00000001", kind: .base, startedAt: Date(), reason: "",
                    productVersion: "",
                    serverVersion: "")
                let early = await backupError { _ = try await keeper.makeBase(reason: "request") }
                #expect(early?.kind == .diskFull && early?.message.contains("minimum_free") == true)
                try await world.shell("mkdir base/\(manifest.id)")
                try RegularFile.write(
                    manifest.encoded(), to: world.folders.backup(.base, manifest.id) + "/manifest.json")
                let baseError = await backupError { _ = try await keeper.makeBase(reason: "request") }
                #expect(baseError?.kind == .diskFull, "\(String(describing: baseError))")
                #expect(.now - begin < .seconds(20))
                try await world.shell("rm -r base/\(manifest.id) filler")
                try await expectUntouched(world, good)
                #expect(try await keeper.verify(good.id)[0].isGood)
            } catch {
                try await unmount(world)
                throw error
            }
            try await unmount(world)
        }
    }

    private func mount(_ world: World, megabytes: Int) async throws -> Bool {
        guard geteuid() == 0 else { return false }
        _ = try ServerFiles.makeDirectory(world.root, mode: 0o711)
        let run = try await world.fixture.run(
            "/bin/mount", ["-t", "tmpfs", "-o", "size=\(megabytes)m,mode=711", "tmpfs", world.root], as: .me)
        return run.exit == .exited(0)
    }

    private func unmount(_ world: World) async throws {
        _ = try await world.fixture.run("/bin/umount", [world.root], as: .me)
    }
}
