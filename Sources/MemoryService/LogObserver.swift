public import LogEvents
public import Logging
import MemoryModel

/// Writes observations to the log: what an operator should act on at `warning` and above, what they should know of at
/// `notice`, the rest at `debug`. Memory contents never reach the log.
///
/// journalctl shows the message alone unless it is asked for more, so each message says the essential by itself; the
/// values stand beside it for filters and programs.
public final class LogObserver: Observer {
    let logger: Logger
    let control: LoggingControl

    /// Writes to `logger`; `control` says from when on a request is slow: without one, none is.
    public init(logger: Logger, control: LoggingControl = LoggingControl()) {
        self.logger = logger
        self.control = control
    }

    /// Logs one observation.
    public func observe(_ observation: Observation) {
        switch observation {
        case .requestFinished(let summary): requestFinished(summary)
        case .requestRefused(let peer, let error):
            logger.log(
                .frameRefused, .debug, "refused a frame from \(peer) that is no request: \(error)",
                metadata: peer.logMetadata.merging(["error_kind": "\(error.kind.rawValue)"]) { $1 })
        case .connectionOpened(let peer, let open):
            logger.log(
                .connectionOpened, .debug, "\(peer) connected: \(open) open",
                metadata: peer.logMetadata.merging(["open": "\(open)"]) { $1 })
        case .connectionClosed(let peer, let open):
            logger.log(
                .connectionClosed, .debug, "\(peer) disconnected: \(open) open",
                metadata: peer.logMetadata.merging(["open": "\(open)"]) { $1 })
        case .connectionRefused(let peer, let limit):
            logger.log(
                .connectionRefused, .warning,
                "refused a connection of \(peer.map(\.description) ?? "unknown peer"): \(limit) are open, limits.max_connections",
                metadata: (peer?.logMetadata ?? [:]).merging(["limit": "\(limit)"]) { $1 })
        case .userLimited(let peer, let bound, let limit):
            logger.log(
                .userLimited, .warning,
                "\(peer) has as much as one user may (\(bound.rawValue), \(limit)): what it asks beyond that is busy",
                metadata: peer.logMetadata.merging(["bound": "\(bound.rawValue)", "limit": "\(limit)"]) { $1 })
        case .userRelieved(let uid, let bound):
            logger.log(
                .userRelieved, .notice, "uid \(uid) is well below what it had come to (\(bound.rawValue))",
                metadata: ["peer_uid": "\(uid)", "bound": "\(bound.rawValue)"])
        case .frameTimedOut(let peer, let bytes):
            logger.log(
                .frameTimedOut, .notice,
                "closed a connection of \(peer): its frame, \(bytes) bytes so far, was not complete within limits.frame_timeout_ms",
                metadata: peer.logMetadata.merging(["received_bytes": "\(bytes)"]) { $1 })
        case .frameTooLarge(let peer, let declared, let limit):
            logger.log(
                .frameTooLarge, .notice,
                "closed a connection of \(peer): its frame of \(declared) bytes is over limits.max_frame_bytes, \(limit)",
                metadata: peer.logMetadata.merging(["declared_bytes": "\(declared)", "limit": "\(limit)"]) { $1 })
        case .acceptFailed(let reason):
            logger.log(
                .acceptFailed, .error, "cannot accept connections, trying again: \(reason)",
                metadata: ["reason": "\(reason)"])
        case .cacheChanged(nil): logger.log(.cacheUsed, .notice, "the cache is in use")
        case .cacheChanged(let reason?):
            logger.log(
                .cacheBypassed, .warning, "the cache is bypassed, every read is answered from PostgreSQL: \(reason)",
                metadata: ["reason": "\(reason)"])
        case .workerStarted(let name, let reason):
            logger.log(
                .workerStarted, .debug, "worker \(name) began: \(reason)",
                metadata: ["worker": "\(name)", "reason": "\(reason)"])
        case .workerFinished(let summary): log(summary)
        case .workersUnreachable(nil): logger.log(.workersResumed, .notice, "the workers go on")
        case .workersUnreachable(let reason?):
            logger.log(
                .workersWaiting, .warning, "the workers wait for the database: \(reason)",
                metadata: ["reason": "\(reason)"])
        }
    }

    private func log(_ summary: Observation.WorkerSummary) {
        logger.log(
            summary.isSuccess ? .workerFinished : .workerFailed,
            summary.isSuccess ? (summary.isRoutine ? .debug : .notice) : .error,
            "worker \(summary.name) \(summary.isSuccess ? "finished" : "failed") after \(summary.duration.logText): \(summary.detail)",
            metadata: [
                "worker": "\(summary.name)", "detail": "\(summary.detail)",
                "duration_usec": "\(summary.duration.logMicroseconds)",
            ])
    }
}

extension Peer {
    /// The caller's ids as values of an entry.
    var logMetadata: Logger.Metadata {
        ["peer_uid": "\(uid)", "peer_gid": "\(gid)", "peer_pid": "\(pid)"]
    }
}

extension Duration {
    /// Whole microseconds.
    var logMicroseconds: Int64 { Int64(self / .microseconds(1)) }

    /// For people: `12 ms`, `2.31 s`.
    var logText: String {
        let milliseconds = Int64(self / .milliseconds(1))
        if milliseconds < 1_000 { return "\(milliseconds) ms" }
        let hundredths = milliseconds / 10
        let fraction = hundredths % 100
        return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction) s"
    }
}
