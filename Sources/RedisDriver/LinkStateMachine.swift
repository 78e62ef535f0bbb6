import MonotonicClock

/// When to connect, when the connection serves, and when it is given up: the client's whole behaviour, without any I/O.
///
/// Events go in, actions come out; `LinkLoop` does what they say. Rules:
/// - An attempt is a connect and a handshake, and must be done by `connectTimeout`.
/// - After a failure there is a pause before the next attempt, doubled each time up to `maximumBackoff`, its upper half
///   random. A connection that became ready starts the count anew. So there is a pause always, and never a last attempt.
/// - A ready connection whose earliest deadline has passed while the server was silent is hung, and is given up.
/// - The state told to callers is `connecting` only until the first attempt has ended; after that it is `ready`, or
///   `unavailable` with the latest reason.
struct LinkStateMachine: Sendable {
    typealias Instant = MonotonicInstant

    struct Limits: Sendable {
        var connectTimeout: Duration
        var minimumBackoff: Duration
        var maximumBackoff: Duration
    }

    enum Event: Sendable {
        case start
        /// The socket stands.
        case connected
        /// Every reply to the handshake has come, and none was an error.
        case greeted
        /// The attempt or the connection failed.
        case failed(String)
        /// Somebody wants the connection to be given up.
        case reset(String)
        /// The instant of `wakeUp` has come.
        case timer(earliestDeadline: Instant?)
        case shutDown
    }

    enum Action: Equatable, Sendable {
        /// Open a socket; answered by `connected` or `failed`.
        case connect
        /// Send the handshake; answered by `greeted` or `failed`.
        case greet(until: Instant)
        /// Tell callers. Comes before `close`, so that nothing more is queued for what is closed.
        case publish(RedisClient.State)
        /// Close the socket and fail everything pending.
        case close(reason: String)
        /// End the thread.
        case stop
    }

    enum Phase: Equatable, Sendable {
        case notStarted
        case connecting(until: Instant)
        case greeting(until: Instant)
        case ready
        case pausing(until: Instant)
        case stopped
    }

    let limits: Limits
    /// A random number in 0..<1.
    let randomness: @Sendable () -> Double
    private(set) var phase = Phase.notStarted
    private var failures = 0

    init(limits: Limits, randomness: @escaping @Sendable () -> Double) {
        self.limits = limits
        self.randomness = randomness
    }

    /// Takes one event in.
    ///
    /// - Returns: what to do, in this order.
    mutating func handle(_ event: Event, at now: Instant) -> [Action] {
        switch (event, phase) {
        case (_, .stopped): return []
        case (.shutDown, _):
            phase = .stopped
            return [.publish(.shutDown), .close(reason: "the client was shut down"), .stop]
        case (.start, .notStarted): return attempt(at: now)
        case (.connected, .connecting(let until)):
            phase = .greeting(until: until)
            return [.greet(until: until)]
        case (.greeted, .greeting):
            phase = .ready
            failures = 0
            return [.publish(.ready)]
        case (.failed(let reason), .connecting), (.failed(let reason), .greeting), (.failed(let reason), .ready),
            (.reset(let reason), .connecting), (.reset(let reason), .greeting), (.reset(let reason), .ready):
            return giveUp(reason, at: now)
        case (.reset(let reason), .pausing), (.reset(let reason), .notStarted):
            return [.publish(.unavailable(reason))]
        case (.timer(let earliestDeadline), _): return timer(earliestDeadline, at: now)
        default: return []
        }
    }

    /// When `timer` is due; nil: nothing to wait for.
    ///
    /// - Parameter earliestDeadline: of the commands in flight.
    func wakeUp(earliestDeadline: Instant?) -> Instant? {
        switch phase {
        case .connecting(let until), .greeting(let until), .pausing(let until): until
        case .ready: earliestDeadline
        case .notStarted, .stopped: nil
        }
    }

    private mutating func timer(_ earliestDeadline: Instant?, at now: Instant) -> [Action] {
        guard let due = wakeUp(earliestDeadline: earliestDeadline), due <= now else { return [] }
        switch phase {
        case .connecting, .greeting: return giveUp("no answer within the time to connect", at: now)
        case .ready: return giveUp("no answer by the deadline of a command", at: now)
        case .pausing: return attempt(at: now)
        case .notStarted, .stopped: return []
        }
    }

    private mutating func attempt(at now: Instant) -> [Action] {
        phase = .connecting(until: now + limits.connectTimeout)
        return [.connect]
    }

    private mutating func giveUp(_ reason: String, at now: Instant) -> [Action] {
        phase = .pausing(until: now + nextPause())
        return [.publish(.unavailable(reason)), .close(reason: reason)]
    }

    private mutating func nextPause() -> Duration {
        var pause = max(limits.minimumBackoff, RedisLimits.shortestBackoff)
        // Thirty doublings exceed any pause that anyone configures, and cannot overflow.
        for _ in 0..<min(failures, 30) where pause < limits.maximumBackoff { pause *= 2 }
        failures += 1
        pause = max(min(pause, limits.maximumBackoff), RedisLimits.shortestBackoff)
        return pause / 2 + pause / 2 * randomness()
    }
}
