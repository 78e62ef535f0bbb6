import Glibc
import ProcessSupervision

/// Reading and writing of small regular files. All of it blocks.
enum RegularFile {
    /// The file's bytes; nil when nothing is there.
    ///
    /// Opened without waiting and without following a link, and looked at before it is read: a fifo, a device or a
    /// symbolic link in its place is an error, not a hang.
    ///
    /// - Throws: also when it has more than `limit` bytes.
    static func bytes(of path: String, limit: Int) throws(ManagedServerError) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw ServerFiles.failure("open", path)
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw ServerFiles.failure("look at", path) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw ManagedServerError(.fileFailure, "\(path) is not a regular file")
        }
        guard status.st_size <= limit else {
            throw ManagedServerError(
                .fileFailure, "\(path) has \(status.st_size) bytes, more than the \(limit) it may have")
        }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count <= limit {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count == 0 { return bytes }
            if count < 0 {
                if errno == EINTR { continue }
                throw ServerFiles.failure("read", path)
            }
            bytes += buffer[..<count]
        }
        throw ManagedServerError(.fileFailure, "\(path) grew beyond \(limit) bytes while it was read")
    }

    /// Writes a new file, closed to others. Not synced: see ``FolderTree/synchronize(_:)``.
    ///
    /// - Throws: also when something is there already.
    static func write(_ bytes: [UInt8], to path: String) throws(ManagedServerError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw ServerFiles.failure("create", path) }
        defer { close(descriptor) }
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw ServerFiles.failure("write", path) }
            written += count
        }
        guard fchmod(descriptor, 0o600) == 0 else { throw ServerFiles.failure("close to others", path) }
    }

    /// Flushes a file, or a folder's entries, to disk.
    static func synchronize(_ path: String) throws(ManagedServerError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { throw ServerFiles.failure("open", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw ServerFiles.failure("sync", path) }
    }
}
