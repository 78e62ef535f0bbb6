import Backups
import Foundation
import Logging
import ManagedPostgres
import PostgresDriver
import PostgresFixture
import ProcessSupervision
import SupervisionFixture
import Testing

/// A server with memories, a folder of backups, and a stream between them.
struct World: Sendable {
    let server: PostgresServer
    let fixture: Fixture
    let database: String
    let programs: PostgresPrograms
    let breaks = Breaks()

    var folders: BackupFolders { BackupFolders(root: fixture.folder + "/backups") }

    /// Runs `body` in a world of its own. With `settings` the server's settings are others.
    static func use(settings: [String: String] = [:], _ body: (World) async throws -> Void) async throws {
        try await Fixture.use { fixture in
            let server = try await PostgresServer.start(settings: ["fsync": "on"].merging(settings) { $1 })
            let world = World(
                server: server, fixture: fixture, database: try await server.createDatabase(),
                programs: try await PostgresPrograms.find(
                    configured: nil, clusterVersion: nil, cluster: "", identity: fixture.me, queue: fixture.queue))
            try await world.execute(
                """
                CREATE TABLE brain_memories (id bigint PRIMARY KEY, agent_id text, tags text[] DEFAULT '{}', context text);
                CREATE FUNCTION brain_nothing() RETURNS int LANGUAGE sql AS 'SELECT 1'
                """)
            do {
                try await body(world)
            } catch {
                try? await server.shutdown()
                throw error
            }
            try? await server.shutdown()
        }
    }

    @discardableResult
    func execute(_ sql: String) async throws -> [String?] { try await server.execute(sql, on: database) }

    /// Inserts `count` memories from number `first` on, as one transaction.
    func insert(_ first: Int, count: Int = 1) async throws {
        try await execute(
            "INSERT INTO brain_memories SELECT n, 'agent' || n % 3, ARRAY['t' || n % 5], repeat('x', 200) "
                + "FROM generate_series(\(first), \(first + count - 1)) AS n")
    }

    func stream(_ url: String? = nil, disconnectedLimit: Duration = .seconds(15)) -> WALStream {
        var configuration = WALStreamConfiguration(folders: folders, connectionInfo: url ?? server.url)
        configuration.disconnectedLimit = disconnectedLimit
        configuration.watchInterval = .milliseconds(50)
        return WALStream(
            configuration: configuration, logger: fixture.log.logger, onBreak: { [breaks] in breaks.add($0) })
    }

