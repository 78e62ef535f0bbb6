import ManagedPostgres
import MemoryModel

/// What a restore works with.
package struct RestoreConfiguration: Sendable {
    /// Where backups lie.
    package var folders: BackupFolders
    /// The managed folder to restore into: its cluster is `DIR/postgres`.
    package var managed: ManagedPostgresConfiguration

    /// Makes a configuration of its parts.
    package init(folders: BackupFolders, managed: ManagedPostgresConfiguration) {
        self.folders = folders
        self.managed = managed
    }
}

/// What is asked of a restore.
package struct RestoreRequest: Sendable {
    /// The backup to restore; nil: the newest that will do.
    package var backup: String?
    /// Whether to take a dump though there are base backups.
    package var isFromDump = false
    /// Up to where to replay WAL.
    package var target = Target.end
    /// The timeline to follow; nil: the latest.
    package var timeline: UInt32?
    /// Whether to replace a cluster, and to restore up to a gap or a damage rather than not at all.
    package var isForced = false

    /// Up to where, as it is asked for.
    package enum Target: Equatable, Sendable {
        /// As far as the log goes, to a time, or to a place in the log.
        case end, time(Timestamp), location(WALLocation)
        /// Up to just before this transaction.
        case beforeTransaction(UInt32)
    }

    /// The newest good backup, to the end.
    package init() {}
}
