import Foundation
import Synchronization

/// A `brain-memoryd` under test, in a folder of its own under /tmp. Call ``remove()`` at the end; if not, the end of the
/// test process does.
public final class DaemonProcess: Sendable {
    /// How to run it.
    public struct Options: Sendable {
        /// Its flags; `--socket` is added unless it is among them.
        public var flags: [String]

        /// Variables beside those of ``Program/environment``.
        public var environment: [String: String]

        /// The text of a configuration file to give it.
        public var configuration: String?

        /// The user to run it as, when the tests run as root; nil: the tests' own.
        public var user: String?

        /// A program, with its first arguments, that is given the daemon's whole command line and becomes it.
        public var wrapper: [String] = []

        /// Makes options.
        public init(
            flags: [String] = [], environment: [String: String] = [:], configuration: String? = nil,
            user: String? = nil
        ) {
            self.flags = flags
            self.environment = environment
            self.configuration = configuration
            self.user = user
        }
    }

    /// The folder that all of it lies in.
    public let folder: PrivateFolder
    private let options: Options
    private let process = Mutex<ChildProcess?>(nil)

    /// Prepares a daemon; ``launch()`` or ``start(within:)`` runs it.
    public init(_ options: Options = Options(), folder: PrivateFolder? = nil) throws {
        self.options = options
        self.folder = try folder ?? PrivateFolder()
        if let user = options.user { try self.folder.give(to: user) }
    }

    /// What keeps a daemon of managed mode from making backups, which its tests are not about.
    private static let withoutBackups = [
        "BRAIN_BACKUPS_DUMP": "off", "BRAIN_BACKUPS_DUMP_AFTER_WRITES": "0", "BRAIN_BACKUPS_BASE": "off",
        "BRAIN_BACKUPS_WAL": "off",
    ]

    /// Starts a daemon with a PostgreSQL of its own, in ``managedFolder``, and waits until it serves. It makes no backups
    /// unless the options say so.
    public static func managed(_ options: Options = Options(), within limit: Duration = .seconds(60)) async throws
        -> DaemonProcess
    {
        let folder = try PrivateFolder()
        var options = options
        options.flags += ["--managed", folder.file(managedName)]
        options.environment.merge(withoutBackups) { given, _ in given }
        let daemon = try DaemonProcess(options, folder: folder)
        try await daemon.start(within: limit)
        return daemon
    }

    /// Starts a daemon on the database at `url`, and waits until it serves.
    public static func on(
        postgres url: String, _ options: Options = Options(), within limit: Duration = .seconds(30)
    ) async throws -> DaemonProcess {
        var options = options
        options.flags += ["--postgres-url", url]
        let daemon = try DaemonProcess(options)
        try await daemon.start(within: limit)
        return daemon
    }

    // MARK: Where it is

    private static let managedName = "brain"

    /// The DIR of `--managed`, where it has one.
    public var managedFolder: String { folder.file(Self.managedName) }

    /// Its socket.
    public var socketPath: String {
        guard let index = options.flags.lastIndex(of: "--socket"), index + 1 < options.flags.count else {
            return folder.file("brain.sock")
        }
        return options.flags[index + 1]
    }

    /// What it has written to standard error, over all its runs.
    public var log: String { Program.text(of: folder.file("log")) }

    /// What it has written to standard output, over all its runs.
    public var output: String { Program.text(of: folder.file("out")) }

    /// Its process id; nil when it does not run.
    public var pid: pid_t? { process.withLock { $0.flatMap { $0.hasEnded ? nil : $0.pid } } }

    /// The memory it holds, in bytes (VmRSS of proc(5)); nil when it does not run.
    public var residentBytes: Int? {
        guard let pid else { return nil }
        let line = Program.text(of: "/proc/\(pid)/status").split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 1_024 }
    }

    // MARK: Running it

    /// Starts the program and returns at once.
    public func launch() throws {
        guard pid == nil else { throw TestFailure("the daemon runs already") }
        var command = [try Program.path("brain-memoryd")]
        if let user = options.user, geteuid() == 0 {
            command =
                ["/usr/bin/setpriv", "--reuid=\(user)", "--regid=\(try Self.group(of: user))", "--clear-groups", "--"]
                + command
        }
        if let text = options.configuration {
            let path = folder.file("brain-memoryd.yaml")
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
            command += ["--config", path]
        }
        command += options.flags
        if !options.flags.contains("--socket") { command += ["--socket", socketPath] }
        command = options.wrapper + command
        let child = try ChildProcess(
            command, environment: Program.environment.merging(options.environment) { $1 },
            output: folder.file("out"), errors: folder.file("log"))
        process.withLock { $0 = child }
    }

    private static func group(of user: String) throws -> gid_t {
        guard let entry = getpwnam(user) else { throw TestFailure("there is no user \(user)") }
        return entry.pointee.pw_gid
    }

    /// Starts the program and waits until it serves.
    public func start(within limit: Duration = .seconds(30)) async throws {
        try launch()
        try await waitUntilServing(within: limit)
    }

    /// Waits until the daemon answers at its socket and says that its store is well; throws when it ends instead.
    public func waitUntilServing(within limit: Duration = .seconds(30)) async throws {
        let path = socketPath
        let child = process.withLock { $0 }
        let isServing = try await OwnThread.run {
            OwnThread.poll(within: limit) { child?.hasEnded != false || Self.serves(at: path) }
        }
        guard isServing, let child, !child.hasEnded else {
            throw TestFailure("the daemon does not serve; its log: \(log.suffix(4_000))")
        }
    }

    /// Blocks for at most a second.
    private static func serves(at path: String) -> Bool {
        guard let socket = try? UnixSocket(path: path) else { return false }
        defer { socket.close() }
        let request: JSONValue = ["jsonrpc": "2.0", "id": 0, "method": "getHealth", "deadlineMs": 900]
        guard (try? socket.send(frame: request.bytes, within: .seconds(1))) != nil,
            let payload = try? socket.receiveFrame(within: .seconds(1)), let answer = try? JSONValue(parsing: payload)
        else { return false }
        return answer["result"]?["store"]?["status"]?.string == "ok"
    }

    /// Sends SIGTERM, and answers how the daemon ended.
    @discardableResult
    public func terminate(within limit: Duration = .seconds(30)) async throws -> ProcessExit {
        send(signal: SIGTERM)
        return try await ended(within: limit)
    }

    /// Kills the daemon with SIGKILL, and nothing else: a PostgreSQL of its own goes on without it.
    public func kill() async throws {
        send(signal: SIGKILL)
        _ = try await ended(within: .seconds(10))
    }

    /// Stops the daemon with SIGSTOP.
    public func pause() { send(signal: SIGSTOP) }

    /// Lets a paused daemon go on.
    public func resume() { send(signal: SIGCONT) }

    /// Sends it a signal.
    public func send(signal: CInt) { process.withLock { $0 }?.send(signal: signal) }

    /// Waits for the daemon's end.
    public func ended(within limit: Duration) async throws -> ProcessExit {
        guard let child = process.withLock({ $0 }) else { throw TestFailure("the daemon was not started") }
        do {
            return try await child.ended(within: limit)
        } catch {
            throw TestFailure("\(error); its log: \(log.suffix(4_000))")
        }
    }

    /// Connects a client.
    public func connect() async throws -> WireClient { try await WireClient.connect(to: socketPath) }

    /// Kills the daemon and everything that it has left running, and removes its folder.
    public func remove() async throws {
        let folder = folder
        try await OwnThread.run { try folder.remove() }
    }
}
