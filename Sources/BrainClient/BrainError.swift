/// Why a call of the client failed.
public enum BrainError: Error, Hashable, Sendable {
    /// The daemon answered with an error.
    case rejected(Rejection)

    /// There was no connection to send the request on: nothing was sent. `errno` is that of `connect(2)`, where it
    /// gave one.
    case notConnected(reason: String, errno: Int32?)

    /// The connection broke while the request was under way: it may have been carried out.
    case connectionLost(reason: String)

    /// The daemon did not answer by the deadline and a second. When `maybeSent` it may have carried out the request.
    case deadlineExceeded(maybeSent: Bool)

    /// What came is no answer of the wire protocol. The connection was closed, and the request may have been carried
    /// out.
    case protocolViolation(reason: String)

    /// As many requests wait to be sent as the configuration allows: nothing was sent.
    case queueFull

    /// The task was cancelled, and nobody waits for the answer any more; a request that was sent is carried out.
    case cancelled
}

extension BrainError {
    /// The rejection, when the daemon answered with an error.
    public var rejection: Rejection? {
        if case .rejected(let rejection) = self { rejection } else { nil }
    }

    /// Whether the same call may succeed later.
    public var isRetryable: Bool {
        switch self {
        case .rejected(let rejection): rejection.isRetryable
        case .notConnected, .connectionLost, .deadlineExceeded, .queueFull: true
        case .protocolViolation, .cancelled: false
        }
    }

    /// Whether the daemon may have carried out the request: then only a repetition of an idempotent call is safe.
    public var mayHaveBeenCarriedOut: Bool {
        switch self {
        case .rejected(let rejection): rejection.kind == .commitUnknown || rejection.kind == .internalError
        case .notConnected, .queueFull: false
        case .connectionLost, .protocolViolation, .cancelled: true
        case .deadlineExceeded(let maybeSent): maybeSent
        }
    }
}

extension BrainError: CustomStringConvertible {
    /// The failure for a person.
    public var description: String {
        switch self {
        case .rejected(let rejection): rejection.description
        case .notConnected(let reason, _): "not connected: \(reason)"
        case .connectionLost(let reason): "the connection was lost before the answer came: \(reason)"
        case .deadlineExceeded: "the daemon did not answer by the deadline"
        case .protocolViolation(let reason): "the daemon does not speak the protocol: \(reason)"
        case .queueFull: "too many requests wait to be sent"
        case .cancelled: "cancelled"
        }
    }
}
