import MemoryModel

extension BrainClient {
    /// The bounds of a client.
    public struct Configuration: Sendable {
        /// The time of a call that names no deadline. The protocol allows 1 ms to 10 min.
        public var defaultDeadline: Duration = .seconds(5)

        /// How many requests may be sent and not answered yet; the next wait in the queue.
        public var maximumInFlight = 128

        /// How many requests may wait to be sent; one more fails with `queueFull`.
        public var maximumQueued = 4_096

        /// How many bytes of parameters may wait to be sent, but for one request that is larger alone.
        public var maximumQueuedBytes = 67_108_864

        /// The most bytes of one request; a larger one fails with `frame_too_large` unsent. The daemon's own bound is
        /// its `limits.max_frame_bytes`.
        public var maximumRequestBytes = 16_777_216

        /// The most bytes of one answer; a larger one is a protocol violation.
        public var maximumAnswerBytes = Limits.answerBytes + 1_048_576

        /// How long after the deadline the client waits for the daemon, which answers 0.5 s after it at the latest.
        public var deadlineGrace: Duration = .seconds(1)

        /// The wait before the first attempt to connect again after one failed; it doubles with each failure.
        public var minimumReconnectDelay: Duration = .milliseconds(20)

        /// The longest wait before an attempt to connect again.
        public var maximumReconnectDelay: Duration = .seconds(1)

        /// Which calls are repeated when they fail.
        public var retry = RetryPolicy.restarts

        /// The standard bounds.
        public init() {}
    }
}

/// Which failed calls a client repeats by itself, always within the call's deadline. Without a policy a client bridges a
/// restart of the daemon (`restarts`) and tells its caller of everything else.
///
/// Repeated are calls that certainly changed nothing (they were not sent, or were refused for a reason that may
/// pass), and idempotent ones: reads, and stores whose memories all have ids and no `ifVersion`. A store that is
/// repeated after its answer was lost may overwrite what somebody else stored under its id in between.
public struct RetryPolicy: Hashable, Sendable {
    /// How often a call is tried, the first time included.
    public var maximumAttempts: Int

    /// The wait before the second attempt; it doubles with each attempt. `busy` names its own.
    public var minimumDelay: Duration

    /// The longest wait.
    public var maximumDelay: Duration

    /// Whether only those calls are repeated that were answered `shutting_down`: after that, until the deadline, also when
    /// the next daemon is not there or not ready yet.
    public var isForRestartsOnly = false

    /// Makes a policy.
    public init(maximumAttempts: Int, minimumDelay: Duration = .milliseconds(50), maximumDelay: Duration = .seconds(2))
    {
        self.maximumAttempts = maximumAttempts
        self.minimumDelay = minimumDelay
        self.maximumDelay = maximumDelay
    }

    /// Bridges restarts: what a daemon that ends has refused is sent to the next one. Such a call changed nothing, so that
    /// is safe for every call.
    public static let restarts: RetryPolicy = {
        var policy = RetryPolicy(
            maximumAttempts: 50, minimumDelay: .milliseconds(10), maximumDelay: .milliseconds(500))
        policy.isForRestartsOnly = true
        return policy
    }()

    /// Whether a call that failed so may be repeated. `isAfterShutdown`: whether it, or an attempt before, was answered
    /// `shutting_down`.
    func covers(_ error: BrainError, isIdempotent: Bool, isAfterShutdown: Bool) -> Bool {
        guard error.isRetryable, isIdempotent || !error.mayHaveBeenCarriedOut else { return false }
        guard isForRestartsOnly else { return true }
        switch error {
        case .notConnected: return isAfterShutdown
        case .rejected(let rejection):
            return rejection.kind == .shuttingDown || isAfterShutdown && rejection.kind == .storeUnavailable
        default: return false
        }
    }

    /// No call is repeated.
    public static let never = RetryPolicy(maximumAttempts: 1)

    /// Up to five attempts.
    public static let standard = RetryPolicy(maximumAttempts: 5)
}
