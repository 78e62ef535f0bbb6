import BrainClient
import Glibc
import NIOCore
import NIOPosix
import StrictJSON
import Synchronization
import WireProtocol

/// A server on a Unix socket that does with each request what the test says.
final class ScriptedServer: Sendable {
    /// One client's connection, as the script sees it. It is used on its event loop.
    struct Connection: Sendable {
        let channel: any Channel

        /// The number of the connection, from 1.
        let number: Int

        func answer(_ request: RPCRequest, _ result: JSONValue) {
            let id = request.id?.json.description ?? "null"
            send(FrameEncoder.frame(Array(#"{"jsonrpc":"2.0","id":\#(id),"result":\#(result)}"#.utf8)))
        }

        func reject(_ id: String, _ error: JSONValue) {
            send(FrameEncoder.frame(Array(#"{"jsonrpc":"2.0","id":\#(id),"error":\#(error)}"#.utf8)))
        }

        func send(_ bytes: [UInt8]) {
            channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
        }

        func close() {
            channel.close(promise: nil)
        }
    }

    typealias Script = @Sendable (Connection, RPCRequest) -> Void

    let path: String
    private let listener: any Channel

    private init(path: String, listener: any Channel) {
        self.path = path
        self.listener = listener
    }

    static func freePath() -> String {
        "/tmp/brain-client-\(getpid())-\(UInt64.random(in: 0...UInt64.max)).sock"
    }

    static func start(path: String = freePath(), _ script: @escaping Script) async throws -> ScriptedServer {
        let numbers = ConnectionCounter()
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let connection = Connection(channel: channel, number: numbers.next())
                    try channel.pipeline.syncOperations.addHandler(Handler(connection, script))
                }
            }
            .bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
        return ScriptedServer(path: path, listener: listener)
    }

    func stop() async {
        try? await listener.close().get()
        unlink(path)
    }
}

/// Counts connections.
private final class ConnectionCounter: Sendable {
    private let count = Atomic<Int>(0)

    func next() -> Int {
        count.add(1, ordering: .relaxed).newValue
    }
}

private final class Handler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let connection: ScriptedServer.Connection
    private let script: ScriptedServer.Script
    private var decoder = FrameDecoder(maximumFrameBytes: 33_554_432)

    init(_ connection: ScriptedServer.Connection, _ script: @escaping ScriptedServer.Script) {
        self.connection = connection
        self.script = script
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        decoder.append(&bytes)
        while case .frame(let payload) = decoder.next() {
            if let request = try? RPCRequest(parsing: payload) { script(connection, request) }
        }
    }
}

/// A client of the server at `path` that does not wait long.
func makeClient(_ path: String, _ change: (inout BrainClient.Configuration) -> Void = { _ in }) -> BrainClient {
    var configuration = BrainClient.Configuration()
    configuration.deadlineGrace = .milliseconds(100)
    change(&configuration)
    return BrainClient(socketPath: path, configuration: configuration)
}
