import ManagedPostgres
import PostgresDriver
import ProcessSupervision

extension Restorer {
    /// Makes a new cluster beside the place to restore to, reads the dump into it, counts, and puts it in its place.
    func restoreDump(_ manifest: BackupManifest) async throws -> RestoreReport {
        let replacement = try await ClusterReplacement.open(
            configuration.managed, clusterVersion: nil, logger: logger)
        defer { replacement.close() }
        do {
            try await replacement.build()
            return try await load(manifest, into: replacement)
        } catch {
            await replacement.discard()
            throw error
        }
    }

    /// Nothing of this cluster is needed until it is complete, so it is written without regard to a crash, and made durable
    /// as a whole at the end.
    private static let loadingSettings: [(name: String, value: String)] = [
        ("fsync", "off"), ("synchronous_commit", "off"), ("full_page_writes", "off"), ("wal_level", "minimal"),
        ("max_wal_senders", "0"), ("max_wal_size", "16GB"), ("checkpoint_timeout", "1d"), ("autovacuum", "off"),
        ("maintenance_work_mem", "512MB"),
    ]

    /// How long reading a dump may take.
    private static let loadBound = Duration.seconds(24 * 3_600)

    private func load(_ manifest: BackupManifest, into replacement: ClusterReplacement) async throws -> RestoreReport {
        let server = replacement.server(settings: Self.loadingSettings)
        let filled: Result<RestoreReport, any Error>
        do {
            try await server.start()
            filled = .success(try await fill(replacement, from: manifest))
        } catch {
            filled = .failure(error)
        }
        let isClean = await server.stop()
        var report = try filled.get()
        guard isClean else { throw RestoreError(.failed, "the server that restores did not shut down cleanly") }
        try await replacement.synchronize()
        report.asOf = RestoreText.time(manifest.startedAt)
        report.replaced = try await replacement.install()
        return report
    }

    /// Reads a dump into the new cluster, whose server runs, and counts what came of it.
    private func fill(
        _ replacement: ClusterReplacement, from manifest: BackupManifest
    ) async throws -> RestoreReport {
        onProgress(.loading("dump \(manifest.id)"))
        // A dump of one schema makes that schema, so the new database's own must not be in the way.
        if (manifest.schema ?? "public") == "public" {
            _ = try await replacement.query("DROP SCHEMA public", database: "brain")
        }
        try await pgRestore(
            manifest, replacement.programs, ["--jobs=2"],
            environment: replacement.environment(database: "brain", role: "brain"))
        if let schema = manifest.schema, schema != "public" {
            _ = try await replacement.query(
                "ALTER DATABASE brain SET search_path = \"\(schema.replacing("\"", with: "\"\""))\", public")
        }
        onProgress(.loading("statistics"))
        _ = try await replacement.query("VACUUM (ANALYZE)", database: "brain", bound: Self.loadBound)
        onProgress(.counting)
        let report = try await count(in: replacement, from: manifest.id)
        try compare(report, with: manifest)
        return report
    }

    /// Reads a dump into a database.
    func pgRestore(
        _ manifest: BackupManifest, _ programs: PostgresPrograms, _ options: [String], environment: [String: String]
    ) async throws {
        let path = configuration.folders.backup(.dump, manifest.id) + "/" + BackupFolders.dumpName
        let command = ChildCommand(
            executable: programs.restore,
            arguments: [
                "--exit-on-error", "--no-owner", "--no-privileges", "--no-password",
                "--dbname=\(environment["PGDATABASE"] ?? "")",
            ] + options + ["--", path], environment: environment, identity: .own)
        let run = try await ProgramRun.run(command, bound: Self.loadBound)
        guard run.exit == .exited(0) else {
            throw RestoreError(.failed, "the dump \(manifest.id) can't be read back: pg_restore \(run.failure)")
        }
    }

    /// Throws when there are not as many memories as the manifest says.
    func compare(_ report: RestoreReport, with manifest: BackupManifest) throws(RestoreError) {
        let expected = manifest.tables.first { $0.name == "brain_memories" }?.rows ?? manifest.memories
        guard let expected, expected != report.memories, !request.isForced else { return }
        throw RestoreError(
            .damaged,
            "\(manifest.id) should hold \(expected) memories, and \(report.memories) came back; --force accepts that")
    }
}
