import Glibc
import ProcessSupervision

/// All that lies in a folder, as lstat tells. All of it blocks.
struct FolderTree: Sendable {
    /// A regular file.
    struct File: Sendable, Equatable {
        /// Its path within the folder.
        var path: String
        var bytes: Int64
        /// What changes with whatever happens to the file: size, times of the last change of content and of anything (in
        /// nanoseconds), inode.
        var mark: [Int64]
    }

    /// The regular files, by the bytes of their paths.
    private(set) var files: [File] = []
    /// All folders but the one itself, in the same order.
    private(set) var folders: [String] = []
    /// The folders that hold nothing.
    private(set) var emptyFolders: [String] = []
    /// What is neither a file nor a folder, in words.
    private(set) var oddities: [String] = []

    /// Looks at everything in `root`, without following links.
    ///
    /// - Throws: when a folder can't be read, or there is more than ``BackupLimits`` allows.
    init(_ root: String) throws(ManagedServerError) {
        try visit(root, "", depth: 0)
        files.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        folders.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        emptyFolders.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Bytes of all files.
    var bytes: Int64 { files.reduce(0) { $0 + $1.bytes } }

    /// The latest change of any file, in nanoseconds since 1970.
    var lastChange: Int64 { files.lazy.map { $0.mark[2] }.max() ?? 0 }

    /// Tells this state of the files from any other.
    var fingerprint: ContentDigest {
        var digest = ContentDigest()
        for file in files {
            var row = RowHash()
            let path = Array(file.path.utf8)
            path.withUnsafeBytes { row.update($0) }
            file.mark.withUnsafeBytes { row.update($0) }
            digest.add(row)
        }
        return digest
    }

    /// Flushes every file and folder of `root` to disk, the folder itself last.
    func synchronize(_ root: String) throws(ManagedServerError) {
        for file in files { try RegularFile.synchronize(root + "/" + file.path) }
        for folder in folders.reversed() { try RegularFile.synchronize(root + "/" + folder) }
        try RegularFile.synchronize(root)
    }

    private mutating func visit(_ root: String, _ prefix: String, depth: Int) throws(ManagedServerError) {
        guard depth <= BackupLimits.depth else {
            throw ManagedServerError(
                .fileFailure, "\(root)/\(prefix) is nested deeper than \(BackupLimits.depth) folders")
        }
        let folder = prefix.isEmpty ? root : root + "/" + prefix
        let names = try ServerFiles.names(in: folder)
        if names.isEmpty, !prefix.isEmpty { emptyFolders.append(prefix) }
        for name in names {
            let path = prefix.isEmpty ? name : prefix + "/" + name
            var status = stat()
            guard lstat(root + "/" + path, &status) == 0 else {
                throw ServerFiles.failure("look at", root + "/" + path)
            }
            guard files.count + folders.count < BackupLimits.entries else {
                throw ManagedServerError(.fileFailure, "\(root) holds over \(BackupLimits.entries) files")
            }
            switch status.st_mode & S_IFMT {
            case S_IFREG:
                files.append(File(path: path, bytes: Int64(status.st_size), mark: Self.mark(status)))
            case S_IFDIR:
                folders.append(path)
                try visit(root, path, depth: depth + 1)
            case S_IFLNK: oddities.append("\(path) is a symbolic link")
            default: oddities.append("\(path) is neither a file nor a folder")
            }
        }
    }

    private static func mark(_ status: stat) -> [Int64] {
        [
            Int64(status.st_size), nanoseconds(status.st_mtim), nanoseconds(status.st_ctim),
            Int64(truncatingIfNeeded: status.st_ino),
        ]
    }

    private static func nanoseconds(_ time: timespec) -> Int64 {
        Int64(time.tv_sec).multipliedReportingOverflow(by: 1_000_000_000).partialValue &+ Int64(time.tv_nsec)
    }
}