    /// Starts a stream and waits until it receives.
    func streaming(_ url: String? = nil, disconnectedLimit: Duration = .seconds(15)) async throws -> WALStream {
        let stream = stream(url, disconnectedLimit: disconnectedLimit)
        try await stream.start()
        try #require(
            try await eventually { stream.status.phase == .streaming && stream.status.receivedLSN != nil },
            "\(stream.status)")
        return stream
    }

    /// Waits until the archive has all that is on the server's disk.
    func caughtUp(_ stream: WALStream) async throws {
        let end = try #require(try await execute("SELECT pg_current_wal_flush_lsn()")[0].flatMap { WALLocation($0) })
        try #require(try await eventually { stream.status.receivedLSN.map { $0 >= end } ?? false }, "\(stream.status)")
    }

    /// Makes a base backup, as the keeper of backups does.
    func base(_ id: String, _ url: String? = nil) async throws -> BackupManifest {
        let folder = folders.backup(.base, id)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var manifest = BackupManifest(
            id: id, kind: .base, startedAt: Date(), reason: "request", productVersion: "1", serverVersion: "15")
        try await program(
            programs.baseBackup,
            [
                "--pgdata=\(folder)/data", "--format=plain", "--wal-method=stream", "--checkpoint=fast",
                "--manifest-checksums=SHA256",
            ], url)
        manifest.finishedAt = Date()
        let text = try String(contentsOfFile: folder + "/data/backup_manifest", encoding: .utf8)
        manifest.startLSN = try #require(text.firstMatch(of: /"Start-LSN": "([^"]+)"/)).1.description
        manifest.endLSN = try #require(text.firstMatch(of: /"End-LSN": "([^"]+)"/)).1.description
        manifest.timeline = Int(try #require(text.firstMatch(of: /"Timeline": (\d+)/)).1)
        let control = try await program(programs.controlData, [folder + "/data"])
        manifest.systemIdentifier = control.first { $0.hasPrefix("Database system identifier") }?
            .split(separator: " ").last.map { String($0) }
        try await write(manifest, folder)
        return manifest
    }

    /// Makes a dump, as the keeper of backups does.
    func dump(_ id: String) async throws -> BackupManifest {
        let folder = folders.backup(.dump, id)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var manifest = BackupManifest(
            id: id, kind: .dump, startedAt: Date(), reason: "request", productVersion: "1", serverVersion: "15")
        manifest.schema = "public"
        manifest.memories = try await execute("SELECT count(*) FROM brain_memories")[0].flatMap { Int64($0) }
        try await program(
            programs.dump, ["--format=custom", "--schema=public", "--file=\(folder)/memories.dump"], database)
        try await write(manifest, folder)
        return manifest
    }

    private func write(_ manifest: BackupManifest, _ folder: String) async throws {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .iso8601
        try encoder.encode(manifest).write(to: URL(fileURLWithPath: folder + "/manifest.json"))
        let sums = "cd \(folder) && find . -type f ! -name SHA256SUMS -printf '%P\\0' | xargs -0 sha256sum > SHA256SUMS"
        try #require(try await fixture.run("/bin/sh", ["-c", sums], as: .me).exit == .exited(0))
    }

    @discardableResult
    func program(_ path: String, _ arguments: [String], _ url: String? = nil) async throws -> [String] {
        let environment = try PostgresEnvironment.variables(url: url ?? server.url)
        let run = try await ProgramRun.run(
            ChildCommand(
                executable: path, arguments: arguments,
                environment: ChildCommand.plainEnvironment.merging(environment) { $1 }, identity: fixture.me),
            bound: .seconds(60))
        try #require(run.exit == .exited(0), "\(path) \(run.failure)")
        return run.lines
    }

    // MARK: Restoring

    func managed(_ directory: String? = nil) -> ManagedPostgresConfiguration {
        ManagedPostgresConfiguration(directory: directory ?? fixture.directory)
    }

    func restorer(_ directory: String? = nil, _ change: (inout RestoreRequest) -> Void = { _ in }) -> Restorer {
        var request = RestoreRequest()
        change(&request)
        return Restorer(
            configuration: RestoreConfiguration(folders: folders, managed: managed(directory)), request: request,
            logger: fixture.log.logger)
    }

    /// Restores into the managed folder, as the command does.
    func restore(
        _ directory: String? = nil, _ change: (inout RestoreRequest) -> Void = { _ in }
    ) async throws -> RestoreReport {
        let restorer = restorer(directory, change)
        try await restorer.checkPlace()
        return try await restorer.restore(try await restorer.prepare().prepared)
    }

    /// The restored cluster's server, as a daemon runs it.
    func postgres(_ directory: String? = nil) -> ManagedPostgres {
        ManagedPostgres(configuration: managed(directory), logger: fixture.log.logger)
    }

    /// Starts the restored cluster as a daemon does, and asks it.
    func ask(_ sql: String, _ directory: String? = nil) async throws -> [String] {
        let managed = postgres(directory)
        let url = try await managed.start()
        let lines: [String]
        do {
            lines = try await program(programs.psql, ["-XAtq", "-c", sql], url)
        } catch {
            await managed.stop()
            throw error
        }
        await managed.stop()
        return lines
    }
}

extension Fixture {
    /// This process's own user.
    var me: ProcessIdentity {
        var identity = identity
        identity.isSwitch = false
        return identity
    }
}
