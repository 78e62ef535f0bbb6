public import MemoryModel
import MonotonicClock
public import WireProtocol

/// Everything worth telling an operator about. Logs and metrics read it; nothing else is reported by the service.
public enum Observation: Sendable {
    /// A request was answered, or a notification carried out.
    case requestFinished(RequestSummary)

    /// A frame was no request.
    case requestRefused(Peer, StoreError)

    /// A connection was accepted.
    case connectionOpened(Peer, open: Int)

    /// A connection ended.
    case connectionClosed(Peer, open: Int)

    /// A connection was turned away because there were too many.
    case connectionRefused(Peer?, limit: Int)

    /// A user came to a bound of what one user may have; further requests or connections of it are `busy`.
    case userLimited(Peer, UserBound, limit: Int)

    /// A user that had come to a bound is well below it.
    case userRelieved(uid: UInt32, UserBound)

    /// A frame was not complete in time.
    case frameTimedOut(Peer, bufferedBytes: Int)

    /// A frame declared more than the limit.
    case frameTooLarge(Peer, declaredBytes: Int, limit: Int)

    /// The cache is in use from now on (no reason), or bypassed, and why.
    case cacheChanged(bypassReason: String?)

    /// The listener could not accept; it tries again.
    case acceptFailed(String)

    /// A worker began to work, and why.
    case workerStarted(String, reason: String)

    /// A run of a worker ended.
    case workerFinished(WorkerSummary)

    /// The workers can't be looked at since the database does not answer, and why; nil: they can again.
    case workersUnreachable(reason: String?)

    /// One request, as it went.
    public struct RequestSummary: Sendable {
        /// Names this request in the log.
        public var requestID: RequestID

        /// What was asked.
        public var method: ProtocolMethod

        /// The agent that it was about, when it was about one.
        public var agent: AgentID?

        /// Whether it was an administrative one that is always told of (`MethodCall.isAudited`).
        public var isAdministrative: Bool

        /// Whether it is one of so many that another observation tells of them all.
        public var isOneOfMany: Bool

        /// Who asked.
        public var peer: Peer

        /// When it was answered.
        public var finishedAt: MonotonicInstant

        /// From the frame's last byte to the answer.
        public var duration: Duration

        /// Why it failed, if it did.
        public var error: StoreError?

        /// Makes a summary of its parts.
        public init(
            requestID: RequestID, method: ProtocolMethod, agent: AgentID?, isAdministrative: Bool = false,
            isOneOfMany: Bool = false, peer: Peer, duration: Duration, finishedAt: MonotonicInstant = .now,
            error: StoreError?
        ) {
            self.requestID = requestID
            self.method = method
            self.agent = agent
            self.isAdministrative = isAdministrative
            self.isOneOfMany = isOneOfMany
            self.peer = peer
            self.finishedAt = finishedAt
            self.duration = duration
            self.error = error
        }
    }

    /// One run of a worker, as it went.
    public struct WorkerSummary: Sendable {
        /// The worker.
        public var name: String

        /// Whether it did what it should.
        public var isSuccess: Bool

        /// What it did, or why it failed.
        public var detail: String

        /// How long it took.
        public var duration: Duration

        /// Whether it is one of those that run every few minutes.
        public var isRoutine: Bool

        /// Makes a summary of its parts.
        public init(name: String, isSuccess: Bool, detail: String, duration: Duration, isRoutine: Bool) {
            self.name = name
            self.isSuccess = isSuccess
            self.detail = detail
            self.duration = duration
            self.isRoutine = isRoutine
        }
    }
}

/// Takes observations. Called from any thread; must not block.
public protocol Observer: Sendable {
    /// Takes note of `observation`.
    func observe(_ observation: Observation)

    /// Takes note of the one observation that each request makes; the same as observing `.requestFinished(summary)`, which is
    /// what it does unless there is a quicker way.
    func requestFinished(_ summary: Observation.RequestSummary)
}

extension Observer {
    /// Observes `.requestFinished(summary)`.
    public func requestFinished(_ summary: Observation.RequestSummary) { observe(.requestFinished(summary)) }
}
