import DaemonFixture
import Synchronization

/// Sends payloads over connections to a daemon's socket.
final class SocketTransport: Transport {
    private let path: String
    private let user: User?
    private let connection: Mutex<UnixSocket>

    /// How long an answer may take: longer than the deadline that the scenarios give.
    private static let limit = Duration.seconds(90)

    /// Connects as `user`; nil: as this process is.
    static func connect(to path: String, as user: User? = nil) async throws -> SocketTransport {
        SocketTransport(path, user, try await OwnThread.run { try UnixSocket(path: path, as: user) })
    }

    private init(_ path: String, _ user: User?, _ connection: UnixSocket) {
        self.path = path
        self.user = user
        self.connection = Mutex(connection)
    }

    func call(_ payload: [UInt8]) async throws -> [UInt8] {
        try await OwnThread.run { [self] in
            try connection.withLock { connection in
                try connection.send(frame: payload, within: Self.limit)
                guard let answer = try connection.receiveFrame(within: Self.limit) else {
                    throw TestFailure("the connection was closed instead of an answer")
                }
                return answer
            }
        }
    }

    /// On a connection of its own, whose half-close makes the daemon send every answer and then close.
    func exchange(_ payloads: [[UInt8]]) async throws -> [[UInt8]] {
        let (path, user) = (path, user)
        let socket = try await OwnThread.run { try UnixSocket(path: path, as: user) }
        async let sending: Void = OwnThread.run {
            for payload in payloads { try socket.send(frame: payload, within: Self.limit) }
            socket.shutdownWriting()
        }
        let answers = try await OwnThread.run {
            var answers: [[UInt8]] = []
            while let answer = try socket.receiveFrame(within: Self.limit) { answers.append(answer) }
            return answers
        }
        try await sending
        socket.close()
        return answers
    }

    func close() { connection.withLock { $0.close() } }
}
