import Glibc
import ProcessSupervision

/// Where a drill's scratch cluster is made.
struct ScratchPlace: Sendable {
    /// The folder, without symbolic links.
    var folder: String
    /// How the names of clusters begin there: it tells those of this folder of backups from those of another one that
    /// uses the same place.
    var prefix: String

    static func find(_ tools: BackupTools) async throws(BackupError) -> ScratchPlace {
        let root = tools.folders.root
        var row = RowHash()
        Array(root.utf8).withUnsafeBytes { row.update($0) }
        let prefix =
            BackupFolders.incompletePrefix + "drill-" + String(UInt64(truncatingIfNeeded: row.value), radix: 36)
        guard let configured = tools.configuration.scratchDirectory else {
            return ScratchPlace(folder: root, prefix: prefix)
        }
        let folder = try await tools.blocking { () throws(ManagedServerError) in
            guard let resolved = realpath(configured, nil) else {
                throw ServerFiles.failure("find the path of the drill's scratch folder", configured)
            }
            defer { free(resolved) }
            return String(cString: resolved)
        }
        return ScratchPlace(folder: folder, prefix: prefix)
    }
}
