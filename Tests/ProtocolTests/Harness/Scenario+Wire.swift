import DaemonFixture

extension Scenario {
    /// A scenario with one bare connection to the daemon; its work blocks, on a thread of its own.
    static func wire(
        _ name: String, _ proves: Rule..., in place: Place = .shared,
        run: @escaping @Sendable (UnixSocket) throws -> Void
    ) -> Scenario {
        Scenario(name, proves, in: place, over: [.socket]) { world in
            let path = try world.daemon.socketPath
            try await OwnThread.run {
                let socket = try UnixSocket(path: path)
                defer { socket.close() }
                try run(socket)
            }
        }
    }

    /// The next answer; nil at the end of the stream.
    static func receive(_ socket: UnixSocket) throws -> Answer? {
        try socket.receiveFrame(within: .seconds(30)).map { try Answer($0) }
    }
}
