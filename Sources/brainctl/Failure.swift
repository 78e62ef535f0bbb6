import ArgumentParser
import BrainClient
import Glibc

/// Why a command failed, as the person at the terminal is told.
struct Failure: Error, Hashable {
    let message: String
    var hint: String?
    var exitCode = ExitStatus.failed
    /// Whether waiting will not help: the daemon answers, and refuses.
    var isLasting = false

    /// The three ways in which the program ends.
    enum ExitStatus: Int32 {
        case ok = 0
        case failed = 1
        case usage = 2
    }

    /// The arguments make no sense.
    static func usage(_ message: String, hint: String? = nil) -> Failure {
        Failure(message: message, hint: hint, exitCode: .usage)
    }
}

extension Failure {
    /// A failed call of the daemon at `socketPath`. With `namesOptions` a parameter at fault is told by its option too.
    init(_ error: BrainError, socketPath: String, namesOptions: Bool = true) {
        switch error {
        case .rejected(let rejection):
            let option = namesOptions ? Self.option(rejection) : nil
            self.init(message: Self.message(rejection), hint: Self.hint(rejection) ?? option.map { "see \($0)" })
            isLasting = !rejection.isRetryable
        case .notConnected(let reason, let code):
            self.init(message: reason, hint: Self.connectionHint(errno: code, socketPath: socketPath))
        case .connectionLost:
            self.init(message: "\(error)", hint: "it may have been carried out all the same; try again")
        case .deadlineExceeded:
            self.init(message: "\(error)", hint: "give it longer with --deadline-ms, or see brainctl health")
        case .protocolViolation:
            self.init(message: "\(error)", hint: "does brain-memoryd listen on \(socketPath)?")
        case .queueFull, .cancelled: self.init(message: "\(error)")
        }
    }

    /// The daemon's message, with the field at fault where it does not name it.
    static func message(_ rejection: Rejection) -> String {
        let message = DisplayText.sanitized(rejection.message)
        guard let field = rejection.field, !message.contains(field) else { return message }
        return "\(field): \(message)"
    }

    private static func hint(_ rejection: Rejection) -> String? {
        switch rejection.kind {
        case .permissionDenied:
            "this user may not do that: see the access rules and access.admin_group in the configuration"
        case .versionConflict:
            switch rejection.conflict {
            case .current(let version): "its version is \(version) by now: read it again, then decide"
            case .absent: "there is no such memory now"
            case nil: nil
            }
        case .busy: "try again\(rejection.retryAfterMilliseconds.map { " in \($0) ms" } ?? " in a moment")"
        case .storeUnavailable: "the daemon can't use PostgreSQL: see brainctl health and the daemon's log"
        case .deadlineExceeded: "nothing was changed: give it longer with --deadline-ms"
        case .shuttingDown: "try again when the daemon is back"
        case .commitUnknown:
            "it may have been carried out"
                + (rejection.ids.first.map { ": read it again to learn, with brainctl get \($0)" } ?? "")
        case .internalError: rejection.requestID.map { "the daemon's log tells more: look for the request id \($0)" }
        case .methodNotFound: "the daemon may be older than this brainctl: compare brainctl version"
        default: nil
        }
    }

    /// The option that gives the parameter at fault, such as `record.tags[0]`.
    private static func option(_ rejection: Rejection) -> String? {
        guard rejection.kind == .invalidParams, let field = rejection.field else { return nil }
        let name = field.split(separator: ".").last?.prefix { $0 != "[" } ?? ""
        return switch name {
        case "agentId": "--agent"
        case "tags": "--tag"
        case "importance": "--importance"
        case "context": "--context"
        case "embeddings": "--embeddings"
        case "timestamp": "--timestamp"
        case "expiresAt": "--expires-in and --expires-at"
        case "ifVersion": "--if-version"
        case "minImportance": "--min-importance"
        case "limit": "--limit"
        case "cursor": "--cursor: it goes on with the same filters only"
        case "capabilities": "--capability"
        default: nil
        }
    }

    private static func connectionHint(errno code: Int32?, socketPath: String) -> String? {
        switch code {
        case ENOENT?: "is the daemon running? start one: brain-memoryd --managed DIR --socket \(socketPath)"
        case ECONNREFUSED?: "the daemon has ended: start it again, or see whether the path is right"
        case EACCES?, EPERM?: "ask to be let into the group that owns the socket"
        default: nil
        }
    }
}
