import CPlatform
import Glibc

/// The few file operations of managed servers. All block: call them on a ``BlockingQueue``.
///
/// Root works in folders that the server's user owns, so nothing here follows a symbolic link at the last step of a
/// path, and files are replaced by renaming a fresh one over them.
package enum ServerFiles {
    /// What `lstat` says of a path.
    package struct Kind: Sendable {
        package var isDirectory: Bool
        package var owner: UInt32
        package var mode: UInt32
    }

    /// Describes the path itself, or nil when nothing is there.
    package static func kind(of path: String) throws(ManagedServerError) -> Kind? {
        var status = stat()
        if lstat(path, &status) == 0 {
            return Kind(
                isDirectory: status.st_mode & S_IFMT == S_IFDIR, owner: status.st_uid, mode: status.st_mode & 0o7777)
        }
        if errno == ENOENT { return nil }
        throw failure("look at", path)
    }

    /// Makes one folder with exactly this mode and owner. Returns false when something was there already.
    package static func makeDirectory(
        _ path: String, mode: UInt32, owner: ProcessIdentity? = nil
    ) throws(ManagedServerError) -> Bool {
        guard mkdir(path, 0o700) == 0 else {
            if errno == EEXIST { return false }
            throw failure("make the folder", path)
        }
        if let owner, owner.isSwitch, lchown(path, owner.userID, owner.groupID) != 0 {
            throw failure("give to user '\(owner.userName)' the folder", path)
        }
        // After mkdir, since the umask cuts what mkdir is given.
        guard chmod(path, mode) == 0 else { throw failure("set the mode of the folder", path) }
        return true
    }

    /// Makes the managed servers' folder DIR if it is absent, and returns its true path, without symbolic links.
    package static func openRoot(_ directory: String) throws(ManagedServerError) -> String {
        // Open to all, since the daemon's socket may lie in it; what is secret is in folders closed to others.
        _ = try makeDirectory(directory, mode: 0o755)
        guard let resolved = realpath(directory, nil) else { throw failure("find the path of", directory) }
        defer { free(resolved) }
        let root = String(cString: resolved)
        guard try kind(of: root)?.isDirectory == true else {
            throw ManagedServerError(.foreignFolder, "\(root) is not a folder")
        }
        return root
    }

    /// Removes a file if it is there.
    package static func remove(_ path: String) throws(ManagedServerError) {
        if unlink(path) != 0 && errno != ENOENT { throw failure("remove", path) }
    }

    /// The names in a folder, without "." and "..".
    package static func names(in path: String) throws(ManagedServerError) -> [String] {
        guard let stream = opendir(path) else { throw failure("list the folder", path) }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }

    /// The first `limit` bytes of a file as text, or nil when it is not there.
    package static func text(of path: String, limit: Int = 65536) throws(ManagedServerError) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw failure("open", path)
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while bytes.count < limit {
            let count = read(descriptor, &buffer, buffer.count)
            if count == 0 { break }
            if count < 0 {
                if errno == EINTR { continue }
                throw failure("read", path)
            }
            bytes += buffer[..<count]
        }
        return String(decoding: bytes.prefix(limit), as: UTF8.self)
    }

    /// Writes the file anew, durably: a fresh file, synced, renamed over the old one, and the folder synced.
    package static func replace(
        _ path: String, with text: String, mode: UInt32, owner: ProcessIdentity
    ) throws(ManagedServerError) {
        let fresh = path + ".new"
        try remove(fresh)
        let descriptor = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw failure("create", fresh) }
        defer { close(descriptor) }
        try writeAll(text, to: descriptor, path: fresh)
        if owner.isSwitch && fchown(descriptor, owner.userID, owner.groupID) != 0 { throw failure("give away", fresh) }
        guard fchmod(descriptor, mode) == 0, fsync(descriptor) == 0 else { throw failure("write", fresh) }
        try rename(fresh, to: path)
    }

    /// Renames, and syncs the folder that holds the new name.
    package static func rename(_ path: String, to newPath: String) throws(ManagedServerError) {
        guard Glibc.rename(path, newPath) == 0 else { throw failure("rename to \(newPath)", path) }
        let parent = String(newPath[..<(newPath.lastIndex(of: "/") ?? newPath.startIndex)])
        try synchronize(parent.isEmpty ? "/" : parent)
    }

    /// Gives each of two paths the other's file or folder in one step, and syncs the folder that holds the second. Returns
    /// false where the filesystem can't do that.
    package static func exchange(_ path: String, with other: String) throws(ManagedServerError) -> Bool {
        let result = brain_exchange_files(path, other)
        if result == EINVAL || result == ENOSYS { return false }
        guard result == 0 else {
            errno = result
            throw failure("exchange with \(other)", path)
        }
        let parent = String(other[..<(other.lastIndex(of: "/") ?? other.startIndex)])
        try synchronize(parent.isEmpty ? "/" : parent)
        return true
    }

    /// Flushes a folder's entries to disk.
    package static func synchronize(_ directory: String) throws(ManagedServerError) {
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open", directory) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("sync", directory) }
    }

    /// Writes all of `text`.
    package static func writeAll(_ text: String, to descriptor: Int32, path: String) throws(ManagedServerError) {
        var rest = ArraySlice(Array(text.utf8))
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw failure("write", path) }
            rest = rest.dropFirst(count)
        }
    }

    /// An error from `errno`: "can't open /x/y: Permission denied".
    package static func failure(_ verb: String, _ path: String) -> ManagedServerError {
        let reason = String(cString: strerror(errno))
        return ManagedServerError(.fileFailure, "can't \(verb) \(path): \(reason)")
    }
}
