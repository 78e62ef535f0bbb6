import Foundation
import ManagedPostgres
import MonotonicClock
import PostgresDriver
import ProcessSupervision
import Synchronization

extension Restorer {
    /// Restores the chosen dump into the database of an existing server, as one transaction: when it fails, that database is
    /// as it was.
    ///
    /// A database that has tables of a daemon is refused. With `--force` the objects that the dump holds are dropped first, in
    /// the same transaction, and nothing else; what depends on them makes it fail.
    package func restore(_ manifest: BackupManifest, into url: String) async throws(RestoreError) -> RestoreReport {
        let begin = MonotonicInstant.now
        var report: RestoreReport = try await wrapped { () async throws in
            try await load(manifest, into: url)
        }
        report.duration = .now - begin
        report.asOf = RestoreText.time(manifest.startedAt)
        return report
    }

    private func load(_ manifest: BackupManifest, into url: String) async throws -> RestoreReport {
        let programs = try await programs(nil)
        let database = RestoreDatabase(url: url, psql: programs.psql, schema: manifest.schema ?? "public")
        let isOccupied = try await database.hasTables()
        guard !isOccupied || request.isForced else {
            throw RestoreError(
                .occupied,
                "the database has tables of brain-memoryd in schema \(database.schema) already. With --force they are dropped "
                    + "and made anew, in one transaction.")
        }
        onProgress(.loading("dump \(manifest.id)"))
        let list = try await listWithoutSchema(manifest, programs, database)
        defer { unlink(list) }
        let replacing = isOccupied ? ["--clean", "--if-exists"] : []
        try await pgRestore(
            manifest, programs, ["--single-transaction", "--use-list=\(list)"] + replacing,
            environment: try database.environment)
        onProgress(.loading("statistics"))
        _ = try await database.ask("ANALYZE")
        onProgress(.counting)
        let numbers = try await database.ask(RestoreDatabase.counts).last?.split(separator: "|").map { Int64($0) ?? 0 }
        guard let numbers, numbers.count == 3 else {
            throw RestoreError(.failed, "the database does not say how many memories it holds")
        }
        let report = RestoreReport(
            backup: manifest.id, memories: numbers[0], agents: numbers[1], tags: numbers[2], asOf: "", timeline: nil,
            duration: .zero, replaced: nil)
        try compare(report, with: manifest)
        return report
    }

    /// The longest table of contents of a dump, in bytes: some hundred thousand objects.
    private static let maximumListBytes = 16 << 20

    /// The dump's table of contents in a file, without the making of the schema where that is there.
    private func listWithoutSchema(
        _ manifest: BackupManifest, _ programs: PostgresPrograms, _ database: RestoreDatabase
    ) async throws -> String {
        let hasSchema = try await database.hasSchema()
        let dump = configuration.folders.backup(.dump, manifest.id) + "/" + BackupFolders.dumpName
        let output = Mutex<[UInt8]>([])
        let run = try await StreamRun.run(
            ChildCommand(executable: programs.restore, arguments: ["--list", "--", dump], identity: .own),
            bound: .seconds(60),
            onOutput: { bytes in
                output.withLock { if $0.count <= Self.maximumListBytes { $0.append(contentsOf: bytes) } }
            })
        let bytes = output.withLock { $0 }
        guard run.exit == .exited(0) else {
            throw RestoreError(.failed, "can't read the contents of \(manifest.id): pg_restore \(run.failure)")
        }
        guard bytes.count <= Self.maximumListBytes else {
            throw RestoreError(
                .failed, "the contents of \(manifest.id) take more than \(Self.maximumListBytes) bytes to list")
        }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").filter {
            !hasSchema || !$0.contains(" SCHEMA - ")
        }
        return try await queue.run { () throws(ManagedServerError) in
            var template = Array("/tmp/brain-memoryd-list-XXXXXX".utf8CString)
            let descriptor = mkstemp(&template)
            guard descriptor >= 0 else { throw ServerFiles.failure("make a file in", "/tmp") }
            defer { close(descriptor) }
            let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
            try ServerFiles.writeAll(lines.joined(separator: "\n") + "\n", to: descriptor, path: path)
            return path
        }
    }
}

/// A database to restore a dump into.
struct RestoreDatabase: Sendable {
    var url: String
    var psql: String
    var schema: String

    var environment: [String: String] {
        get throws {
            ChildCommand.plainEnvironment.merging(try PostgresEnvironment.variables(url: url)) { $1 }
                .merging(["PGAPPNAME": "brain-memoryd restore"]) { $1 }
        }
    }

    func hasTables() async throws -> Bool {
        let sql =
            "SELECT count(*) FROM pg_tables WHERE schemaname = \(quoted(schema)) AND tablename LIKE 'brain\\_%'"
        return try await ask(sql).last != "0"
    }

    func hasSchema() async throws -> Bool {
        try await ask("SELECT count(*) FROM pg_namespace WHERE nspname = \(quoted(schema))").last != "0"
    }

    static let counts = """
        SELECT (SELECT count(*) FROM brain_memories),
            (SELECT count(*) FROM (SELECT agent_id FROM brain_memories GROUP BY 1) AS a),
            (SELECT count(*) FROM (SELECT unnest(tags) FROM brain_memories GROUP BY 1) AS t)
        """

    /// The lines that a statement answers, the dump's schema first on the search path.
    func ask(_ sql: String) async throws -> [String] {
        let path = "SET search_path = \"\(schema.replacing("\"", with: "\"\""))\", public;\n"
        let command = ChildCommand(
            executable: psql,
            arguments: [
                "--no-psqlrc", "--no-password", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1",
                "--file=-",
            ], environment: try environment, identity: .own, standardInput: path + sql + ";\n")
        let run = try await ProgramRun.run(command, bound: .seconds(3_600))
        guard run.exit == .exited(0) else { throw RestoreError(.failed, "psql \(run.failure)") }
        return run.lines.filter { !$0.isEmpty }
    }

    private func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "''") + "'" }
}
