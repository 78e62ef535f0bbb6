import Foundation
import Glibc
import Logging
import ManagedPostgres
import MonotonicClock
import ProcessSupervision

/// Restores the newest good dump into a server of its own and compares. Only under the lock.
struct RestoreDrill: Sendable {
    let tools: BackupTools
    let catalog: BackupCatalog

    func run() async throws(BackupError) -> DrillReport {
        let begin = MonotonicInstant.now
        guard let dump = try await catalog.list().first(where: { $0.kind == .dump && $0.isGood }),
            let manifest = dump.manifest
        else {
            throw BackupError(
                .notFound, "there is no good dump in \(tools.folders.all(.dump)) to restore: make one first")
        }
        let place = try await ScratchPlace.find(tools).folder
        let free = try await tools.blocking { () throws(ManagedServerError) in try FreeSpace.bytes(at: place) }
        // A restored database takes several times the dump; the exact figure is not known, so this only refuses early
        // what could never fit.
        try FreeSpace.check(
            free: free, expected: 2 * dump.bytes, minimumFree: tools.configuration.minimumFreeBytes, at: place)
        let programs = try await programs(for: manifest)
        var report: DrillReport
        let scratch = try await ScratchServer.start(tools, programs: programs)
        do throws(BackupError) {
            report = try await restore(dump, manifest, to: scratch, programs)
        } catch {
            try? await scratch.remove()
            throw error
        }
        try await scratch.remove()
        try await prove(dump, report)
        report.totalDuration = .now - begin
        return report
    }

    /// The version that the dump was made of if that is installed, else the newest.
    private func programs(for manifest: BackupManifest) async throws(BackupError) -> PostgresPrograms {
        let major = Int(manifest.serverVersion.prefix { $0.isASCII && $0.isNumber }) ?? 0
        do throws(BackupError) {
            return try await tools.programs(serverVersion: major * 10_000)
        } catch {
            guard error.kind == .versionMismatch else { throw error }
            return try await tools.newestPrograms()
        }
    }

    private func restore(
        _ dump: BackupListing, _ manifest: BackupManifest, to scratch: ScratchServer, _ programs: PostgresPrograms
    ) async throws(BackupError) -> DrillReport {
        let schema = manifest.schema ?? "public"
        let begin = MonotonicInstant.now
        // A dump of one schema makes that schema, so a new database's own must not be in the way.
        if schema == "public" { _ = try await scratch.query("DROP SCHEMA public", programs) }
        let notes = try await scratch.restore(dump.path + "/" + BackupFolders.dumpName, programs)
        let restored = MonotonicInstant.now
        let found = try await tools.content(
            of: manifest.tables.map(\.name), schema: schema, snapshot: nil, url: scratch.url, programs: programs)
        let differences = ContentComparison.differences(expected: manifest.tables, found: found)
        guard differences.isEmpty, !manifest.tables.isEmpty else {
            throw BackupError(
                .mismatch,
                "what was restored of \(dump.id) is not what was dumped: "
                    + (differences.isEmpty ? "its manifest names no table" : differences.joined(separator: ", ")))
        }
        try await IndexCheck(schema: schema, memories: manifest.memories ?? 0).run { sql throws(BackupError) in
            try await scratch.query(sql, programs)
        }
        let version = try await scratch.query("SHOW server_version", programs).first ?? ""
        return DrillReport(
            id: dump.id, serverVersion: version, tables: found, memories: manifest.memories ?? 0,
            startDuration: scratch.startDuration, restoreDuration: restored - begin, compareDuration: .now - restored,
            totalDuration: .zero, notes: notes)
    }

    /// Writes `proof.json`, for the files as they are now: should they have changed meanwhile, it proves nothing.
    private func prove(_ dump: BackupListing, _ report: DrillReport) async throws(BackupError) {
        let checksums = try await tools.checksums(of: [BackupFolders.checksumsName], in: dump.path)
        let proof = BackupProof(
            id: dump.id, restoredAt: Date(), serverVersion: report.serverVersion,
            productVersion: tools.configuration.productVersion, tables: report.tables,
            checksums: checksums.entries[0].digest)
        let path = dump.path + "/" + BackupFolders.proofName
        // Made apart from the backup, where a file of another name would be none of its own, and renamed into it.
        let fresh = tools.folders.root + "/" + BackupFolders.incompletePrefix + "proof-" + dump.id
        try await tools.blocking { () throws(ManagedServerError) in
            try ServerFiles.remove(fresh)
            try RegularFile.write(DocumentCoding.encode(proof), to: fresh)
            try RegularFile.synchronize(fresh)
            try ServerFiles.rename(fresh, to: path)
        }
    }
}
