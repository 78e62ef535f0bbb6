import Foundation
import Glibc
import Logging
import PostgresFixture
import ProcessSupervision
import SupervisionFixture
import Testing

@testable import Backups

/// The process that makes backups is killed at random moments. It is this test program once more, which does nothing but
/// that when these variables are set.
@Suite struct BackupKillTests {
    private static let folderVariable = "BACKUP_KILL_TEST_FOLDER"
    private static let urlVariable = "BACKUP_KILL_TEST_URL"
    private static let replicationVariable = "BACKUP_KILL_TEST_REPLICATION_URL"

    private static var environment: [String: String] { ProcessInfo.processInfo.environment }

    @Test(
        "the victim: makes one backup after the other, until it is killed",
        .enabled(if: environment[folderVariable] != nil))
    func victim() async throws {
        let environment = Self.environment
        var configuration = BackupConfiguration(
            directory: try #require(environment[Self.folderVariable]), url: try #require(environment[Self.urlVariable]),
            replicationURL: try #require(environment[Self.replicationVariable]))
        configuration.minimumFreeBytes = 1 << 20
        (configuration.keepDaily, configuration.keepWeekly, configuration.keepMonthly) = (0, 0, 0)
        let keeper = BackupKeeper(
            configuration: configuration, logger: Logger(label: "victim") { _ in SwiftLogNoOpLogHandler() })
        let place = configuration.directory.replacing("/backups", with: "/")
        // A bound, should nobody come to kill it.
        for _ in 0..<20 {
            try RegularFile.write([], to: place + "begun-\(UInt32.random(in: 0 ... .max))")
            switch Int.random(in: 0..<4) {
            case 0: _ = try await keeper.makeBase(reason: "request")
            case 1: _ = try? await keeper.drill()
            default: _ = try await keeper.makeDump(reason: "request")
            }
        }
    }

    @Test("killed at 6 random moments: no bad backup is ever listed, and nothing remains after the next run")
    func kills() async throws {
        guard Self.environment[Self.folderVariable] == nil else { return }
        try await World.with(
            isAlone: true, { ($0.keepDaily, $0.keepWeekly, $0.keepMonthly) = (0, 0, 0) }
        ) { world in
            for round in 0..<6 {
                try await killVictim(world)
                let list = try await world.keeper.list()
                let problems = list.flatMap(\.problems)
                #expect(problems.isEmpty, "round \(round)")
            }
            // A program may still be in the moment between its start and its execution, and hold the lock for it.
            let last = try await world.keeper.makeDump(reason: "request")
            #expect(try world.debris() == [])
            let list = try await world.keeper.list()
            #expect(list.contains { $0.id == last.id } && list.flatMap(\.problems).isEmpty)
            #expect(list.filter { $0.kind == .dump }.count <= 3 && list.filter { $0.kind == .base }.count <= 3)
            for program in ["pg_dump", "pg_basebackup", "postgres", "pg_restore"] {
                #expect(try world.pids(program, naming: world.root).isEmpty)
            }
        }
    }

    /// Starts a victim, and kills it a random time after it has begun.
    private func killVictim(_ world: World) async throws {
        var identity = world.fixture.identity
        identity.isSwitch = false
        var environment = Self.environment
        environment[Self.folderVariable] = world.root
        environment[Self.urlVariable] = world.url
        environment[Self.replicationVariable] = world.server.url
        let command = ChildCommand(
            executable: try #require(realpath("/proc/self/exe", nil).map { String(cString: $0) }),
            arguments: ["--testing-library", "swift-testing", "--filter", "BackupKillTests/victim"],
            environment: environment,
            identity: identity)
        let victim = ChildProcess()
        let run = Task { try await victim.run(command, maximumLineBytes: 999, onLaunch: { _ in }, onLine: { _ in }) }
        let before = try begun(world)
        #expect(try await SupervisionFixture.eventually { try begun(world) > before })
        try await Task.sleep(for: .milliseconds(Int.random(in: 0..<2_500)))
        #expect(victim.send(signal: SIGKILL))
        #expect(try await run.value == .signaled(SIGKILL))
    }

    private func begun(_ world: World) throws -> Int {
        try ServerFiles.names(in: world.fixture.folder).filter { $0.hasPrefix("begun-") }.count
    }
}
