public import MemoryModel
import StrictJSON

/// A daemon's error answer, as a client reads it.
public struct Rejection: Error, Hashable, Sendable, CustomStringConvertible {
    /// The JSON-RPC error code.
    public var code: Int64

    /// The failure for a person.
    public var message: String

    /// `data.kind`; nil for one that this version does not know, whose name is then in `kindName`.
    public var kind: ErrorKind?

    /// `data.kind` as it was sent; "" when it was not.
    public var kindName: String

    /// The path of the field at fault from `params`, such as `records[1].tags[0]`.
    public var field: String?

    /// Whether the same request may succeed later.
    public var isRetryable: Bool

    /// For `busy`: when to try again, in milliseconds.
    public var retryAfterMilliseconds: Int64?

    /// For `version_conflict`: what `ifVersion` met.
    public var conflict: StoreError.VersionConflict?

    /// For `commit_unknown`: the ids to read to learn what happened.
    public var ids: [MemoryID]

    /// For `internal`: the id under which the daemon logged the failure.
    public var requestID: String?

    /// The rejection that says what `error` says.
    public init(_ error: StoreError) {
        code = Int64(error.kind.code)
        message = error.message
        kind = error.kind
        kindName = error.kind.rawValue
        field = error.field
        isRetryable = error.kind.isRetryable
        retryAfterMilliseconds = error.retryAfterMilliseconds.map { Int64($0) }
        conflict = error.conflict
        ids = error.ids
        requestID = error.requestID
    }

    /// Reads the `error` member of an answer.
    init(_ reader: AnswerReader) throws(AnswerFault) {
        code = try reader.integer("code")
        message = try reader.string("message")
        (kind, kindName, field, isRetryable) = (nil, "", nil, false)
        (retryAfterMilliseconds, conflict, ids, requestID) = (nil, nil, [], nil)
        guard let data = try reader.optionalObject("data") else { return }
        kindName = try data.optionalString("kind") ?? ""
        kind = ErrorKind(rawValue: kindName)
        field = try data.optionalString("field")
        isRetryable = try data.optionalBoolean("retryable") ?? kind?.isRetryable ?? false
        retryAfterMilliseconds = try data.optionalInteger("retryAfterMs")
        if kind == .versionConflict {
            conflict = try data.optionalInteger("currentVersion").map { .current($0) } ?? .absent
        }
        let ids = try data.optionalArray("ids")?.map { value throws(AnswerFault) in
            try AnswerReader.memoryID(value, at: "error.data.ids")
        }
        self.ids = ids ?? []
        requestID = try data.optionalString("requestId")
    }

    /// The kind and the message.
    public var description: String { kindName.isEmpty ? message : "\(kindName): \(message)" }
}
