import DaemonFixture

/// A `brain-memoryd` on a database.
struct DaemonService: World.Service {
    private let process: DaemonProcess

    /// Whoever is on the machine may connect: the scenarios with several users are about what they may do then.
    static func start(_ url: String, _ options: World.Options) async throws -> DaemonService {
        let options = DaemonProcess.Options(flags: ["--socket-mode", "0666"] + options.flags, user: options.daemonUser)
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
