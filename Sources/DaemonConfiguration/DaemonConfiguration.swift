public import Scheduling
public import MemoryModel

/// The daemon's whole configuration: checked, with names resolved and defaults filled in.
public struct DaemonConfiguration: Sendable, Equatable {
    /// The PostgreSQL server. See `postgres.*`.
    public struct Postgres: Sendable, Equatable {
        /// The connection string, with its password; nil when the daemon runs a PostgreSQL of its own.
        public let url: String?
        /// Connections, each with its own thread.
        public let poolSize: Int
        /// Requests that may wait for a connection.
        public let maxWaiting: Int
        /// How long one attempt to connect may take.
        public let connectTimeout: Duration
    }

    /// The private PostgreSQL. See `managed.*`.
    public struct Managed: Sendable, Equatable {
        /// Where it is kept, as it was given; nil when no directory is configured. Used only without `postgres.url`.
        public let directory: String?
        /// The user that runs it when the daemon was started by root.
        public let user: String
        /// The folder of PostgreSQL's programs; nil to search for them.
        public let postgresBindir: String?
        /// Whether a private Redis is run beside it when there is no `redis.url`.
        public let runsRedis: Bool
        /// Redis's program; nil to search for it.
        public let redisProgram: String?
        /// Bytes that the private Redis may use for answers.
        public let redisMaxMemoryBytes: Int
    }

    /// The Redis that caches answers. See `redis.*`.
    public struct Redis: Sendable, Equatable {
        /// The URL, with its password; nil for none, or one of the daemon's own.
        public let url: String?
        /// What all names begin with.
        public let keyPrefix: String
        /// How long an answer is kept at most.
        public let timeToLive: Duration
        /// Bytes of the largest answer that is kept.
        public let maxAnswerBytes: Int
        /// Bytes of answers that the daemon keeps itself, in front of it; 0 for none.
        public let localMaxBytes: Int
    }

    /// The Unix socket. See `socket.*`.
    public struct Socket: Sendable, Equatable {
        /// Its path, at most 107 bytes.
        public let path: String
        /// Its permissions, 0 to 0o777.
        public let mode: UInt32
        /// The group it is given; nil to leave it.
        public let group: UInt32?
    }

    /// What clients may use. See `limits.*`; each number's unit is in its name, or it counts requests or connections.
    public struct Limits: Sendable, Equatable {
        /// Bytes of one request.
        public let maxFrameBytes: Int
        /// How long a request may take to arrive once begun.
        public let frameTimeout: Duration
        /// Clients connected at the same time.
        public let maxConnections: Int
        /// Clients of one user connected at the same time; at most `maxConnections`.
        public let maxConnectionsPerUser: Int
        /// Requests of one connection worked on at the same time; at most `maxInFlight`.
        public let maxInFlightPerConnection: Int
        /// Requests worked on at the same time.
        public let maxInFlight: Int
        /// Requests of one user worked on at the same time; between `maxInFlightPerConnection` and `maxInFlight`.
        public let maxInFlightPerUser: Int
        /// How long requests of one user may wait for their turn while more is asked than can be done; zero: as long as it
        /// takes.
        public let maxQueueWait: Duration
        /// Bytes of requests and answers one connection may hold; at least `maxFrameBytes`.
        public let maxBufferedBytesPerConnection: Int
        /// Bytes of requests and answers all connections may hold; at least `maxBufferedBytesPerConnection`.
        public let maxBufferedBytes: Int
        /// Bytes of requests and answers one user's connections may hold; between `maxBufferedBytesPerConnection` and
        /// `maxBufferedBytes`.
        public let maxBufferedBytesPerUser: Int
        /// How long requests in flight may take once the daemon was told to stop.
        public let shutdownGrace: Duration
        /// The deadline of a request that brings none.
        public let defaultDeadline: Duration
    }

    /// Statistics. See `stats.*`.
    public struct Statistics: Sendable, Equatable {
        /// How old they may be before getStats computes them anew.
        public let maxAge: Duration
    }

