public import MemoryModel
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

    /// A frame was not complete in time.
    case frameTimedOut(Peer, bufferedBytes: Int)

    /// A frame declared more than the limit.
    case frameTooLarge(Peer, declaredBytes: Int, limit: Int)

    /// The cache is in use from now on (no reason), or bypassed, and why.
    case cacheChanged(bypassReason: String?)

    /// The listener could not accept; it tries again.
    case acceptFailed(String)

    /// One request, as it went.
    public struct RequestSummary: Sendable {
        /// What was asked.
        public var method: ProtocolMethod

        /// Who asked.
        public var peer: Peer

        /// From the frame's last byte to the answer.
        public var duration: Duration

        /// Why it failed, if it did.
        public var error: StoreError?

        /// Makes a summary of its parts.
        public init(method: ProtocolMethod, peer: Peer, duration: Duration, error: StoreError?) {
            self.method = method
            self.peer = peer
            self.duration = duration
            self.error = error
        }
    }
}

/// Takes observations. Called from any thread; must not block.
public protocol Observer: Sendable {
    /// Takes note of `observation`.
    func observe(_ observation: Observation)
}
