import Foundation
import Synchronization

/// A real Redis in a temporary folder, on a private Unix socket and no port, without persistence, gone with the test
/// process. Of processes it signals only the one that it started.
public final class RedisServer: Sendable {
    /// The folder of this instance: `redis.sock`, `pid`, and `log`.
    public let folder: String
    private let arguments: [String]
    private let process = Mutex<Process?>(nil)

    /// Starts an instance. Call ``shutdown()`` at the end; if not, the end of the process does.
    ///
    /// - Parameter arguments: further arguments of `redis-server`, which win, e.g. `["--requirepass", "secret"]`.
    public static func start(arguments: [String] = []) async throws -> RedisServer {
        try await BlockingWork.run {
            let server = RedisServer(folder: try RedisReaper.makeFolder(), arguments: arguments)
            try server.launch()
            return server
        }
    }

    private init(folder: String, arguments: [String]) {
        self.folder = folder
        self.arguments = arguments
    }

    /// The path of the Unix socket.
    public var socketPath: String { "\(folder)/redis.sock" }

    /// What a client is configured with.
    public var url: String { "unix://\(socketPath)" }

    /// The pid of the server that runs; nil after a kill.
    public var pid: pid_t? { process.withLock { $0?.isRunning == true ? $0?.processIdentifier : nil } }

    /// Runs one command on a connection of its own. Blocks, for 10 seconds at most.
    ///
    /// - Parameter password: given to AUTH first.
    /// - Throws: when the server does not answer.
    @discardableResult
    public func command(_ words: String..., password: String? = nil) throws -> RawReply {
        let connection = try RawConnection(path: socketPath)
        if let password { _ = try connection.run(["AUTH", password]) }
        return try connection.run(words)
    }

    /// Kills the server with SIGKILL; returns when it is gone.
    public func kill() async throws { try await BlockingWork.run { try self.end() } }

    /// Stops the server with SIGSTOP: the kernel still takes connections and bytes for it. Returns when it stands still.
    public func pause() async throws {
        try await BlockingWork.run {
            guard let pid = self.pid else { throw RedisFixtureError("no Redis to pause") }
            Glibc.kill(pid, SIGSTOP)
            guard BlockingWork.poll(within: .seconds(10), { Self.state(of: pid) == "T" }) else {
                throw RedisFixtureError("Redis did not stop")
            }
        }
    }

    /// Lets a paused server go on.
    public func resume() {
        if let pid { Glibc.kill(pid, SIGCONT) }
    }

    /// Starts the server, killing it first if it runs; returns when it answers.
    public func restart() async throws {
        try await BlockingWork.run {
            try self.end()
            try self.launch()
        }
    }

    /// Ends the server and removes its folder.
    public func shutdown() async throws {
        try await BlockingWork.run {
            try self.end()
            try FileManager.default.removeItem(atPath: self.folder)
        }
    }

    /// Starts the process and blocks until it answers a PING: an error reply will do, e.g. for want of a password.
    private func launch() throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            [
                "redis-server", "--port", "0", "--unixsocket", socketPath, "--save", "", "--appendonly", "no", "--dir",
                folder, "--logfile", "\(folder)/log", "--pidfile", "\(folder)/pid", "--daemonize", "no",
            ] + arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        try process.run()
        self.process.withLock { $0 = process }
        let isUp = BlockingWork.poll(within: .seconds(20)) { (try? command("PING")) != nil || !process.isRunning }
        guard isUp, process.isRunning else {
            let log = FileManager.default.contents(atPath: "\(folder)/log").map { String(decoding: $0, as: UTF8.self) }
            throw RedisFixtureError("redis-server did not start (Debian: apt-get install redis-server): \(log ?? "")")
        }
    }

    private func end() throws {
        guard let process = process.withLock({ $0 }) else { return }
        if process.isRunning { Glibc.kill(process.processIdentifier, SIGKILL) }
        guard BlockingWork.poll(within: .seconds(10), { !process.isRunning }) else {
            throw RedisFixtureError("Redis did not end")
        }
        self.process.withLock { $0 = nil }
    }

    /// The letter of proc(5), `/proc/[pid]/stat`. The name in parentheses may hold anything.
    private static func state(of process: pid_t) -> String? {
        guard let data = FileManager.default.contents(atPath: "/proc/\(process)/stat") else { return nil }
        let text = String(decoding: data, as: UTF8.self)
        return text.lastIndex(of: ")").map { String(text[$0...].dropFirst(2).prefix(1)) }
    }
}
