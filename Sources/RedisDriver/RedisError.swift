/// Why commands have no replies, and above all what that says about whether they were executed.
///
/// | case | were the commands executed? |
/// |---|---|
/// | `unavailable`, `busy` | surely not |
/// | `timedOut` | perhaps; perhaps later, when a server that hung goes on |
/// | `connectionLost` | perhaps, or some of them |
public enum RedisError: Error, Sendable, Hashable, CustomStringConvertible {
    /// No connection: surely nothing was sent. The text is the reason, without secrets.
    case unavailable(String)
    /// No answer by the deadline; the commands may still be executed, even later.
    case timedOut
    /// Sent perhaps, and the answer is lost. The text is the reason, without secrets.
    case connectionLost(String)
    /// Too many commands or bytes are pending. Nothing was sent.
    case busy

    /// What happened, in one line that may be logged.
    public var description: String {
        switch self {
        case .unavailable(let reason): "Redis is unavailable: \(reason)"
        case .timedOut: "Redis did not answer by the deadline"
        case .connectionLost(let reason): "the connection to Redis was lost: \(reason)"
        case .busy: "too many commands wait for Redis"
        }
    }
}
