import Foundation
import Logging
import MonotonicClock
import PostgresDriver
import PostgresFixture
import PostgresRepository
import ProcessSupervision
import SupervisionFixture
import Testing

@testable import Backups

/// A database with memories in it that are hard to write down, and a folder of backups of it.
struct World: Sendable {
    let fixture: Fixture
    let server: PostgresServer
    let url: String
    let keeper: BackupKeeper

    var root: String { keeper.configuration.directory }
    var folders: BackupFolders { BackupFolders(root: root) }

    /// Runs `body` with a database of its own.
    ///
    /// - Parameters:
    ///   - isAlone: gives it a server of its own too, which may be hurt.
    static func with(
        rows: Int = 300, isAlone: Bool = false, _ change: (inout BackupConfiguration) -> Void = { _ in },
        _ body: (World) async throws -> Void
    ) async throws {
        let server = isAlone ? try await PostgresServer.start() : try await PostgresServer.shared()
        do {
            try await Fixture.use { fixture in
                let url = try await server.createDatabase()
                var configuration = BackupConfiguration(
                    directory: fixture.folder + "/backups", url: url, replicationURL: server.url)
                configuration.minimumFreeBytes = 1 << 20
                change(&configuration)
                let world = World(
                    fixture: fixture, server: server, url: url,
                    keeper: BackupKeeper(configuration: configuration, logger: fixture.log.logger))
                try await world.migrate()
                try await world.remember(rows)
                try await body(world)
            }
        } catch {
            if isAlone { try? await server.shutdown() }
            throw error
        }
        if isAlone { try await server.shutdown() }
    }

    /// A keeper of the same folder whose configuration differs.
    func keeper(_ change: (inout BackupConfiguration) -> Void) -> BackupKeeper {
        var configuration = keeper.configuration
        change(&configuration)
        return BackupKeeper(configuration: configuration, logger: fixture.log.logger)
    }

    private func migrate() async throws {
        var configuration = PostgresPoolConfiguration(url: url)
        configuration.size = 1
        configuration.minimumConnections = 1
        let pool = PostgresConnectionPool(configuration: configuration, logger: fixture.log.logger)
        pool.start()
        _ = try await MigrationRunner(pool: pool).migrate(deadline: .now + .seconds(30))
        await pool.shutdown(within: .seconds(1))
    }

    /// Adds memories with tabs, line breaks, backslashes, end marks, other scripts and odd floats.
    func remember(_ count: Int, from first: Int = 0) async throws {
        guard count > 0 else { return }
        try await sql(
            #"""
            INSERT INTO brain_memories (id, agent_id, "timestamp", context, embeddings, tags, importance)
            SELECT 'm' || n, 'agent-' || n % 7, '2026-01-01'::timestamptz + n * interval '61.000001 seconds',
                jsonb_build_object('text', repeat(E'tab\there\nline\\.\n\\.\n\\N ü 😀 "q" \r', n % 5),
                    E'k\\ey', n * 1.1e-7, 'random', md5(n::text)),
                CASE WHEN n % 3 = 0 THEN ARRAY[n * 0.1, -1e-30, 3.4e38, 1.1754944e-38, random()]::real[] END,
                ARRAY[E'\\.', 'a', 'tag ' || n % 10, 'ü'], 1 + n % 10
            FROM generate_series(\#(first), \#(first + count - 1)) AS n
            """#)
    }

    @discardableResult
    func sql(_ text: String) async throws -> [String?] { try await server.execute(text, on: url) }

    /// Runs a shell script as this user, in the folder of backups, and returns its lines.
    @discardableResult
    func shell(_ script: String) async throws -> [String] {
        let run = try await fixture.run("/bin/sh", ["-c", "cd \(root) && { \(script)\n}"], as: .me)
        guard run.exit == .exited(0) else { throw ManagedServerError(.misuse, "\(script): \(run.failure)") }
        return run.lines
    }

    /// What the folder of backups holds besides its three folders and the lock.
    func debris() throws -> [String] {
        try ServerFiles.names(in: root).filter { !["dumps", "base", "wal", "lock"].contains($0) }
    }

    /// The pids of a program that names `text` in its arguments.
    func pids(_ program: String, naming text: String) throws -> [Int32] {
        try RunningProcess.pids().filter {
            RunningProcess.programName(of: $0) == program && RunningProcess.commandLine(of: $0)?.contains(text) == true
        }
    }

    /// Expects that this backup is there, good, and nothing else.
    func expectOnly(_ good: BackupManifest) async throws {
        #expect(try debris() == [])
        let list = try await keeper.list()
        #expect(list.map(\.id) == [good.id] && list.first?.isGood == true, "\(list.map(\.problems))")
    }

    /// Waits until such a program is there; false when none comes.
    func appears(_ program: String, naming text: String) async throws -> Bool {
        try await SupervisionFixture.eventually { try !pids(program, naming: text).isEmpty }
    }

    /// Waits until no such program is there; false when one stays.
    func disappears(_ program: String, naming text: String) async throws -> Bool {
        try await SupervisionFixture.eventually { try pids(program, naming: text).isEmpty }
    }

    /// Holds a table so that no one can read it, while `body` runs.
    func locking(_ table: String, _ body: () async throws -> Void) async throws {
        let holder = Task {
            try? await sql("BEGIN; LOCK TABLE \(table); SELECT 1 FROM pg_sleep(100) /* hold \(table) */")
        }
        #expect(
            try await SupervisionFixture.eventually {
                try await sql(
                    "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted "
                        + "AND relation = '\(table)'::regclass") == ["1"]
            })
        let result: Result<Void, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        _ = try? await server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                + "WHERE pid <> pg_backend_pid() AND query LIKE '%/* hold \(table) */%'")
        _ = await holder.value
        try result.get()
    }
}

/// The error that `body` throws; nil when it does not.
func backupError(_ body: () async throws -> Void) async -> BackupError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? BackupError
    }
}
