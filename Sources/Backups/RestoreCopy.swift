import CPlatform
import Glibc
import ProcessSupervision
import Synchronization

/// Copies files into a cluster that is being built. The kernel copies, or where the filesystem can shares, the bytes.
final class RestoreCopy: Sendable {
    private let owner: ProcessIdentity
    private let copied = Atomic<Int64>(0)

    /// - Parameter owner: whom the copies belong to.
    init(owner: ProcessIdentity) {
        self.owner = owner
    }

    /// Bytes copied so far.
    var bytes: Int64 { copied.load(ordering: .relaxed) }

    /// How deep a cluster's folders can be.
    private static let maximumDepth = 8
    /// How many bytes the kernel is asked to copy at once.
    private static let chunk = 8 << 20

    /// Copies what is in the folder `source` into the folder `target`, which is there. Blocks.
    ///
    /// - Throws: also for what is neither file nor folder: a tablespace elsewhere, which a base backup of this daemon does
    ///   not have.
    func folder(_ source: String, into target: String, depth: Int = 0) throws(ManagedServerError) {
        for name in try ServerFiles.names(in: source) {
            let (from, to) = (source + "/" + name, target + "/" + name)
            var status = stat()
            guard lstat(from, &status) == 0 else { throw ServerFiles.failure("look at", from) }
            switch status.st_mode & S_IFMT {
            case S_IFREG:
                try file(from, to: to)
            case S_IFDIR where depth < Self.maximumDepth:
                try makeFolder(to)
                try folder(from, into: to, depth: depth + 1)
            default:
                throw ManagedServerError(
                    .fileFailure,
                    "\(from) is neither a file nor a folder, so it can't be a part of a cluster to restore")
            }
        }
    }

    /// Makes a folder if it is not there. Blocks.
    func makeFolder(_ path: String) throws(ManagedServerError) {
        _ = try ServerFiles.makeDirectory(path, mode: 0o700, owner: owner)
    }

    /// Copies one file, over one that may be there. Blocks.
    func file(_ source: String, to target: String) throws(ManagedServerError) {
        try ServerFiles.remove(target)
        let input = open(source, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard input >= 0 else { throw ServerFiles.failure("open", source) }
        defer { close(input) }
        let output = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard output >= 0 else { throw ServerFiles.failure("create", target) }
        defer { close(output) }
        while true {
            let count = brain_copy_range(input, output, Self.chunk)
            if count == 0 { break }
            if count < 0 {
                let reason = Int32(-count)
                if reason == EINTR { continue }
                guard [EXDEV, EINVAL, EOPNOTSUPP, ENOSYS].contains(reason) else {
                    errno = reason
                    throw ServerFiles.failure("copy \(source) to", target)
                }
                try readAndWrite(input, output, target)
                break
            }
            copied.add(Int64(count), ordering: .relaxed)
        }
        if owner.isSwitch, fchown(output, owner.userID, owner.groupID) != 0 {
            throw ServerFiles.failure("give to user '\(owner.userName)'", target)
        }
    }

    /// Puts a file on disk. Blocks.
    func synchronize(_ path: String) throws(ManagedServerError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw ServerFiles.failure("open", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw ServerFiles.failure("sync", path) }
    }

    /// For filesystems between which the kernel can't copy. Goes on from where the files are.
    private func readAndWrite(_ input: Int32, _ output: Int32, _ target: String) throws(ManagedServerError) {
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = read(input, &buffer, buffer.count)
            if count == 0 { return }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw ServerFiles.failure("read the source of", target) }
            var done = 0
            while done < count {
                let written = buffer.withUnsafeBytes { write(output, $0.baseAddress?.advanced(by: done), count - done) }
                if written < 0 && errno == EINTR { continue }
                guard written > 0 else { throw ServerFiles.failure("write", target) }
                done += written
            }
            copied.add(Int64(count), ordering: .relaxed)
        }
    }

    /// Bytes of all files in a folder and those below. Blocks.
    static func size(of folder: String, depth: Int = 0) throws(ManagedServerError) -> Int64 {
        var sum: Int64 = 0
        for name in try ServerFiles.names(in: folder) {
            var status = stat()
            guard lstat(folder + "/" + name, &status) == 0 else { continue }
            if status.st_mode & S_IFMT == S_IFDIR, depth < maximumDepth {
                sum += try size(of: folder + "/" + name, depth: depth + 1)
            } else {
                sum += Int64(status.st_size)
            }
        }
        return sum
    }

    /// Bytes that are free in the filesystem of a folder. Blocks.
    static func freeBytes(in folder: String) throws(ManagedServerError) -> Int64 {
        var status = statvfs()
        guard statvfs(folder, &status) == 0 else { throw ServerFiles.failure("ask for the free space of", folder) }
        return Int64(clamping: UInt64(status.f_bavail) * UInt64(status.f_frsize))
    }
}
