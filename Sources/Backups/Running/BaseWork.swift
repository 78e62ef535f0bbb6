import Foundation
import Glibc
import ManagedPostgres
import ProcessSupervision
import Synchronization

/// Copies the whole cluster with `pg_basebackup`.
final class BaseWork: BackupWork {
    private struct Notes: Sendable {
        var facts: DatabaseFacts?
        var programs: PostgresPrograms?
    }

    let kind = BackupKind.base
    private let tools: BackupTools
    private let notes = Mutex(Notes())

    init(tools: BackupTools) {
        self.tools = tools
    }

    private var connection: BackupConnection { BackupConnection(url: tools.configuration.url, logger: tools.logger) }

    /// 64 MiB more for the WAL that is written meanwhile.
    func expectedBytes() async throws(BackupError) -> Int64 {
        try await connection.run(within: BackupLimits.connect) { try DatabaseFacts($0) }.clusterBytes + 64 << 20
    }

    func copy(into folder: String) async throws(BackupError) {
        let facts = try await connection.run(within: BackupLimits.connect) { try DatabaseFacts($0) }
        guard facts.tablespaces == 0 else {
            throw BackupError(
                .unsupported,
                "the cluster has \(facts.tablespaces) tablespaces of its own, which a base backup here can't hold: "
                    + "pg_basebackup would write them outside of the folder of backups. Use dumps.")
        }
        let programs = try await tools.programs(serverVersion: facts.serverVersionNumber)
        notes.withLock {
            $0.facts = facts
            $0.programs = programs
        }
        let cluster = folder + "/" + BackupFolders.clusterName
        // The slot that holds the WAL meanwhile is a temporary one: it goes with the connection.
        let arguments = [
            "--pgdata=\(cluster)", "--format=plain", "--wal-method=stream", "--checkpoint=fast",
            "--manifest-checksums=SHA256", "--no-password", "--no-sync",
        ]
        try await tools.run(
            "copy the cluster",
            try tools.command(programs.baseBackup, arguments, url: tools.configuration.replicationURL),
            bound: tools.configuration.runBound)
    }

    func decode(in folder: String) async throws(BackupError) {
        guard let programs = notes.withLock({ $0.programs }) else {
            throw BackupError(.programFailed, "there is no copy yet")
        }
        try await tools.verifyCluster(folder + "/" + BackupFolders.clusterName, programs: programs)
    }

    /// Nothing more: pg_verifybackup has compared every file with the size and SHA-256 that the server has told.
    func compare() async throws(BackupError) {}

    func describe(_ manifest: inout BackupManifest, folder: String) async throws(BackupError) {
        let (facts, programs) = notes.withLock { ($0.facts, $0.programs) }
        guard let facts, let programs else { throw BackupError(.programFailed, "there is no copy yet") }
        let cluster = folder + "/" + BackupFolders.clusterName
        manifest.serverVersion = facts.serverVersion
        manifest.systemIdentifier = try await tools.systemIdentifier(ofCluster: cluster, programs: programs)
        let range = try await tools.blocking { () throws(ManagedServerError) in
            try BaseBackupManifest.read(cluster: cluster)
        }
        manifest.timeline = range.timeline
        manifest.startLSN = range.startLSN
        manifest.endLSN = range.endLSN
        manifest.emptyFolders = try await tools.blocking { () throws(ManagedServerError) in
            try FolderTree(cluster).emptyFolders
        }
    }
}

extension BackupTools {
    /// Compares a copied cluster with its `backup_manifest`, and reads the WAL that it needs.
    func verifyCluster(_ cluster: String, programs: PostgresPrograms) async throws(BackupError) {
        try await run(
            "verify \(cluster)", command(programs.verifyBackup, ["--exit-on-error", "--", cluster]),
            bound: configuration.runBound)
    }

    /// The number that a cluster was given when it was made.
    func systemIdentifier(
        ofCluster cluster: String, programs: PostgresPrograms
    ) async throws(BackupError) -> String? {
        let bytes = try await output(
            "read the control file of \(cluster)", command(programs.controlData, ["-D", cluster]),
            bound: BackupLimits.shortProgram, limit: 1 << 20)
        let name = "Database system identifier:"
        let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix(name) }
        return line.map { $0.dropFirst(name.count).filter { $0 != " " } }.map { String($0) }
    }
}

/// What is needed of PostgreSQL's own `backup_manifest` (manual, 82 "Backup Manifest Format").
struct BaseBackupManifest: Decodable, Sendable {
    private struct Range: Decodable, Sendable {
        var timeline: Int
        var startLSN: String
        var endLSN: String

        enum CodingKeys: String, CodingKey {
            case timeline = "Timeline"
            case startLSN = "Start-LSN"
            case endLSN = "End-LSN"
        }
    }

    private var ranges: [Range]

    private enum CodingKeys: String, CodingKey {
        case ranges = "WAL-Ranges"
    }

    /// The WAL that recovery needs: from where, to where, and the timeline that it ends on. Blocks.
    static func read(
        cluster: String
    ) throws(ManagedServerError) -> (timeline: Int, startLSN: String, endLSN: String) {
        let path = cluster + "/backup_manifest"
        guard let bytes = try RegularFile.bytes(of: path, limit: BackupLimits.baseManifestBytes),
            let ranges = DocumentCoding.decode(BaseBackupManifest.self, bytes)?.ranges, let first = ranges.first,
            let last = ranges.last
        else {
            throw ManagedServerError(.fileFailure, "\(path) does not tell the WAL that the copy needs")
        }
        return (last.timeline, first.startLSN, last.endLSN)
    }
}
