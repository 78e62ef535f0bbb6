import DaemonFixture
import Synchronization

/// A `brain-memoryd` on a database.
struct DaemonService: World.Service {
    private let process: DaemonProcess

    private static let count = Atomic(0)

    /// Whoever is on the machine may connect: the scenarios with several users are about what they may do then. Each
    /// daemon has its own part of Redis.
    static func start(_ url: String, redis: String, _ options: World.Options) async throws -> DaemonService {
        let prefix = "daemon\(count.add(1, ordering: .relaxed).newValue):"
        // Several users are to get in, unless a scenario says who.
        let mode = options.flags.contains("--socket-mode") ? [] : ["--socket-mode", "0666"]
        let flags = mode + ["--redis-url", redis, "--redis-key-prefix", prefix]
        let options = DaemonProcess.Options(flags: flags + options.flags, user: options.daemonUser)
        return DaemonService(process: try await DaemonProcess.on(postgres: url, options))
    }

    func connect(as user: User?) async throws -> any Transport {
        try await SocketTransport.connect(to: process.socketPath, as: user)
    }

    func restart() async throws {
        try await process.terminate()
        try await process.start()
    }

    func end() async { try? await process.remove() }

    var log: String { process.log }

    var daemon: DaemonProcess? { process }
}
