import MemoryModel

/// What backups are made of, where they go and which are kept.
public struct BackupConfiguration: Sendable {
    /// The folder of all backups, absolute. Made if absent; its parent must exist.
    public var directory: String

    /// How the database is reached: a libpq connection string of the schema's owner. May hold a password: not for logs.
    public var url: String

    /// How the whole cluster is reached for base backups: a role with REPLICATION, or a superuser. May hold a password.
    public var replicationURL: String

    /// The folder with PostgreSQL's programs; nil: found by itself.
    public var programsDirectory: String?

    /// Who runs the scratch server of a drill when the daemon runs as root, which PostgreSQL refuses.
    public var managedUser = "postgres"

    /// Where a drill puts its scratch cluster: a folder that `managedUser` can reach; nil: the folder of backups.
    public var scratchDirectory: String?

    /// Of how many days, the last that have a good dump, the newest one is kept.
    public var keepDaily = 7

    /// The same for weeks, from Monday to Sunday, UTC.
    public var keepWeekly = 4

    /// The same for months.
    public var keepMonthly = 12

    /// How many good base backups are kept, the newest; at least two are in any case.
    public var keepBase = 2

    /// Bytes that must be left free on the disk of backups when one is complete.
    public var minimumFreeBytes: Int64 = 256 << 20

    /// zlib's level for dumps, 0–9. 3 takes about half the time of PostgreSQL's default, 6, for little more room.
    public var compressionLevel = 3

    /// How long one run may take in all, and with it the transaction that a dump holds open.
    public var runBound = Duration.seconds(6 * 3600)

    /// The version of the daemon, noted in manifests.
    public var productVersion = ProductVersion.current

    /// Defaults for all but where from and where to.
    public init(directory: String, url: String, replicationURL: String) {
        self.directory = directory
        self.url = url
        self.replicationURL = replicationURL
    }
}

extension BackupConfiguration: CustomStringConvertible, CustomReflectable {
    /// Without the connection strings: they may hold passwords.
    public var description: String { "backups in \(directory)" }

    /// As `description`.
    public var customMirror: Mirror { Mirror(self, children: ["directory": directory]) }
}
