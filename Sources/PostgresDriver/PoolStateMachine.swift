import DequeModule
import MonotonicClock

/// Who gets which connection, and when connections are opened: the whole behaviour of the pool, without any I/O.
///
/// Events go in, actions come out; `PoolCore` does what they say. Rules:
/// - Callers are served first come, first served; at most `maxWaiting` wait.
/// - Connections are opened for callers who wait, up to `size`, and up to `minimum` without any.
/// - After a failed attempt there is a pause, doubled each time up to `maximumBackoff`, half of it random.
/// - *Down* means that no connection stands and the last attempt failed: then callers are refused at once, and one
///   attempt at a time goes on for ever. Before the first attempt has ended, callers wait.
struct PoolStateMachine: Sendable {
    typealias Instant = MonotonicInstant

    struct Limits: Sendable {
        var size: Int
        var minimum: Int
        var maxWaiting: Int
        /// After this an attempt to connect has failed, whatever its thread is doing.
        var attemptTimeout: Duration
        var minimumBackoff: Duration
        var maximumBackoff: Duration
    }

    enum Event: Sendable {
        case start
        case requested(RequestID, deadline: Instant)
        /// The caller no longer waits. Without effect once a connection is leased.
        case cancelled(RequestID)
        case connected(ConnectionID)
        case connectFailed(ConnectionID)
        case released(ConnectionID, isSound: Bool)
        case closed(ConnectionID)
        case timer
        case shutDown(by: Instant)
    }

    enum Refusal: Equatable, Sendable {
        case unavailable, deadlineExceeded, busy, cancelled, shutDown
    }

    enum Action: Equatable, Sendable {
        case connect(ConnectionID)
        case lease(ConnectionID, RequestID)
        case refuse(RequestID, Refusal)
        /// End the connection after what it is doing.
        case close(ConnectionID)
        /// End the connection whatever it is doing.
        case abort(ConnectionID)
        /// Send `timer` at this instant; replaces the one asked for before.
        case wake(at: Instant)
        /// Every connection is gone, or given up; nothing happens any more.
        case stopped
    }

    enum Phase: Equatable, Sendable {
        case notStarted, running
        case draining(until: Instant)
        case closing(until: Instant)
        case stopped
    }

    enum ConnectionState: Equatable, Sendable {
        case connecting(until: Instant)
        case idle
        case leased(RequestID)
        /// Told to end; with the request that it may not have started yet.
        case closing(RequestID?)
    }

    struct Connection: Sendable {
        var state: ConnectionState
        /// Whether it has brought back a lease; a server that drops connections before that gets no hurry.
        var hasServed = false
    }

    struct Waiter: Equatable, Sendable {
        let id: RequestID
        let deadline: Instant
    }

    let limits: Limits
    /// A random number in 0..<1.
    let randomness: @Sendable () -> Double
    var phase = Phase.notStarted
    var connections: [ConnectionID: Connection] = [:]
    /// The most recently used last: it is leased first, its caches being warm.
    var idle: [ConnectionID] = []
    var waiters: Deque<Waiter> = []
    /// The deadlines of leased requests, in case they go back to the queue.
    var leases: [RequestID: Instant] = [:]
    /// Requests of connections that did not end in time, which may not have been started.
    var givenUp: [ConnectionID: RequestID] = [:]
    var lastConnectionNumber: UInt64 = 0
    var failedAttempts = 0
    var didLastAttemptFail = false
    /// No attempt begins before this.
    var nextAttemptAt: Instant?
    var wakeAt: Instant?

    init(limits: Limits, randomness: @escaping @Sendable () -> Double) {
        self.limits = limits
        self.randomness = randomness
    }

    /// Connections that stand, idle or leased.
    var standing: Int { idle.count + leases.count }

    /// Attempts under way.
    var connecting: Int {
        connections.values.reduce(0) { if case .connecting = $1.state { $0 + 1 } else { $0 } }
    }

    /// No connection stands, and the last attempt to get one failed.
    var isDown: Bool { didLastAttemptFail && standing == 0 }

    /// Takes one event in.
    ///
    /// - Returns: what to do, in this order.
    mutating func handle(_ event: Event, at now: Instant) -> [Action] {
        guard phase != .stopped else { return refusalWhenStopped(event) }
        if let next = nextAttemptAt, next <= now { nextAttemptAt = nil }
        var actions: [Action] = []
        switch event {
        case .start:
            if phase == .notStarted { phase = .running }
        case .requested(let id, let deadline):
            request(Waiter(id: id, deadline: deadline), at: now, &actions)
        case .cancelled(let id):
            if let index = waiters.firstIndex(where: { $0.id == id }) {
                waiters.remove(at: index)
                actions.append(.refuse(id, .cancelled))
            }
        case .connected(let id): connected(id, &actions)
        case .connectFailed(let id): connectFailed(id, at: now)
        case .released(let id, let isSound): released(id, isSound: isSound, at: now, &actions)
        case .closed(let id): closed(id, at: now, &actions)
        case .timer: timer(at: now, &actions)
        case .shutDown(let until):
            if case .draining = phase { break }
            if case .closing = phase { break }
            phase = .draining(until: until)
        }
        settle(at: now, &actions)
        return actions
    }

    private func refusalWhenStopped(_ event: Event) -> [Action] {
        switch event {
        case .requested(let id, _): [.refuse(id, .shutDown)]
        case .connected(let id): [.close(id)]
        case .closed(let id): givenUp[id].map { [.refuse($0, .shutDown)] } ?? []
        case .shutDown: [.stopped]
        default: []
        }
    }
}
