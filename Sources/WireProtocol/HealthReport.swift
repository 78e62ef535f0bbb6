public import MemoryModel

/// What `getHealth` tells.
public struct HealthReport: Hashable, Sendable {
    /// How well the daemon as a whole, or a part of it, is.
    public enum Status: String, Hashable, Sendable {
        /// Everything works.
        case ok

        /// Requests are answered, but something is amiss.
        case degraded

        /// Requests that need it fail.
        case unavailable

        /// The part is not configured.
        case disabled
    }

    /// One part's state.
    public struct Part: Hashable, Sendable {
        /// How well it is.
        public var status: Status

        /// How long its last answer took, in milliseconds.
        public var latencyMilliseconds: Double?

        /// Why it is not ok.
        public var reason: String?

        /// For the cache: how often this daemon's reads were answered by it since the daemon began to serve.
        public var counters: CacheCounters?

        /// Makes a part's state.
        public init(
            status: Status, latencyMilliseconds: Double? = nil, reason: String? = nil, counters: CacheCounters? = nil
        ) {
            self.status = status
            self.latencyMilliseconds = latencyMilliseconds
            self.reason = reason
            self.counters = counters
        }
    }

    /// What a scheduled worker did last.
    public struct Worker: Hashable, Sendable {
        /// When it ran last, RFC 3339; nil before its first run.
        public var lastRunAt: String?

        /// How that ended.
        public var lastResult: String?

        /// When it runs next.
        public var nextRunAt: String?

        /// Makes a worker's state.
        public init(lastRunAt: String? = nil, lastResult: String? = nil, nextRunAt: String? = nil) {
            self.lastRunAt = lastRunAt
            self.lastResult = lastResult
            self.nextRunAt = nextRunAt
        }
    }

    /// The daemon as a whole.
    public var status: Status

    /// The daemon's version.
    public var version: String

    /// The limits in force, by name.
    public var limits: [String: Int64]

    /// Seconds since the daemon began to serve.
    public var uptimeSeconds: Double

    /// PostgreSQL.
    public var store: Part

    /// The cache.
    public var cache: Part

    /// The scheduled workers, by name.
    public var workers: [String: Worker]

    /// The version of the wire protocol.
    public static let protocolVersion = 1

    /// Makes a report of its parts.
    public init(
        status: Status, version: String, limits: [String: Int64], uptimeSeconds: Double, store: Part, cache: Part,
        workers: [String: Worker] = [:]
    ) {
        self.status = status
        self.version = version
        self.limits = limits
        self.uptimeSeconds = uptimeSeconds
        self.store = store
        self.cache = cache
        self.workers = workers
    }
}
