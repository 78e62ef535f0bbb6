public import Scheduling

/// When backups are made and what is expected of them.
public struct BackupPlan: Sendable {
    /// When the memories are dumped.
    public var dump: Schedule

    /// After so many written rows a dump is due; nil: never for that.
    public var dumpAfterWrites: Int64?

    /// When the whole cluster is copied; nil: not at all, since there is no connection for it.
    public var base: Schedule?

    /// Whether and how WAL is received.
    public var wal: WAL

    /// When everything is read and checked.
    public var verify: Schedule

    /// When the newest dump is restored on the side.
    public var drill: Schedule

    /// How old the newest good dump and base backup may be.
    public var maximumAge: Duration

    /// Whether WAL is received.
    public enum WAL: Sendable, Hashable {
        /// It is not.
        case off

        /// It is; a write is acknowledged before that.
        case on

        /// It is, and no write is acknowledged before.
        case strict
    }

    /// Makes a plan of its parts.
    public init(
        dump: Schedule, dumpAfterWrites: Int64?, base: Schedule?, wal: WAL, verify: Schedule, drill: Schedule,
        maximumAge: Duration
    ) {
        self.dump = dump
        self.dumpAfterWrites = dumpAfterWrites
        self.base = base
        self.wal = wal
        self.verify = verify
        self.drill = drill
        self.maximumAge = maximumAge
    }
}
