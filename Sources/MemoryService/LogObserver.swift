import LogEvents
public import Logging
import MemoryModel
import WireProtocol

/// Writes observations to the log: what an operator should act on at `warning` and above, the rest at `debug`.
public struct LogObserver: Observer {
    private let logger: Logger

    /// Writes to `logger`.
    public init(logger: Logger) {
        self.logger = logger
    }

    /// Logs one observation. Memory contents never reach the log.
    public func observe(_ observation: Observation) {
        switch observation {
        case .requestFinished(let summary): log(summary)
        case .requestRefused(let peer, let error):
            logger.debug("refused a frame that is no request", metadata: ["peer": "\(peer)", "error": "\(error)"])
        case .connectionOpened(let peer, let open):
            logger.debug("connection opened", metadata: ["peer": "\(peer)", "open": "\(open)"])
        case .connectionClosed(let peer, let open):
            logger.debug("connection closed", metadata: ["peer": "\(peer)", "open": "\(open)"])
        case .connectionRefused(let peer, let limit):
            logger.warning(
                "connection refused: limits.max_connections are open",
                metadata: ["peer": "\(peer.map(\.description) ?? "unknown")", "limit": "\(limit)"])
        case .userLimited(let peer, let bound, let limit):
            logger.log(
                .userLimited, .warning, "a user has as much as one user may: what it asks beyond that is busy",
                metadata: [
                    "peer": "\(peer)", "peer_uid": "\(peer.uid)", "peer_pid": "\(peer.pid)",
                    "bound": "\(bound.rawValue)",
                    "limit": "\(limit)",
                ])
        case .userRelieved(let uid, let bound):
            logger.log(
                .userRelieved, .notice, "a user is well below the bound that it had reached",
                metadata: ["peer_uid": "\(uid)", "bound": "\(bound.rawValue)"])
        case .frameTimedOut(let peer, let bytes):
            logger.notice(
                "connection closed: its frame was not complete within limits.frame_timeout_ms",
                metadata: ["peer": "\(peer)", "received_bytes": "\(bytes)"])
        case .frameTooLarge(let peer, let declared, let limit):
            logger.notice(
                "connection closed: its frame is over limits.max_frame_bytes",
                metadata: ["peer": "\(peer)", "declared_bytes": "\(declared)", "limit": "\(limit)"])
        case .cacheChanged(nil): logger.notice("the cache is in use")
        case .cacheChanged(let reason?):
            logger.warning(
                "the cache is bypassed: every read is answered from PostgreSQL", metadata: ["reason": "\(reason)"])
        case .acceptFailed(let reason):
            logger.error("cannot accept connections, trying again", metadata: ["reason": "\(reason)"])
        case .workerStarted(let name, let reason):
            logger.debug("worker started", metadata: ["worker": "\(name)", "reason": "\(reason)"])
        case .workerFinished(let summary): log(summary)
        case .workersUnreachable(nil): logger.notice("the workers go on")
        case .workersUnreachable(let reason?):
            logger.warning("the workers wait for the database", metadata: ["reason": "\(reason)"])
        }
    }

    private func log(_ summary: Observation.WorkerSummary) {
        logger.log(
            level: summary.isSuccess ? (summary.isRoutine ? .debug : .notice) : .error,
            summary.isSuccess ? "worker finished" : "worker failed",
            metadata: [
                "worker": "\(summary.name)", "detail": "\(summary.detail)",
                "duration_ms": "\(Int64(summary.duration / .milliseconds(1)))",
            ])
    }

    private func log(_ summary: Observation.RequestSummary) {
        var metadata: Logger.Metadata = [
            "request_id": "\(summary.requestID)", "method": "\(summary.method.rawValue)", "peer": "\(summary.peer)",
            "duration_us":
                "\(summary.duration.components.attoseconds / 1_000_000_000_000 + summary.duration.components.seconds * 1_000_000)",
        ]
        guard let error = summary.error else {
            logger.trace("request answered", metadata: metadata)
            return
        }
        metadata["error"] = "\(error)"
        if let detail = error.detail { metadata["detail"] = "\(detail)" }
        let level: Logger.Level =
            switch error.kind {
            case .internalError: .error
            case .storeUnavailable, .deadlineExceeded, .commitUnknown: .warning
            case .busy, .permissionDenied: .notice
            default: .debug
            }
        logger.log(level: level, "request failed", metadata: metadata)
    }
}
