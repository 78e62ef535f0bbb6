import MemoryModel
import PostgresDriver

extension StoreError {
    /// What a failure of the driver means to a caller. `ids` are the memories that a write was about.
    init(_ error: PostgresError, ids: [MemoryID] = []) {
        switch error {
        case .unavailable(let reason): self.init(.storeUnavailable, "PostgreSQL is unavailable: \(reason)")
        case .deadlineExceeded:
            self.init(.deadlineExceeded, "PostgreSQL did not answer in time; nothing was written")
        case .outcomeUnknown:
            self.init(
                .commitUnknown, "the connection to PostgreSQL broke before it confirmed the write: read to learn",
                ids: ids)
        case .busy:
            self.init(
                .busy, "too many requests wait for a connection to PostgreSQL",
                retryAfterMilliseconds: Self.retryAfterMilliseconds)
        case .cancelled: self.init(.deadlineExceeded, "the request was cancelled before PostgreSQL saw it")
        case .shutDown: self.init(.shuttingDown, "the daemon is shutting down")
        case .server(let state, let message, let constraint, _):
            self.init(state: state, message: message, constraint: constraint)
            sqlState = state.code
        case .invalidParameter(let reason), .tooLarge(let reason): self.init(.invalidParams, reason)
        case .protocolViolation(let reason): self.init(.internalError, "PostgreSQL: \(reason)")
        case .body(let inner):
            self = inner as? StoreError ?? StoreError(.internalError, "unexpected \(type(of: inner))")
        }
    }

    /// How long to wait when connections are short.
    private static let retryAfterMilliseconds = 100

    /// A refusal. PostgreSQL's words on data quote the data, so they are not passed on.
    private init(state: SQLState, message: String, constraint: String?) {
        switch state.category {
        case .unavailable: self.init(.storeUnavailable, "PostgreSQL refuses work: \(message)")
        case .cancelled: self.init(.storeUnavailable, "PostgreSQL's administrator cancelled the request")
        case .conflict:
            self.init(
                .busy, "other requests kept changing the same memories",
                retryAfterMilliseconds: Self.retryAfterMilliseconds)
        case .dataRejected where constraint == nil:
            self.init(.invalidParams, "PostgreSQL can't keep one of the values (SQLSTATE \(state))")
        case .dataRejected:
            self.init(
                .internalError, "PostgreSQL's constraint \(constraint ?? "") refused the data (SQLSTATE \(state))")
        case .unsupported: self.init(.unsupported, "this PostgreSQL lacks what the request needs: \(message)")
        case .stalePlan, .internal: self.init(.internalError, "PostgreSQL answered SQLSTATE \(state): \(message)")
        }
    }
}
