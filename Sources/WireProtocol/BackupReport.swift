public import MemoryModel

/// What `listBackups` and `verifyBackup` tell.
public struct BackupReport: Hashable, Sendable {
    /// One backup.
    public struct Backup: Hashable, Sendable {
        /// Its name.
        public var id: String

        /// `dump` or `base`.
        public var kind: String

        /// As of when it is; nil when that can't be read any more.
        public var createdAt: Timestamp?

        /// Bytes of its files.
        public var bytes: Int64

        /// How many memories it holds; nil when that is not known.
        public var memories: Int64?

        /// When a drill last restored it and found all that it should hold; nil: it is unproven.
        public var provenAt: Timestamp?

        /// Why it can't be relied on; empty: it is good.
        public var problems: [String]

        /// Whether it is complete and unchanged since it was made.
        public var isGood: Bool { problems.isEmpty }

        /// Makes a backup of its parts.
        public init(
            id: String, kind: String, createdAt: Timestamp?, bytes: Int64, memories: Int64?, provenAt: Timestamp?,
            problems: [String]
        ) {
            self.id = id
            self.kind = kind
            self.createdAt = createdAt
            self.bytes = bytes
            self.memories = memories
            self.provenAt = provenAt
            self.problems = problems
        }
    }

    /// The stream of WAL from which any moment can be restored.
    public struct WAL: Hashable, Sendable {
        /// `ok`, `degraded` or `unavailable`.
        public var status: HealthReport.Status

        /// Whether a write is acknowledged only once its WAL has been received.
        public var isStrict: Bool

        /// What is amiss; nil: nothing.
        public var reason: String?

        /// From when on it reaches; nil: nothing has been received, or there is no base backup to begin with.
        public var from: Timestamp?

        /// Until when it reaches.
        public var until: Timestamp?

        /// How many bytes PostgreSQL has written that have not been received; nil: not known.
        public var lagBytes: Int64?

        /// Bytes of all segments.
        public var bytes: Int64

        /// Makes a state of its parts.
        public init(
            status: HealthReport.Status, isStrict: Bool, reason: String? = nil, from: Timestamp? = nil,
            until: Timestamp? = nil, lagBytes: Int64? = nil, bytes: Int64 = 0
        ) {
            self.status = status
            self.isStrict = isStrict
            self.reason = reason
            self.from = from
            self.until = until
            self.lagBytes = lagBytes
            self.bytes = bytes
        }
    }

    /// Where they are kept.
    public var directory: String

    /// The backups, newest first.
    public var backups: [Backup]

    /// The stream of WAL; nil: it is switched off.
    public var wal: WAL?

    /// Makes a report of its parts.
    public init(directory: String, backups: [Backup], wal: WAL?) {
        self.directory = directory
        self.backups = backups
        self.wal = wal
    }
}
