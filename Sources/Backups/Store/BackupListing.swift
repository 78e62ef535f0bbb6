/// A backup as it lies in its folder, and what is wrong with it.
public struct BackupListing: Sendable, Equatable {
    /// What it is a backup of.
    public var kind: BackupKind

    /// Its name; for what has no proper one, the name it has.
    public var id: String

    /// Its folder.
    public var path: String

    /// Its manifest; nil when that can't be read.
    public var manifest: BackupManifest?

    /// What is wrong with it, each in words; at most 10 are named.
    public var problems: [String]

    /// That it was restored and compared, just as it lies there; nil: it was not yet.
    public var proof: BackupProof?

    /// Bytes of all its files.
    public var bytes: Int64

    /// Whether it has its final name and all of it checks out.
    public var isGood: Bool { problems.isEmpty && manifest != nil }

    /// Whether it is good and was restored once.
    public var isProven: Bool { isGood && proof != nil }

    /// `good`, `unproven` or `bad`, as it is shown.
    public var state: String { isGood ? isProven ? "good" : "unproven" : "bad" }
}
