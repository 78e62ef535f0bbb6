import ManagedPostgres
import ProcessSupervision

/// Reads a backup as whoever restores it would: decodes a dump and compares its content, has a cluster verified.
struct Verification: Sendable {
    let tools: BackupTools

    /// What is wrong with a backup whose checksums are right, in words.
    ///
    /// - Throws: only what is no fault of the backup, such as missing programs.
    func problems(of listing: BackupListing) async throws(BackupError) -> [String] {
        guard let manifest = listing.manifest else { return [] }
        let programs = try await tools.newestPrograms()
        do throws(BackupError) {
            switch listing.kind {
            case .dump: return try await dumpProblems(listing, manifest, programs)
            case .base:
                let cluster = listing.path + "/" + BackupFolders.clusterName
                // Reading WAL takes programs of the version that wrote it.
                let version = try await tools.clusterVersion(cluster)
                let fitting = try await tools.programs(serverVersion: version * 10_000)
                try await tools.verifyCluster(cluster, programs: fitting)
                return []
            }
        } catch {
            switch error.kind {
            case .cancelled, .programsNotFound, .versionMismatch, .timedOut: throw error
            default: return ["\(error)"]
            }
        }
    }

    private func dumpProblems(
        _ listing: BackupListing, _ manifest: BackupManifest, _ programs: PostgresPrograms
    ) async throws(BackupError) -> [String] {
        let content = try await tools.content(
            ofDump: listing.path + "/" + BackupFolders.dumpName, programs: programs)
        let found = ContentComparison.tables(
            named: manifest.tables.map(\.name), schema: manifest.schema ?? "", in: content)
        var problems = ContentComparison.differences(expected: manifest.tables, found: found)
        if manifest.tables.isEmpty { problems.append("its manifest names no table") }
        let own = content.keys.filter { $0.schema == manifest.schema && $0.table.hasPrefix("brain_") }.map(\.table)
        let unnamed = Set(own).subtracting(manifest.tables.map(\.name))
        problems += unnamed.sorted().map { "table \($0) is not in its manifest" }
        return problems
    }
}

extension BackupTools {
    /// The major version of a copied cluster.
    func clusterVersion(_ cluster: String) async throws(BackupError) -> Int {
        let path = cluster + "/PG_VERSION"
        let text = try await blocking { () throws(ManagedServerError) in try RegularFile.bytes(of: path, limit: 64) }
        guard let version = text.flatMap({ Int(String(decoding: $0, as: UTF8.self).filter { !$0.isWhitespace }) })
        else {
            throw BackupError(.mismatch, "\(path) does not hold a major version")
        }
        return version
    }
}
