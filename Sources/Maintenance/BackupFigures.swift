public import MemoryModel

/// The backups in numbers, as of the last look at them, which was less than some minutes ago.
public struct BackupFigures: Hashable, Sendable {
    /// The backups of one kind.
    public struct Kind: Hashable, Sendable {
        /// `dump` or `base`.
        public var name: String

        /// How many can be relied on, and how many can't.
        public var good, bad: Int

        /// The newest good one.
        public var newest: Newest?

        /// Makes figures of their parts.
        public init(name: String, good: Int, bad: Int, newest: Newest?) {
            self.name = name
            self.good = good
            self.bad = bad
            self.newest = newest
        }
    }

    /// One good backup.
    public struct Newest: Hashable, Sendable {
        /// As of when it is.
        public var createdAt: Timestamp

        /// Bytes of its files.
        public var bytes: Int64

        /// Makes figures of their parts.
        public init(createdAt: Timestamp, bytes: Int64) {
            self.createdAt = createdAt
            self.bytes = bytes
        }
    }

    /// The stream of WAL.
    public struct WAL: Hashable, Sendable {
        /// Whether it is received now.
        public var isStreaming: Bool

        /// How many bytes, and for how many seconds, have been there that are not received; nil: not known.
        public var lagBytes: UInt64?, lagSeconds: Double?

        /// Up to where it is received, in bytes since the beginning of the log; nil: not known.
        public var receivedPosition: UInt64?

        /// How often the receiver was started again.
        public var restarts: Int

        /// Makes figures of their parts.
        public init(
            isStreaming: Bool, lagBytes: UInt64?, lagSeconds: Double?, receivedPosition: UInt64?, restarts: Int
        ) {
            self.isStreaming = isStreaming
            self.lagBytes = lagBytes
            self.lagSeconds = lagSeconds
            self.receivedPosition = receivedPosition
            self.restarts = restarts
        }
    }

    /// The backups by kind; nil before the first look.
    public var kinds: [Kind]?

    /// The stream of WAL; nil when this daemon does not receive it.
    public var wal: WAL?

    /// Makes figures of their parts.
    public init(kinds: [Kind]?, wal: WAL?) {
        self.kinds = kinds
        self.wal = wal
    }
}
