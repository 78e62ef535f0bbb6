public import NIOCore
import NIOPosix
import StrictJSON
import Synchronization

/// A client of a brain-memoryd on the same machine: one Unix-socket connection, over which any number of tasks may
/// call at once without waiting for each other.
///
///     let client = BrainClient(socketPath: "/run/brain-memoryd/brain.sock")
///     try await client.store(NewMemory(agentID: "caroline", context: ["text": "Tea with Mel"], tags: ["mel"]))
///     let page = try await client.query(QueryFilter(agentID: "caroline", tags: ["mel"]), limit: 10)
///
/// It connects at the first call, and again at the next call after a connection is lost, with growing pauses. A request
/// that was under way then fails with `connectionLost`: it is never sent again unless `Configuration.retry` allows it. A
/// daemon that is restarted answers each request that it has not begun with `shutting_down`; those are sent to the next
/// daemon, within their deadline, so that callers see nothing of a restart.
///
/// Every call takes a deadline, which the daemon keeps and the client checks; cancelling the task ends the wait at
/// once. All calls throw `BrainError`.
public final class BrainClient: Sendable {
    /// The path of the daemon's socket.
    public let socketPath: String

    /// The bounds in force.
    public let configuration: Configuration

    private let eventLoop: any EventLoop
    private let connection: NIOLoopBoundBox<ClientConnection>
    private let lastID = Atomic<Int64>(0)

    /// A client of the daemon that listens on `socketPath`. Nothing is connected yet. `eventLoopGroup` gives the
    /// event loop for the connection; without it, SwiftNIO's shared one does.
    public init(
        socketPath: String, configuration: Configuration = Configuration(),
        eventLoopGroup: (any EventLoopGroup)? = nil
    ) {
        self.socketPath = socketPath
        self.configuration = configuration
        let eventLoop = (eventLoopGroup ?? MultiThreadedEventLoopGroup.singleton).next()
        self.eventLoop = eventLoop
        connection = .makeBoxSendingValue(
            ClientConnection(socketPath: socketPath, configuration: configuration, eventLoop: eventLoop),
            eventLoop: eventLoop)
    }

    deinit {
        let connection = connection
        eventLoop.execute { connection.value.shutDown() }
    }

    /// Closes the connection for good; what is under way fails with `connectionLost`, and later calls with
    /// `notConnected`.
    public func close() async {
        let connection = connection
        try? await eventLoop.submit { connection.value.shutDown() }.get()
    }

    /// Sends one request and waits for its answer, once.
    func perform(_ method: String, _ params: JSONText, deadline: Duration) async throws(BrainError) -> JSONView {
        let bytes = params.bytes.count + method.utf8.count + RequestEncoder.overheadBytes
        guard bytes <= configuration.maximumRequestBytes else { throw Self.requestTooLarge(bytes, configuration) }
        let ticket = CallTicket(id: lastID.add(1, ordering: .relaxed).newValue)
        let time = NIODeadline.now() + TimeAmount(max(deadline, .milliseconds(1)))
        let (connection, eventLoop) = (connection, eventLoop)
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let call = PendingCall(
                    method: method, params: params, deadline: time, ticket: ticket, continuation: continuation)
                eventLoop.execute { connection.value.submit(call) }
            }
        } onCancel: {
            ticket.cancel()
            eventLoop.execute { connection.value.cancel(ticket.id) }
        }
        return try result.get()
    }

    private static func requestTooLarge(_ bytes: Int, _ configuration: Configuration) -> BrainError {
        let message =
            "the request has about \(bytes) bytes, and at most \(configuration.maximumRequestBytes) may be sent"
        return .rejected(Rejection(StoreError(.frameTooLarge, message)))
    }
}
