import DequeModule
import MemoryModel
import NIOCore
import StrictJSON
import WireProtocol

/// What a client does with its one connection and its requests, apart from all I/O: events in, actions out.
///
/// A request waits in the queue until there is a connection with room, is then in flight, and leaves with an answer
/// or an error. Nothing that was sent whole is ever sent again. What the kernel did not take to its end, since the daemon
/// had closed the connection, was not carried out: it goes back into the queue.
struct ClientStateMachine {
    /// What the shell is to do.
    enum Action: Equatable {
        /// Connect after so long, and report `connected` or `connectionFailed`.
        case connect(after: TimeAmount)

        /// Close the connection, and report `disconnected`.
        case close

        /// End these requests with the error.
        case fail([Int64], BrainError)
    }

    private enum Phase: Equatable {
        /// Leaving: the daemon ends; answers still come, and nothing more is sent.
        case idle, connecting, connected, leaving, closing, shutDown
    }

    private let maximumInFlight: Int
    private let maximumQueued: Int
    private let maximumQueuedBytes: Int
    private let backoff: Backoff
    private let random: @Sendable () -> Double

    private var phase = Phase.idle
    private var queue: Deque<(id: Int64, bytes: Int)> = []
    private var queuedBytes = 0
    private var inFlight: [Int64: Int] = [:]
    /// What was not taken from the connection that ends, and how often that has happened to a request.
    private var notTaken: [(id: Int64, bytes: Int)] = []
    private var returns: [Int64: Int] = [:]
    private var greatestID: Int64 = 0
    private var failures = 0
    private var earliestAttempt = NIODeadline.uptimeNanoseconds(0)

    init(
        _ configuration: BrainClient.Configuration,
        random: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) }
    ) {
        maximumInFlight = max(configuration.maximumInFlight, 1)
        maximumQueued = max(configuration.maximumQueued, 1)
        maximumQueuedBytes = configuration.maximumQueuedBytes
        backoff = Backoff(minimum: configuration.minimumReconnectDelay, maximum: configuration.maximumReconnectDelay)
        self.random = random
    }

    /// How often a request may go back into the queue, and how many connections in a row may be closed at once.
    private static let patience = 5

    static let shutDownError = BrainError.notConnected(reason: "the client was closed", errno: nil)
}

// MARK: Requests

extension ClientStateMachine {
    /// A caller has a request of so many bytes. After every event ask `nextToSend` for what may be sent.
    mutating func submit(_ id: Int64, bytes: Int, now: NIODeadline) -> Action? {
        guard phase != .shutDown else { return .fail([id], Self.shutDownError) }
        guard queue.count < maximumQueued, queue.isEmpty || queuedBytes + bytes <= maximumQueuedBytes else {
            return .fail([id], .queueFull)
        }
        queue.append((id, bytes))
        queuedBytes += bytes
        greatestID = max(greatestID, id)
        return connectIfNeeded(now: now)
    }

    /// The next request to send, which is in flight from now on; nil while there is none or no room.
    mutating func nextToSend(isWritable: Bool) -> Int64? {
        guard phase == .connected, isWritable, inFlight.count < maximumInFlight, let next = queue.popFirst() else {
            return nil
        }
        queuedBytes -= next.bytes
        inFlight[next.id] = next.bytes
        return next.id
    }

    /// The connection ended before the kernel had taken all of a request. `disconnected` follows.
    mutating func notTaken(_ id: Int64) {
        guard let bytes = inFlight[id], returns[id, default: 0] < Self.patience else { return }
        inFlight[id] = nil
        returns[id, default: 0] += 1
        notTaken.append((id, bytes))
    }

    /// A caller no longer waits. Returns whether the request was in flight, or nil when it was over before.
    mutating func forget(_ id: Int64) -> Bool? {
        returns[id] = nil
        if inFlight.removeValue(forKey: id) != nil { return true }
        if let index = notTaken.firstIndex(where: { $0.id == id }) {
            notTaken.remove(at: index)
            return false
        }
        guard let index = queue.firstIndex(where: { $0.id == id }) else { return nil }
        queuedBytes -= queue.remove(at: index).bytes
        return false
    }

    /// Whether a request waits to be sent.
    func isQueued(_ id: Int64) -> Bool {
        queue.contains { $0.id == id }
    }

