public import Foundation

/// What is known of a backup: `manifest.json` beside it. Its SHA-256 is in `SHA256SUMS`.
public struct BackupManifest: Codable, Sendable, Equatable {
    /// The version of this form; 1.
    public var format = 1

    /// Its name, and that of its folder: kind, UTC time and a random part, as in `dump-20261126T030000Z-1a2b3c4d`.
    public var id: String

    /// What it is a copy of.
    public var kind: BackupKind

    /// When it was begun; what a dump holds is as of an instant just after.
    public var startedAt: Date

    /// When it was complete and checked.
    public var finishedAt: Date

    /// Why it was made: `schedule`, `request`, `migration`, or in words what was due.
    public var reason: String

    /// The version of the daemon that made it.
    public var productVersion: String

    /// The server's version, such as `15.18 (Debian 15.18-0+deb12u1)`.
    public var serverVersion: String

    /// The cluster's system identifier, which a restored copy of it shares.
    public var systemIdentifier: String?

    /// The cluster's timeline: a new one begins after each recovery to a point in time.
    public var timeline: Int?

    /// For a base backup: the location in the WAL from which recovery needs all of it, such as `0/3000028`.
    public var startLSN: String?

    /// For a base backup: the location that recovery must reach for the copy to be consistent.
    public var endLSN: String?

    /// For a dump: the schema that holds the memories.
    public var schema: String?

    /// For a dump: each table, with what a restored copy must hold.
    public var tables: [Table] = []

    /// How many memories there were, expired ones included; nil when they were not counted.
    public var memories: Int64?

    /// PostgreSQL's count of the rows of memories written so far, by which a backup after so many writes is told.
    public var writes: Int64?

    /// Bytes of all files but this one and `SHA256SUMS`.
    public var bytes: Int64 = 0

    /// For a base backup: the folders that hold nothing, in order, by their path within `data`. PostgreSQL does not start
    /// without some of them, and `SHA256SUMS` can't name them.
    public var emptyFolders: [String]?

    /// A table of a dump.
    public struct Table: Codable, Sendable, Equatable {
        /// Its name, without the schema.
        public var name: String

        /// How many rows it had in the snapshot that was dumped.
        public var rows: Int64

        /// A hash of its rows, whatever their order, in hexadecimal.
        public var digest: String

        /// Makes a table of its parts.
        public init(name: String, rows: Int64, digest: String) {
            self.name = name
            self.rows = rows
            self.digest = digest
        }
    }

    /// Makes the manifest of a backup that was just begun.
    public init(
        id: String, kind: BackupKind, startedAt: Date, reason: String, productVersion: String, serverVersion: String
    ) {
        self.id = id
        self.kind = kind
        self.startedAt = startedAt
        finishedAt = startedAt
        self.reason = reason
        self.productVersion = productVersion
        self.serverVersion = serverVersion
    }
}
