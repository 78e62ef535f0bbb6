/// What differs between the kinds of backups.
protocol BackupWork: Sendable {
    /// The kind that this makes.
    var kind: BackupKind { get }

    /// How many bytes the first backup of a database may take, when no earlier one tells.
    func expectedBytes() async throws(BackupError) -> Int64

    /// Writes the copy into the folder.
    func copy(into folder: String) async throws(BackupError)

    /// Reads the copy back, all of it.
    func decode(in folder: String) async throws(BackupError)

    /// Compares what was read back with what the database held.
    ///
    /// - Throws: `.mismatch`.
    func compare() async throws(BackupError)

    /// Fills in what the copy is of, once all else is done.
    func describe(_ manifest: inout BackupManifest, folder: String) async throws(BackupError)
}
