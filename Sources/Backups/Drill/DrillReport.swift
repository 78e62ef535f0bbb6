/// What a restore drill has found: that a backup can be restored, and holds what it should.
public struct DrillReport: Sendable, Equatable {
    /// The dump that was restored.
    public var id: String

    /// The version of the scratch server.
    public var serverVersion: String

    /// What was counted and hashed in the restored database; equal to the manifest's.
    public var tables: [BackupManifest.Table]

    /// How many memories came back.
    public var memories: Int64

    /// How long making and starting the scratch server took.
    public var startDuration: Duration

    /// How long `pg_restore` took.
    public var restoreDuration: Duration

    /// How long counting, hashing and trying the indexes took.
    public var compareDuration: Duration

    /// How long all of it took, with the checks before and the clearing up after.
    public var totalDuration: Duration

    /// What `pg_restore` could not restore of what is not the daemon's: other things in the schema. At most 10 lines.
    public var notes: [String]
}
