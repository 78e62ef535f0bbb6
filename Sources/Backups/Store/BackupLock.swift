import Glibc
import ProcessSupervision
import Synchronization

/// Holds `lock` in the folder of backups, so that no two runs are ever at work in it, of one daemon or of two. The kernel
/// drops the lock when the daemon dies, however it dies, so a stale file means nothing.
final class BackupLock: Sendable {
    private let held: Mutex<Int32?>

    /// Takes the lock, trying for at most ``BackupLimits/lockPatience``. Blocks.
    ///
    /// - Throws: `.locked` when another run holds it.
    init(path: String) throws(ManagedServerError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw ServerFiles.failure("open the lock", path) }
        let deadline = ContinuousClock.now + BackupLimits.lockPatience
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR, ContinuousClock.now < deadline else {
                let reason = errno
                close(descriptor)
                errno = reason
                if reason == EWOULDBLOCK { throw Self.contention(path) }
                throw ServerFiles.failure("lock", path)
            }
            usleep(20_000)
        }
        held = Mutex(descriptor)
        let note = Array("\(getpid())\n".utf8)
        // Only for messages: that it can't be written (a full disk) is no reason not to go on.
        _ = ftruncate(descriptor, 0)
        _ = note.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    }

    deinit {
        release()
    }

    /// Gives the lock back; doing it again does nothing.
    func release() {
        held.withLock { descriptor in
            if let descriptor {
                // Not left to the close: a program just being started has the descriptor too until it is executed.
                _ = flock(descriptor, LOCK_UN)
                close(descriptor)
            }
            descriptor = nil
        }
    }

    private static func contention(_ path: String) -> ManagedServerError {
        let text = (try? ServerFiles.text(of: path, limit: 32)) ?? nil
        let holder = text.flatMap { Int32($0.prefix { $0.isASCII && $0.isNumber }) }.map { "process \($0)" }
        return ManagedServerError(
            .locked, "a backup or a drill is in progress already: \(holder ?? "another process") holds \(path)")
    }
}
