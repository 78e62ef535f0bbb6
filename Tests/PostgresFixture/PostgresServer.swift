import CLibPQ
import Foundation
import Synchronization

/// A real PostgreSQL in a temporary folder, on a private Unix socket, gone with the test process.
///
/// Tests share one instance (``shared()``), each with a database of its own; tests that hurt the server start their
/// own (``start(settings:)``).
public final class PostgresServer: Sendable {
    /// What every instance is started with. No test but one of durability itself needs fsync: killing processes loses
    /// nothing that the kernel holds.
    public static let defaultSettings: [String: String] = [
        "fsync": "off", "listen_addresses": "", "max_connections": "100", "shared_buffers": "64MB",
        "autovacuum": "on", "log_min_messages": "warning", "timezone": "UTC", "max_wal_size": "1GB",
    ]

    private static let sharedServer = Task { try await start() }
    private static let template = Task { try await BlockingWork.run { try makeTemplate() } }

    /// The folder of this instance: the socket, `data`, and `log`.
    public let folder: String
    private let programs: PostgresPrograms
    private let settings: [String: String]
    private let processes = Mutex<ServerProcesses?>(nil)
    private let databases = Atomic(0)

    /// The instance that all tests of this process share. Never stop or kill it.
    public static func shared() async throws -> PostgresServer { try await sharedServer.value }

    /// Starts an instance of the test's own. Call ``shutdown()`` at the end; if not, the end of the process does.
    ///
    /// - Parameter settings: PostgreSQL settings that win over ``defaultSettings``, e.g. `["fsync": "on"]`.
    public static func start(settings: [String: String] = [:]) async throws -> PostgresServer {
        let template = try await template.value
        return try await BlockingWork.run {
            let server = PostgresServer(
                folder: try Reaper.makeFolder(), programs: try PostgresPrograms.find(),
                settings: defaultSettings.merging(settings) { _, given in given })
            try PostgresPrograms.output(of: ["/bin/cp", "-a", "\(template)/data", "\(server.folder)/data"])
            try server.launch()
            return server
        }
    }

    private init(folder: String, programs: PostgresPrograms, settings: [String: String]) {
        self.folder = folder
        self.programs = programs
        self.settings = settings
    }

    /// A connection string for database `postgres`.
    public var url: String { url(database: "postgres") }

    /// A connection string for the named database.
    public func url(database: String) -> String { "postgresql://postgres@/\(database)?host=\(folder)" }

    /// Makes an empty database and answers its connection string.
    public func createDatabase() async throws -> String {
        let number = databases.add(1, ordering: .relaxed).newValue
        let name = "test\(number)"
        try await execute("CREATE DATABASE \(name)")
        return url(database: name)
    }

    /// Runs SQL text on a connection of its own and answers the first column of its last result.
    @discardableResult
    public func execute(_ sql: String, on url: String? = nil) async throws -> [String?] {
        let url = url ?? self.url
        return try await BlockingWork.run { try Self.query(sql, on: url) }
    }

    /// Kills the postmaster and its children with SIGKILL; returns when they are gone.
    public func kill() async throws {
        try await BlockingWork.run {
            guard let processes = self.processes.withLock({ $0 }) else { return }
            guard processes.kill() else { throw FixtureError("the server survived SIGKILL") }
            self.processes.withLock { $0 = nil }
        }
    }

    /// Stops all of the server's processes with SIGSTOP.
    public func stop() async throws {
        try await BlockingWork.run { self.processes.withLock { $0?.stop() } }
    }

    /// Lets stopped processes go on.
    public func resume() async throws {
        try await BlockingWork.run { self.processes.withLock { $0?.resume() } }
    }

    /// Starts the server again after a kill, or shuts it down and starts it; returns when it accepts connections.
    public func restart() async throws {
        try await BlockingWork.run {
            try self.end()
            try self.launch()
        }
    }

    /// Shuts the server down and leaves its folder, for a later ``restart()``.
    public func shutdownServer() async throws { try await BlockingWork.run { try self.end() } }

    /// Ends the server and removes its folder.
    public func shutdown() async throws {
        try await BlockingWork.run {
            if let processes = self.processes.withLock({ $0 }) { _ = processes.kill() }
            self.processes.withLock { $0 = nil }
            try FileManager.default.removeItem(atPath: self.folder)
        }
    }
}

extension PostgresServer {
    /// initdb takes a second, copying its result a twentieth of that: so it runs once in a process.
    private static func makeTemplate() throws -> String {
        let folder = try Reaper.makeFolder()
        try PostgresPrograms.output(
            of: PostgresPrograms.find().command(
                "initdb",
                [
                    "-D", "\(folder)/data", "-k", "--no-sync", "-U", "postgres", "-A", "trust", "-E", "UTF8",
                    "--locale=C.UTF-8",
                ]))
        return folder
    }

    /// Starts the postmaster and blocks until it accepts connections.
    private func launch() throws {
        var arguments = ["-D", "\(folder)/data", "-k", folder]
        for (name, value) in settings.sorted(by: { $0.key < $1.key }) { arguments += ["-c", "\(name)=\(value)"] }
        let log = "\(folder)/log"
        if !FileManager.default.fileExists(atPath: log) {
            _ = FileManager.default.createFile(atPath: log, contents: nil)
        }
        guard let handle = FileHandle(forWritingAtPath: log) else { throw FixtureError("cannot write \(log)") }
        try handle.seekToEnd()
        let process = PostgresPrograms.process(programs.command("postgres", arguments), log: handle)
        try process.run()
        let processes = ServerProcesses(postmaster: process.processIdentifier)
        self.processes.withLock { $0 = processes }
        let url = url
        let isUp = BlockingWork.poll(within: .seconds(30)) { PQping(url) == PQPING_OK || !process.isRunning }
        guard isUp, process.isRunning else {
            let text = FileManager.default.contents(atPath: log).map { String(decoding: $0, as: UTF8.self) } ?? ""
            throw FixtureError("PostgreSQL did not start: \(text.suffix(2_000))")
        }
    }

    /// Ends the postmaster by a fast shutdown and blocks until it is gone.
    private func end() throws {
        guard let processes = processes.withLock({ $0 }) else { return }
        Glibc.kill(processes.postmaster, SIGINT)
        guard BlockingWork.poll(within: .seconds(20), { processes.isGone }) else {
            throw FixtureError("PostgreSQL did not shut down")
        }
        self.processes.withLock { $0 = nil }
    }

    private static func query(_ sql: String, on url: String) throws -> [String?] {
        let connection = PQconnectdb(url)
        defer { PQfinish(connection) }
        guard PQstatus(connection) == CONNECTION_OK else {
            throw FixtureError(PQerrorMessage(connection).map { String(cString: $0) } ?? "cannot connect")
        }
        let result = PQexec(connection, sql)
        defer { PQclear(result) }
        guard [PGRES_COMMAND_OK, PGRES_TUPLES_OK].contains(PQresultStatus(result)) else {
            throw FixtureError(PQresultErrorMessage(result).map { String(cString: $0) } ?? "a statement failed")
        }
        return (0..<PQntuples(result)).map { row in
            PQgetisnull(result, row, 0) == 1 ? nil : PQgetvalue(result, row, 0).map { String(cString: $0) }
        }
    }
}
