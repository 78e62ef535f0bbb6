/// Why a call failed, as the caller is told.
public struct StoreError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of failure it is.
    public var kind: ErrorKind

    /// The failure for a person: the field, the limit and what came. Never memory contents or passwords.
    public var message: String

    /// The path of the field at fault from `params`, such as `records[1].tags[0]`.
    public var field: String?

    /// For `busy`: when to try again, in milliseconds.
    public var retryAfterMilliseconds: Int?

    /// For `version_conflict`: what the caller's `ifVersion` met.
    public var conflict: VersionConflict?

    /// For `commit_unknown`: the ids to read to learn what happened.
    public var ids: [MemoryID]

    /// For `internal`: the id under which the daemon logged the failure.
    public var requestID: String?

    /// What happened, for the log only; the caller is never told.
    public var detail: String?

    /// PostgreSQL's five characters for what went wrong, for the log only; nil when it said none.
    public var sqlState: String?

    /// The version that a conditional write met.
    public enum VersionConflict: Hashable, Sendable {
        /// There is no such memory.
        case absent

        /// The memory has this version.
        case current(Int64)
    }

    /// Makes an error of its parts.
    public init(
        _ kind: ErrorKind, _ message: String, field: String? = nil, retryAfterMilliseconds: Int? = nil,
        conflict: VersionConflict? = nil, ids: [MemoryID] = [], requestID: String? = nil,
        detail: String? = nil, sqlState: String? = nil
    ) {
        self.kind = kind
        self.message = message
        self.field = field
        self.retryAfterMilliseconds = retryAfterMilliseconds
        self.conflict = conflict
        self.ids = ids
        self.requestID = requestID
        self.detail = detail
        self.sqlState = sqlState
    }

    /// A field that is missing, unknown, ill-typed or out of range.
    public static func invalid(_ field: String, _ message: String) -> StoreError {
        StoreError(.invalidParams, message, field: field)
    }

    /// The kind and the message.
    public var description: String { "\(kind.rawValue): \(message)" }
}
