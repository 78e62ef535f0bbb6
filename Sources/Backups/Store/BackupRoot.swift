import Glibc
import ProcessSupervision

/// The folder of all backups: made, and kept closed to others. Backups hold everything that agents remember.
enum BackupRoot {
    /// Makes the folder and those in it, if absent, and returns its true path. Blocks.
    ///
    /// A wider mode is narrowed: others may pass through the folder at most, as the scratch server's user must.
    ///
    /// - Throws: for a folder that is another user's, or that other users could write into: what lies in it may be theirs.
    static func open(_ directory: String) throws(ManagedServerError) -> String {
        guard directory.hasPrefix("/") else {
            throw ManagedServerError(.fileFailure, "the folder of backups must be an absolute path, not '\(directory)'")
        }
        _ = try ServerFiles.makeDirectory(directory, mode: 0o711)
        guard let resolved = realpath(directory, nil) else { throw ServerFiles.failure("find the path of", directory) }
        defer { free(resolved) }
        let root = String(cString: resolved)
        try restrict(root, to: 0o711)
        let folders = BackupFolders(root: root)
        for folder in BackupKind.allCases.map({ folders.all($0) }) + [folders.wal] {
            _ = try ServerFiles.makeDirectory(folder, mode: 0o700)
            try restrict(folder, to: 0o700)
        }
        return root
    }

    private static func restrict(_ folder: String, to mode: UInt32) throws(ManagedServerError) {
        guard let kind = try ServerFiles.kind(of: folder), kind.isDirectory else {
            throw ManagedServerError(.foreignFolder, "\(folder) is not a folder")
        }
        guard kind.owner == geteuid() else {
            throw ManagedServerError(
                .foreignFolder,
                "\(folder) belongs to user id \(kind.owner), not to the daemon's, \(geteuid()). Choose another folder, or "
                    + "give it to the daemon's user (chown -R).")
        }
        guard kind.mode & 0o022 == 0 else {
            throw ManagedServerError(
                .foreignFolder,
                "other users can write into \(folder) (mode \(String(kind.mode, radix: 8))), and so put in a backup that "
                    + "is not one. Look at what is in it, then take the right away (chmod go-w \(folder)).")
        }
        guard kind.mode & ~mode == 0 || chmod(folder, kind.mode & mode) == 0 else {
            throw ServerFiles.failure("close to others", folder)
        }
    }
}
