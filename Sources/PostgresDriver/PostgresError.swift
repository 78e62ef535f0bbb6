/// Why a call of the driver failed, and above all what that says about writes.
///
/// | case | was anything written? | does the driver retry first? |
/// |---|---|---|
/// | `unavailable` | surely not | once on another connection after a loss |
/// | `deadlineExceeded` | surely not | no |
/// | `outcomeUnknown` | perhaps | never |
/// | `busy`, `cancelled`, `shutDown` | surely not | no |
/// | `server` | not by the failed statement or its transaction | conflicts and stale plans, a bounded number of times |
/// | `invalidParameter`, `tooLarge` | not by that statement: it was not sent | no |
/// | `protocolViolation` | not by that statement | no |
/// | `body` | what the body committed before it threw | no |
///
/// Descriptions never hold parameter values or passwords.
public enum PostgresError: Error, Sendable {
    /// The server cannot be reached or refuses work. Surely nothing was written.
    case unavailable(String)
    /// The deadline passed. Surely nothing was written.
    case deadlineExceeded
    /// A write was sent and its answer never came: it may or may not have been committed. Read to learn.
    case outcomeUnknown(String)
    /// The pool's waiting queue is full. Nothing was sent.
    case busy
    /// The calling task was cancelled while it waited for a connection. Nothing was sent.
    case cancelled
    /// The pool is shut down, or was before this call got a connection. Nothing was sent.
    case shutDown
    /// The server refused a statement; it and its transaction wrote nothing. `message` and `detail` come from the
    /// server and can quote values: for people who may see them, not for logs.
    case server(SQLState, message: String, constraint: String?, detail: String?)
    /// A value that cannot be sent as given, e.g. a text with a NUL byte. Nothing was sent.
    case invalidParameter(String)
    /// A statement with its values is larger than `PostgresLimits` allows. Nothing was sent.
    case tooLarge(String)
    /// An answer, or a use of the driver, that breaks the rules: a bug here or in the server.
    case protocolViolation(String)
    /// The closure given to `run` threw an error of its own; the transaction it threw through was rolled back.
    case body(any Error)
}

extension PostgresError: CustomStringConvertible {
    /// What happened, in one line that may be logged: no parameter values, no passwords.
    public var description: String {
        switch self {
        case .unavailable(let reason): "PostgreSQL is unavailable: \(reason)"
        case .deadlineExceeded: "the deadline passed; nothing was written"
        case .outcomeUnknown(let reason): "a write may or may not have been committed: \(reason)"
        case .busy: "too many callers wait for a PostgreSQL connection"
        case .cancelled: "the caller stopped waiting for a PostgreSQL connection"
        case .shutDown: "the PostgreSQL connection pool is shut down"
        case .server(let state, let message, let constraint, _): Self.describe(state, message, constraint)
        case .invalidParameter(let reason): "a statement parameter cannot be sent: \(reason)"
        case .tooLarge(let reason): "a statement is too large to send: \(reason)"
        case .protocolViolation(let reason): "PostgreSQL protocol violation: \(reason)"
        case .body(let error): "the work given to a PostgreSQL connection failed: \(type(of: error))"
        }
    }

    /// What is wrong, without the kind of error it makes here.
    var reason: String {
        if case .unavailable(let reason) = self { reason } else { description }
    }

    /// Messages about rejected data quote the data, so they stay out.
    private static func describe(_ state: SQLState, _ message: String, _ constraint: String?) -> String {
        let text = state.category == .dataRejected ? "data rejected" : message
        let suffix = constraint.map { ", constraint \($0)" } ?? ""
        return "PostgreSQL answered \(state): \(text)\(suffix)"
    }
}
