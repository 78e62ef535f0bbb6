import ManagedPostgres
import ProcessSupervision
import Synchronization

extension BackupTools {
    /// Counts and hashes tables of a database.
    ///
    /// - Parameter snapshot: the exported snapshot to read; nil: the database as it is now.
    func content(
        of tables: [String], schema: String, snapshot: String?, url: String, programs: PostgresPrograms
    ) async throws(BackupError) -> [BackupManifest.Table] {
        let script = try ContentScript.text(schema: schema, tables: tables, snapshot: snapshot)
        let arguments = [
            "--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--no-password", "--set=ON_ERROR_STOP=1",
            "--file=-",
        ]
        let command = try command(programs.psql, arguments, url: url, standardInput: script)
        let content = try await content("read the tables of schema \(schema)", command)
        return ContentComparison.tables(named: tables, schema: schema, in: content)
    }

    /// Decodes a dump to its end, and counts and hashes its tables. A dump that was cut short or damaged does not decode,
    /// or has other content: `pg_restore --list` would not notice.
    func content(ofDump path: String, programs: PostgresPrograms) async throws(BackupError) -> [TableName:
        CopyTextReader.Table]
    {
        let command = command(programs.restore, ["--data-only", "--file=-", "--", path])
        return try await content("decode \(path)", command)
    }

    private func content(
        _ purpose: String, _ command: ChildCommand
    ) async throws(BackupError) -> [TableName: CopyTextReader.Table] {
        let reader = Mutex(CopyTextReader())
        try await run(purpose, command, bound: configuration.runBound) { piece in
            reader.withLock { $0.read(piece) }
        }
        return try reader.withLock { reader throws(BackupError) in try reader.finish() }
    }
}