    /// The client is closed for good.
    mutating func shutDown() -> [Action] {
        guard phase != .shutDown else { return [] }
        let waiting = notTaken.map(\.id) + queue.map(\.id)
        let lost = takeInFlight()
        queue = []
        queuedBytes = 0
        notTaken = []
        returns = [:]
        phase = .shutDown
        return [
            .close, .fail(lost, .connectionLost(reason: "the client was closed")), .fail(waiting, Self.shutDownError),
        ]
    }
}

// MARK: The connection

extension ClientStateMachine {
    /// The connection is there. False when it is not wanted any more.
    mutating func connected() -> Bool {
        guard phase == .connecting else { return false }
        phase = .connected
        return true
    }

    /// There is no connection to be had: whatever waits for it fails.
    mutating func connectionFailed(_ error: BrainError, now: NIODeadline) -> Action? {
        guard phase == .connecting else { return nil }
        phase = .idle
        countFailure(now: now)
        let waiting = queue.map(\.id)
        queue = []
        queuedBytes = 0
        returns = [:]
        return .fail(waiting, error)
    }

    /// The connection was there and gone at the same time. After some of these there is none to be had.
    mutating func closedAtOnce(now: NIODeadline) -> [Action] {
        let reason = "the daemon closed the connection at once"
        guard failures < Self.patience else {
            return [connectionFailed(.notConnected(reason: reason, errno: nil), now: now)].compactMap(\.self)
        }
        return connected() ? disconnected(reason: reason, now: now) : []
    }

    /// The connection is gone: what was in flight is lost; what was not taken and what waits goes on the next connection.
    mutating func disconnected(reason: String, now: NIODeadline) -> [Action] {
        guard [.connected, .leaving, .closing].contains(phase) else { return [] }
        phase = .idle
        // A connection that gave an answer set `failures` to 0; one that did not must not be tried again at full speed.
        countFailure(now: now)
        let lost = takeInFlight()
        // Before the others, in the order in which they came: requests about one memory take effect in that order.
        for returned in notTaken.sorted(by: { $0.id > $1.id }) {
            queue.prepend(returned)
            queuedBytes += returned.bytes
        }
        notTaken = []
        return [.fail(lost, .connectionLost(reason: reason)), connectIfNeeded(now: now)].compactMap(\.self)
    }

    /// The daemon ends: what waits goes on the next connection.
    mutating func daemonEnds() {
        if phase == .connected { phase = .leaving }
    }

    /// Whether the connection is to be closed now, since it is left and nothing is under way on it. Ask after every event.
    mutating func closesNow() -> Bool {
        guard phase == .leaving, inFlight.isEmpty else { return false }
        phase = .closing
        return true
    }

    /// An answer with an id came. Returns whether somebody waits for it; what nobody asked is a violation.
    mutating func answered(_ id: Int64) -> (isAwaited: Bool, actions: [Action]) {
        guard id <= greatestID else {
            return (false, violated(reason: "an answer to a request \(id) that was never sent"))
        }
        failures = 0
        earliestAttempt = .uptimeNanoseconds(0)
        returns[id] = nil
        return (inFlight.removeValue(forKey: id) != nil, [])
    }

    /// An error came that names no request, after which the daemon closes. The longest request must be the one that was
    /// too large; the daemon did not look at those sent after it.
    mutating func rejectedWithoutID(_ rejection: Rejection) -> [Action] {
        guard rejection.kind == .frameTooLarge else {
            return violated(reason: "an error without the id of a request: \(rejection)")
        }
        guard phase == .connected || phase == .leaving else { return [] }
        phase = .closing
        let longest = inFlight.max { ($0.value, $1.key) < ($1.value, $0.key) }
        guard let longest else { return [.close] }
        inFlight[longest.key] = nil
        return [.fail([longest.key], .rejected(rejection)), .close]
    }

    /// What came is no answer of the protocol.
    mutating func violated(reason: String) -> [Action] {
        guard phase == .connected || phase == .leaving else { return [] }
        phase = .closing
        return [.fail(takeInFlight(), .protocolViolation(reason: reason)), .close]
    }

    private mutating func connectIfNeeded(now: NIODeadline) -> Action? {
        guard phase == .idle, !queue.isEmpty else { return nil }
        phase = .connecting
        return .connect(after: max(.zero, earliestAttempt - now))
    }

    private mutating func countFailure(now: NIODeadline) {
        failures += 1
        earliestAttempt = now + TimeAmount(backoff.delay(afterFailures: failures, random: random()))
    }

    private mutating func takeInFlight() -> [Int64] {
        let ids = inFlight.keys.sorted()
        inFlight = [:]
        for id in ids { returns[id] = nil }
        return ids
    }
}
