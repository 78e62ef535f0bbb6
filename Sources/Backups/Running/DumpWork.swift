import Glibc
import ManagedPostgres
import ProcessSupervision
import Synchronization

/// Makes a dump of the memories' schema with `pg_dump`.
///
/// The dump and a count and hash of every table are taken in the same exported snapshot, so the two speak of the same
/// instant however much is written meanwhile.
final class DumpWork: BackupWork {
    private struct Notes: Sendable {
        var snapshot: DumpSnapshot?
        var programs: PostgresPrograms?
        /// What the database held.
        var source: [BackupManifest.Table] = []
        /// What the dump holds.
        var decoded: [BackupManifest.Table] = []
    }

    let kind = BackupKind.dump
    private let tools: BackupTools
    private let notes = Mutex(Notes())

    init(tools: BackupTools) {
        self.tools = tools
    }

    private var connection: BackupConnection { BackupConnection(url: tools.configuration.url, logger: tools.logger) }

    func expectedBytes() async throws(BackupError) -> Int64 {
        try await connection.run(within: BackupLimits.connect) { try DatabaseFacts($0) }.databaseBytes
    }

    func copy(into folder: String) async throws(BackupError) {
        let bound = tools.configuration.runBound
        try await DumpSnapshot.hold(on: connection, bound: bound) { snapshot throws(BackupError) in
            let programs = try await self.tools.programs(serverVersion: snapshot.facts.serverVersionNumber)
            self.notes.withLock {
                $0.snapshot = snapshot
                $0.programs = programs
            }
            // At the same time: the shorter the transaction is open, the less it keeps from being cleaned up.
            async let source = self.tools.content(
                of: snapshot.tables, schema: snapshot.schema, snapshot: snapshot.name,
                url: self.tools.configuration.url, programs: programs)
            async let dump: Void = self.dump(snapshot, programs, to: folder + "/" + BackupFolders.dumpName)
            do {
                try await dump
                let tables = try await source
                self.notes.withLock { $0.source = tables }
            } catch {
                throw (error as? BackupError) ?? BackupError(.programFailed, "\(error)")
            }
        }
    }

    private func dump(
        _ snapshot: DumpSnapshot, _ programs: PostgresPrograms, to path: String
    ) async throws(BackupError) {
        let arguments = [
            "--format=custom", "--file=\(path)", "--snapshot=\(snapshot.name)",
            "--schema=\(TableName.quote(snapshot.schema))", "--strict-names", "--no-password",
            "--lock-wait-timeout=\(BackupLimits.lockWaitMilliseconds)",
            "--compress=\(min(max(tools.configuration.compressionLevel, 0), 9))", "--no-sync",
        ]
        try await tools.run(
            "dump schema \(snapshot.schema)",
            try tools.command(programs.dump, arguments, url: tools.configuration.url),
            bound: tools.configuration.runBound)
        try await tools.blocking { () throws(ManagedServerError) in
            guard chmod(path, 0o600) == 0 else { throw ServerFiles.failure("close to others", path) }
        }
    }

    func decode(in folder: String) async throws(BackupError) {
        let (snapshot, programs) = try taken()
        let content = try await tools.content(ofDump: folder + "/" + BackupFolders.dumpName, programs: programs)
        let tables = ContentComparison.tables(named: snapshot.tables, schema: snapshot.schema, in: content)
        notes.withLock { $0.decoded = tables }
    }

    func compare() async throws(BackupError) {
        let (snapshot, _) = try taken()
        let (source, decoded) = notes.withLock { ($0.source, $0.decoded) }
        var differences = ContentComparison.differences(expected: source, found: decoded)
        if source.map(\.name) != snapshot.tables { differences.append("not all tables were read") }
        guard differences.isEmpty else {
            throw BackupError(
                .mismatch, "the dump does not hold what the database held: \(differences.joined(separator: ", "))")
        }
    }

    func describe(_ manifest: inout BackupManifest, folder: String) async throws(BackupError) {
        let (snapshot, _) = try taken()
        manifest.serverVersion = snapshot.facts.serverVersion
        manifest.schema = snapshot.schema
        manifest.tables = notes.withLock { $0.source }
        manifest.memories = manifest.tables.first { $0.name == "brain_memories" }?.rows
        manifest.writes = snapshot.writes
    }

    private func taken() throws(BackupError) -> (DumpSnapshot, PostgresPrograms) {
        let (snapshot, programs) = notes.withLock { ($0.snapshot, $0.programs) }
        guard let snapshot, let programs else { throw BackupError(.programFailed, "there is no dump yet") }
        return (snapshot, programs)
    }
}
