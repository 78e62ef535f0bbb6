import Foundation

/// Where the stream of WAL stands.
package struct WALStreamStatus: Equatable, Sendable {
    /// The steps of its life.
    package enum Phase: String, Sendable {
        /// Not started yet.
        case idle
        /// The receiver is being started.
        case starting
        /// It receives.
        case streaming
        /// It has ended unasked, or could not be started, and is tried again after a short wait.
        case down
        /// It was asked to stop.
        case stopping
        /// It has stopped for good.
        case stopped
    }

    /// The step it is in.
    package var phase = Phase.idle
    /// Since when it does not receive; nil while it does.
    package var downSince: Date?
    /// The folder that it receives into.
    package var folder: String?
    /// The server's system identifier.
    package var systemIdentifier: String?
    /// The server's timeline.
    package var timeline: UInt32?
    /// Up to where the log is received and on disk, as the server knows.
    package var receivedLSN: WALLocation?
    /// Up to where the log is on the server's disk.
    package var serverLSN: WALLocation?
    /// How many bytes of log are not received yet; nil when the server could not be asked.
    package var lagBytes: UInt64?
    /// For how long log has been there that is not received yet, in seconds.
    package var lagSeconds: Double?
    /// Whether the server waits for this stream before it acknowledges a write; nil when it could not be asked, or its
    /// role may not see that.
    package var isSynchronous: Bool?
    /// How often the receiver was started again.
    package var restarts = 0
    /// How the receiver last ended or failed to start, with its last lines.
    package var lastExit: String?
    /// Why the server could not be asked how far the stream is, or what its role may not see.
    package var watchProblem: String?
    /// The last time that the archived log did not go on where it had ended: a new base backup was due from then on.
    package var lastBreak: WALBreak?

    /// Nothing is known yet.
    package init() {}
}

/// A place where the archived log does not go on from what was there: what lies behind it can only be restored from a base
/// backup that was made after it.
package struct WALBreak: Equatable, Sendable, CustomStringConvertible {
    /// Why it does not go on.
    package enum Reason: String, Sendable {
        /// Nothing was archived of this cluster yet.
        case first
        /// The cluster is on another timeline than what is archived: it was restored.
        case timeline
        /// The server has removed log that was not received yet.
        case removed
        /// What is archived is ahead of the server, whose log has another end than the one received.
        case ahead
    }

    /// When it was found.
    package var date: Date
    /// Why.
    package var reason: Reason
    /// The folder in which the log goes on.
    package var folder: String

    /// Makes a break of its parts.
    package init(date: Date, reason: Reason, folder: String) {
        self.date = date
        self.reason = reason
        self.folder = folder
    }

    /// For a person: what happened and what to do.
    package var description: String {
        let what =
            switch reason {
            case .first: "the archive of WAL begins here"
            case .timeline: "the cluster is on a new timeline"
            case .removed: "there is a gap: the server has removed WAL that was not received yet"
            case .ahead: "the archived WAL is ahead of the server's, which has gone another way"
            }
        return "\(what). A new base backup is needed before anything from now on can be restored."
    }
}
