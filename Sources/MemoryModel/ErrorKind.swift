/// The kinds of error of the wire protocol; `schema/protocol/errors.json` is the table, and a test compares them.
public enum ErrorKind: String, Hashable, Sendable, CaseIterable {
    case parseError = "parse_error"
    case invalidRequest = "invalid_request"
    case methodNotFound = "method_not_found"
    case invalidParams = "invalid_params"
    case internalError = "internal"
    case permissionDenied = "permission_denied"
    case versionConflict = "version_conflict"
    case busy
    case storeUnavailable = "store_unavailable"
    case deadlineExceeded = "deadline_exceeded"
    case frameTooLarge = "frame_too_large"
    case shuttingDown = "shutting_down"
    case inProgress = "in_progress"
    case unsupported
    case commitUnknown = "commit_unknown"

    /// The JSON-RPC error code.
    public var code: Int {
        switch self {
        case .parseError: -32700
        case .invalidRequest: -32600
        case .methodNotFound: -32601
        case .invalidParams: -32602
        case .internalError: -32603
        case .permissionDenied: -32001
        case .versionConflict: -32002
        case .busy: -32003
        case .storeUnavailable: -32004
        case .deadlineExceeded: -32005
        case .frameTooLarge: -32006
        case .shuttingDown: -32007
        case .inProgress: -32008
        case .unsupported: -32009
        case .commitUnknown: -32010
        }
    }

    /// Whether the same request may succeed later.
    public var isRetryable: Bool {
        switch self {
        case .busy, .storeUnavailable, .deadlineExceeded, .shuttingDown, .inProgress, .commitUnknown: true
        default: false
        }
    }
}
