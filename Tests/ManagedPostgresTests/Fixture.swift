import Glibc
import Logging
import Synchronization

@testable import ManagedPostgres

/// A folder under /tmp that the server's user can reach, removed with all it holds at the end.
struct Fixture: Sendable {
    let folder: String
    let identity: ProcessIdentity
    let log = LogRecorder()
    let queue = BlockingQueue()

    /// DIR of the managed server.
    var directory: String { folder + "/brain" }
    var layout: ClusterLayout { ClusterLayout(root: directory) }

    /// Runs `body` with a fresh folder.
    static func use(_ body: (Fixture) async throws -> Void) async throws {
        var template = Array("/tmp/managed-postgres-test-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { buffer -> String? in
            buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
        }
        guard let folder = made else { throw ServerFiles.failure("make a folder in", "/tmp") }
        chmod(folder, 0o755)
        let fixture = Fixture(folder: folder, identity: try ServerUser.resolve(configured: "postgres"))
        do {
            try await body(fixture)
        } catch {
            try await fixture.remove()
            throw error
        }
        try await fixture.remove()
    }

    private func remove() async throws {
        _ = try await run("/bin/rm", ["-rf", "--", folder], as: .me)
    }

    enum Who { case me, server }

    /// Runs a program as this process's user, or the server's.
    func run(_ executable: String, _ arguments: [String], as who: Who = .server) async throws -> ProgramRun {
        var identity = identity
        if who == .me { identity.isSwitch = false }
        return try await ProgramRun.run(
            ChildCommand(executable: executable, arguments: arguments, identity: identity), bound: .seconds(30))
    }

    /// Runs a shell script as the server's user and returns its output.
    func shell(_ script: String) async throws -> [String] {
        try await run("/bin/sh", ["-c", script]).lines
    }

    func makeServer(
        directory: String? = nil, _ change: (inout ManagedPostgresConfiguration) -> Void = { _ in }
    ) -> ManagedPostgres {
        var configuration = ManagedPostgresConfiguration(directory: directory ?? self.directory)
        configuration.sharedBuffersBytes = 16 << 20
        configuration.startBound = .seconds(30)
        configuration.stopBound = .seconds(10)
        change(&configuration)
        return ManagedPostgres(configuration: configuration, logger: log.logger)
    }

    func programs() async throws -> PostgresPrograms {
        try await PostgresPrograms.find(
            configured: nil, clusterVersion: nil, cluster: layout.data, identity: identity, queue: queue)
    }

    /// Runs SQL over the socket with psql and returns its lines; "ERROR: …" lines when it fails.
    func sql(_ statement: String, _ connectionInfo: String) async throws -> [String] {
        let psql = try await programs().directory + "/psql"
        return try await run(psql, ["-X", "-A", "-t", "-q", "-c", statement, connectionInfo], as: .me).lines
    }

    /// What pg_controldata says of the cluster, "Database cluster state" and so on.
    func control(_ name: String) async throws -> String? {
        let lines = try await run(programs().directory + "/pg_controldata", ["-D", layout.data]).lines
        return lines.first { $0.hasPrefix(name + ":") }.map { line in
            String(line.dropFirst(name.count + 1).drop { $0 == " " })
        }
    }

    func exists(_ path: String) throws -> Bool { try ServerFiles.kind(of: path) != nil }
}

/// Waits until the condition holds; false when it does not within thirty seconds, a bound for a busy machine.
func eventually(_ condition: () async throws -> Bool) async throws -> Bool {
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(30)
    while try await !condition() {
        guard clock.now < deadline else { return false }
        try await Task.sleep(for: .milliseconds(10))
    }
    return true
}

/// Keeps what is logged.
final class LogRecorder: Sendable {
    private let kept = Mutex<[String]>([])

    /// "level message {metadata}", in order.
    var lines: [String] { kept.withLock { $0 } }

    func contains(_ text: String) -> Bool { lines.contains { $0.contains(text) } }

    var logger: Logger {
        Logger(label: "test") { _ in Handler(recorder: self) }
    }

    private struct Handler: LogHandler {
        let recorder: LogRecorder
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        init(recorder: LogRecorder) { self.recorder = recorder }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let line = "\(event.level) \(event.message) \(event.metadata ?? [:])"
            recorder.kept.withLock { $0.append(line) }
        }
    }
}
