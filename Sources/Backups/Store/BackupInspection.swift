import Glibc
import ProcessSupervision

/// A look at one backup's folder that reads nothing but its small documents. Blocks.
struct BackupInspection: Sendable {
    /// What the look tells; its problems are those that show without reading every byte.
    var listing: BackupListing
    /// The lines of `SHA256SUMS`.
    var checksums: ChecksumFile?
    /// Tells this state of the folder's files from any other.
    var fingerprint: ContentDigest?
    /// The latest change of any file, in nanoseconds since 1970.
    var lastChange: Int64 = 0

    /// Nil when there is nothing of that name any longer.
    init?(_ folders: BackupFolders, _ kind: BackupKind, _ name: String) {
        let path = folders.backup(kind, name)
        listing = BackupListing(kind: kind, id: name, path: path, manifest: nil, problems: [], proof: nil, bytes: 0)
        var status = stat()
        guard lstat(path, &status) == 0 else {
            if errno == ENOENT { return nil }
            listing.problems = ["\(ServerFiles.failure("look at", path))"]
            return
        }
        if BackupID(name)?.kind != kind { listing.problems.append("its name is not that of a \(kind.rawValue) backup") }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            listing.problems.append("it is not a folder")
            return
        }
        do throws(ManagedServerError) {
            try look(at: path)
        } catch {
            listing.problems.append("\(error)")
        }
        if listing.problems.count > BackupLimits.problems {
            let rest = listing.problems.count - BackupLimits.problems
            listing.problems = listing.problems.prefix(BackupLimits.problems) + ["and \(rest) more"]
        }
    }

    private mutating func look(at path: String) throws(ManagedServerError) {
        let tree = try FolderTree(path)
        listing.bytes = tree.bytes
        listing.problems += tree.oddities
        fingerprint = tree.fingerprint
        lastChange = tree.lastChange
        listing.problems += manifestProblems(path, tree)
        let sums = path + "/" + BackupFolders.checksumsName
        guard let bytes = try RegularFile.bytes(of: sums, limit: BackupLimits.checksumsBytes) else {
            listing.problems.append("\(BackupFolders.checksumsName) is missing")
            return
        }
        guard let checksums = ChecksumFile(bytes) else {
            listing.problems.append("\(BackupFolders.checksumsName) is not as it was written")
            return
        }
        self.checksums = checksums
        listing.problems += checksums.differences(from: Self.checked(tree))
        let proof = path + "/" + BackupFolders.proofName
        if let bytes = (try? RegularFile.bytes(of: proof, limit: BackupLimits.documentBytes)) ?? nil {
            listing.proof = BackupProof(bytes)
        }
    }

    /// The files that `SHA256SUMS` must name.
    static func checked(_ tree: FolderTree) -> [String] {
        tree.files.map(\.path).filter { $0 != BackupFolders.checksumsName && $0 != BackupFolders.proofName }
    }

    private mutating func manifestProblems(_ path: String, _ tree: FolderTree) -> [String] {
        let manifest: BackupManifest
        do throws(ManagedServerError) {
            manifest = try BackupManifest.read(folder: path)
        } catch {
            return ["\(error)"]
        }
        listing.manifest = manifest
        var problems: [String] = []
        if manifest.id != listing.id { problems.append("its manifest is that of \(manifest.id.prefix(80))") }
        if manifest.kind != listing.kind { problems.append("its manifest is that of a \(manifest.kind.rawValue)") }
        let files = Set(tree.files.map(\.path))
        switch listing.kind {
        case .dump:
            if !files.contains(BackupFolders.dumpName) { problems.append("\(BackupFolders.dumpName) is missing") }
            if !tree.folders.isEmpty { problems.append("it holds a folder, \(tree.folders[0])") }
        case .base:
            let cluster = BackupFolders.clusterName + "/"
            for name in ["PG_VERSION", "backup_manifest", "global/pg_control"] where !files.contains(cluster + name) {
                problems.append("\(cluster + name) is missing")
            }
            let there = Set(tree.emptyFolders)
            let expected = Set((manifest.emptyFolders ?? []).map { cluster + $0 })
            problems += expected.subtracting(there).sorted().map { "the folder \($0) is missing or no longer empty" }
            problems += there.subtracting(expected).sorted().map { "the folder \($0) is not of this backup" }
        }
        return problems
    }
}