    /// When the daemon does its own work. See `workers.*`.
    public struct Workers: Sendable, Equatable {
        /// Deleting what has expired.
        public let expiryCleanup: Schedule
        /// Bringing statistics up to date.
        public let statsRefresh: Schedule
        /// Writing down this daemon's cache counters.
        public let cacheCounters: Schedule
    }

    /// Backups. See `backups.*`.
    public struct Backups: Sendable, Equatable {
        /// Whether WAL is received.
        public enum WAL: String, Sendable, CaseIterable {
            case off, on, strict
        }

        /// The folder, as it was given; nil for none, or one of the daemon's own.
        public let directory: String?
        /// The connection string of base backups and the WAL, with its password; nil when none was given.
        public let replicationURL: String?
        /// Dumps.
        public let dump: Schedule
        /// After so many written rows a dump is due; nil: never for that.
        public let dumpAfterWrites: Int?
        /// Whether a dump is made before the schema is changed.
        public let dumpsBeforeMigration: Bool
        /// Base backups.
        public let base: Schedule
        /// The stream of WAL.
        public let wal: WAL
        /// Reading and checking all of them.
        public let verify: Schedule
        /// Restoring the newest dump on the side.
        public let drill: Schedule
        /// How many days', weeks' and months' dumps are kept.
        public let keepDaily, keepWeekly, keepMonthly: Int
        /// How many base backups are kept.
        public let keepBase: Int
        /// How old the newest may be.
        public let maxAge: Duration
        /// Bytes that must stay free.
        public let minFreeBytes: Int
    }

    /// Who may do what. See `access.*`.
    public struct Access: Sendable, Equatable {
        /// The group that may call administrative methods; nil for none.
        public let adminGroup: UInt32?
        /// The rules; none means that every caller may act for every agent.
        public let rules: [AccessRule]
    }

    /// The log. See `log.*`.
    public struct Log: Sendable, Equatable {
        /// swift-log's levels, by the same names.
        public enum Level: String, Sendable, CaseIterable {
            case trace, debug, info, notice, warning, error, critical
        }

        /// Where the log goes.
        public enum Target: String, Sendable, CaseIterable {
            case auto, journal, stderr
        }

        /// How a line looks.
        public enum Format: String, Sendable, CaseIterable {
            case text, json
        }

        /// The least important messages that are logged.
        public let level: Level
        /// Where the log goes.
        public let target: Target
        /// How a line looks on standard error.
        public let format: Format
        /// Requests that take longer are told of; nil: none.
        public let slowRequest: Duration?
    }

    /// Metrics. See `metrics.*`.
    public struct Metrics: Sendable, Equatable {
        /// node_exporter's folder, as it was given; nil for none.
        public let textfileDirectory: String?
        /// How often the file is written.
        public let textfileInterval: Duration
        /// The daemon's name among several; nil for the only one.
        public let instance: String?
    }

    /// The PostgreSQL server.
    public let postgres: Postgres
    /// The Redis that caches answers.
    public let redis: Redis
    /// The private PostgreSQL and Redis.
    public let managed: Managed
    /// The Unix socket.
    public let socket: Socket
    /// What clients may use.
    public let limits: Limits
    /// Statistics.
    public let stats: Statistics
    /// When the daemon does its own work.
    public let workers: Workers
    /// Backups.
    public let backups: Backups
    /// Who may do what.
    public let access: Access
    /// The log.
    public let log: Log
    /// Metrics.
    public let metrics: Metrics

    /// Each key's value with where it came from, for `dump()` and `source(of:)`.
    let values: EffectiveValues

    /// Where the value of the key with that dotted name came from; nil when there is no such key.
    public func source(of key: String) -> ConfigurationSource? { values.source(of: key) }

    /// Whether the effective values are equal, wherever they came from.
    public static func == (left: Self, right: Self) -> Bool {
        left.postgres == right.postgres && left.redis == right.redis && left.managed == right.managed
            && left.socket == right.socket
            && left.limits == right.limits && left.stats == right.stats && left.workers == right.workers
            && left.backups == right.backups && left.access == right.access
            && left.log == right.log && left.metrics == right.metrics
    }
}
