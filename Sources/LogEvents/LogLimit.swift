/// How often entries of a kind are written before the rest is only counted.
public struct LogLimit: Sendable, Hashable {
    /// So many at once.
    public var burst: Int

    /// After a time in which none was left out, one more for each such interval; and at first the time between two
    /// sums of what was left out.
    public var interval: Duration

    /// Entries that differ in this value are counted apart.
    public var field: String?

    /// Makes a limit of its parts.
    public init(burst: Int, interval: Duration = .seconds(60), by field: String? = nil) {
        self.burst = burst
        self.interval = interval
        self.field = field
    }

    /// What holds for entries of libraries.
    public static let standard = LogLimit(burst: 3)
}

extension LogEvent {
    /// The limit for an entry of this kind whose values `field` knows by name; nil when such are never left out.
    public func limit(_ field: (String) -> String?) -> LogLimit? {
        switch self {
        case .starting, .ready, .stopping, .stopped, .failed, .listening, .reloaded, .reloadRefused, .socketTaken,
            .entriesLeftOut, .entriesLost, .journalAbsent:
            nil
        // What was done is always written down. What was refused may be asked again without end, by anyone: each
        // caller has the first of its attempts written down, and the rest counted.
        case .administrativeCall: field("outcome") == "refused" ? LogLimit(burst: 60, by: "peer_uid") : nil
        case .accessDenied: LogLimit(burst: 10, by: "peer_uid")
        // An outage meets every request, and what tells of it is another entry.
        case .requestFailed, .requestBusy, .cacheUsed, .cacheBypassed: LogLimit(burst: 2)
        case .workerFailed, .workerFinished: LogLimit(burst: 3, by: "worker")
        case .serverDied, .serverUnstartable: LogLimit(burst: 1, by: "server")
        case .serverOutput: LogLimit(burst: 4, by: "server")
        case .serverReady, .serverStopped, .serverStopping: LogLimit(burst: 2, by: "server")
        default: .standard
        }
    }
}
