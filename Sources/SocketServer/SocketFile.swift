import Glibc

/// The socket's file: made with the right permissions from its first moment, never taken from a daemon that lives.
///
/// A lock file beside it (`PATH.lock`) is held for as long as the daemon runs, so that of two daemons started at once only
/// one gets the socket, and a stale socket file can be replaced safely.
final class SocketFile: Sendable {
    let path: String

    /// The listening socket. The caller closes it.
    let descriptor: Int32

    /// Held for a file of our own; nil for one that the service manager made and keeps.
    private let own: (lock: Int32, identity: Identity)?

    private struct Identity: Equatable {
        let device: UInt64
        let inode: UInt64
    }

    /// Binds and listens at `path`. Throws when another daemon has it, or when something else stands there.
    init(path: String, mode: UInt32, group: UInt32?) throws(SocketError) {
        self.path = path
        // Clients have to be able to name it.
        _ = try Self.withAddress(path) { _, _ in true }
        let lock = try Self.acquireLock(path: path + ".lock")
        do throws(SocketError) {
            try Self.requireFree(path)
            // Bound under another name and renamed, it never stands at its path with permissions that are too wide.
            let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "./"
            let temporary = "\(folder).brain-\(getpid()).sock"
            descriptor = try Self.bind(temporary, in: folder)
            do throws(SocketError) {
                try Self.publish(temporary, as: path, mode: mode, group: group)
                own = (lock, try Self.identity(of: path))
            } catch {
                unlink(temporary)
                close(descriptor)
                throw error
            }
        } catch {
            close(lock)
            throw error
        }
    }

    /// Takes over a socket that listens at `path` already. Its file and its lifetime are the service manager's: it is there
    /// before this process and after it, so there is nothing to lock and nothing to remove, and connections wait at it.
    init(adopting descriptor: Int32, path: String) {
        self.path = path
        self.descriptor = descriptor
        own = nil
    }

    deinit {
        if let own { close(own.lock) }
    }

    /// Removes the file, unless another one stands in its place, or it is not ours.
    func remove() {
        if let own, (try? Self.identity(of: path)) == own.identity { unlink(path) }
    }

    private static func acquireLock(path: String) throws(SocketError) -> Int32 {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw SocketError("cannot open \(path)", errno: errno) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            close(descriptor)
            guard code == EWOULDBLOCK else { throw SocketError("cannot lock \(path)", errno: code) }
            throw SocketError("another brain-memoryd listens at \(path.dropLast(5)): it holds \(path)")
        }
        return descriptor
    }

    /// Throws unless `path` is free or holds a socket that nobody listens at.
    private static func requireFree(_ path: String) throws(SocketError) {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            if errno == ENOENT { return }
            throw SocketError("cannot look at \(path)", errno: errno)
        }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw SocketError("\(path) is there and is not a socket; move it away, or choose another socket.path")
        }
        let probe = try socket()
        defer { close(probe) }
        let isLive = try withAddress(path) { connect(probe, $0, $1) == 0 || errno == EAGAIN }
        if isLive { throw SocketError("another process listens at \(path); stop it, or choose another socket.path") }
    }

    /// O_PATH of open(2), which Glibc's module lacks: the folder need not be readable.
    private static let pathOnly: Int32 = 0o10_000_000

    /// Makes a socket bound at `path`, a file of `folder`.
    ///
    /// Only a socket's address is limited to 107 bytes, not a file's path: the address goes by way of the open folder, so
    /// that the temporary name may be longer than the final one.
    private static func bind(_ path: String, in folder: String) throws(SocketError) -> Int32 {
        let directory = open(folder, pathOnly | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw SocketError("cannot enter \(folder)", errno: errno) }
        defer { close(directory) }
        let descriptor = try socket()
        unlink(path)
        let address = "/proc/self/fd/\(directory)/\(path.dropFirst(folder.utf8.count))"
        guard try withAddress(address, { Glibc.bind(descriptor, $0, $1) == 0 }) else {
            let code = errno
            close(descriptor)
            throw SocketError("cannot bind \(path)", errno: code)
        }
        return descriptor
    }

    private static func publish(_ temporary: String, as path: String, mode: UInt32, group: UInt32?) throws(SocketError)
    {
        if let group, chown(temporary, uid_t.max, group) != 0 {
            throw SocketError("cannot give \(path) to group \(group) (socket.group)", errno: errno)
        }
        guard chmod(temporary, mode) == 0 else {
            throw SocketError("cannot set the mode of \(path) to \(String(mode, radix: 8)) (socket.mode)", errno: errno)
        }
        guard rename(temporary, path) == 0 else { throw SocketError("cannot make \(path)", errno: errno) }
    }

    /// Accepts from now on: until then connecting is refused.
    func startListening() throws(SocketError) {
        guard own != nil else { return }
        guard Glibc.listen(descriptor, ServerLimits.backlog) == 0 else {
            throw SocketError("cannot listen at \(path)", errno: errno)
        }
    }

    private static func identity(of path: String) throws(SocketError) -> Identity {
        var status = stat()
        guard lstat(path, &status) == 0 else { throw SocketError("cannot look at \(path)", errno: errno) }
        return Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    }

    private static func socket() throws(SocketError) -> Int32 {
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = Glibc.socket(AF_UNIX, type, 0)
        guard descriptor >= 0 else { throw SocketError("cannot make a socket", errno: errno) }
        return descriptor
    }

    private static func withAddress(
        _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Bool
    ) throws(SocketError) -> Bool {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let capacity = MemoryLayout.size(ofValue: address.sun_path)
        let bytes = Array(path.utf8)
        guard bytes.count < capacity else {
            throw SocketError("the socket path may have at most \(capacity - 1) bytes, got \(bytes.count): \(path)")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
