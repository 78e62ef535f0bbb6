import LogEvents
import Logging
import MemoryModel
import WireProtocol

// What the log tells of requests.
extension LogObserver {
    /// Most requests are told of at no usual level, so nothing is made for them.
    public func requestFinished(_ summary: Observation.RequestSummary) {
        if summary.isAdministrative { logAdministrative(summary) }
        let isSlow = control.slowRequest.map { summary.duration > $0 } ?? false
        guard let error = summary.error else {
            if isSlow { return logSlow(summary) }
            return logger.log(
                .requestAnswered, .trace, "answered \(summary.logText) in \(summary.duration.logText)",
                metadata: summary.logMetadata)
        }
        switch error.kind {
        case .internalError: logFailure(.internalError, .error, "internal error", summary, error)
        case .storeUnavailable, .deadlineExceeded, .commitUnknown:
            logFailure(.requestFailed, .warning, "request failed", summary, error)
        case .busy where summary.isOneOfMany: break
        case .busy: logFailure(.requestBusy, .notice, "request refused", summary, error)
        case .permissionDenied where summary.isAdministrative: break
        case .permissionDenied: logFailure(.accessDenied, .notice, "access denied", summary, error)
        default:
            if isSlow { return logSlow(summary) }
            logFailure(.requestRejected, .debug, "request refused", summary, error)
        }
    }

    private func logFailure(
        _ event: LogEvents.LogEvent, _ level: Logger.Level, _ what: String, _ summary: Observation.RequestSummary,
        _ error: StoreError
    ) {
        logger.log(
            event, level, "\(what): \(summary.logText): \(error)\(error.detail.map { " (\($0))" } ?? "")",
            metadata: summary.logMetadata)
    }

    private func logSlow(_ summary: Observation.RequestSummary) {
        let limit = control.slowRequest?.logText ?? "none"
        logger.log(
            .slowRequest, .warning,
            "slow request: \(summary.logText) took \(summary.duration.logText), over log.slow_request_ms of \(limit)",
            metadata: summary.logMetadata)
    }

    private func logAdministrative(_ summary: Observation.RequestSummary) {
        let (outcome, text) =
            switch summary.error {
            case nil: ("done", "done in \(summary.duration.logText)")
            case let error? where error.kind == .permissionDenied: ("refused", "refused: \(error)")
            case let error?: ("failed", "failed: \(error)")
            }
        logger.log(
            .administrativeCall, .notice, "administrative call: \(summary.logText) \(text)",
            metadata: summary.logMetadata.merging(["outcome": "\(outcome)"]) { $1 })
    }
}

extension Observation.RequestSummary {
    /// Who asked for what: `store by uid 1000 for agent alice`.
    fileprivate var logText: String {
        "\(method.rawValue) by uid \(peer.uid)" + (agent.map { " for agent \($0)" } ?? "")
    }

    /// The values of an entry about it.
    fileprivate var logMetadata: Logger.Metadata {
        var metadata = peer.logMetadata
        metadata["request_id"] = "\(requestID)"
        metadata["method"] = "\(method.rawValue)"
        metadata["duration_usec"] = "\(duration.logMicroseconds)"
        if let agent { metadata["agent_id"] = "\(agent)" }
        guard let error else { return metadata }
        metadata["error_kind"] = "\(error.kind.rawValue)"
        metadata["error"] = "\(error.message)"
        if let detail = error.detail { metadata["detail"] = "\(detail)" }
        if let state = error.sqlState { metadata["sqlstate"] = "\(state)" }
        return metadata
    }
}
