import Glibc
import MonotonicClock
import Synchronization

/// Holds a file locked, so that no two programs are at work in its folder. The kernel drops the lock when the program dies,
/// however it dies, so a file that is left behind means nothing.
package final class FileLock: Sendable {
    private let held: Mutex<Int32?>

    /// How long a lock that is held is tried for: a daemon that was killed while it started a program leaves the lock to
    /// that program for the moment until it is executed.
    private static let patience = Duration.milliseconds(500)
    private static let pauseMicroseconds: UInt32 = 20_000

    /// Takes the lock. Blocks, for half a second at most. The file is closed to others (0600): whoever can open a file can
    /// also lock it.
    ///
    /// - Parameter contention: the message when another one holds it, who is named as `process 12` if it can be told.
    /// - Throws: `.locked` when another one holds it, `.fileFailure` when the file can't be used.
    package init(path: String, contention: (_ holder: String) -> String) throws(ManagedServerError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw ServerFiles.failure("open the lock", path) }
        let deadline = MonotonicInstant.now + Self.patience
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            let reason = errno
            guard reason == EWOULDBLOCK || reason == EINTR, MonotonicInstant.now < deadline else {
                close(descriptor)
                errno = reason
                guard reason == EWOULDBLOCK else { throw ServerFiles.failure("lock", path) }
                throw ManagedServerError(.locked, contention(Self.holder(of: path)))
            }
            usleep(Self.pauseMicroseconds)
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
    package func release() {
        held.withLock { descriptor in
            if let descriptor {
                // Not left to the close: a program just being started has the descriptor too until it is executed, and the
                // lock would stay for that moment.
                _ = flock(descriptor, LOCK_UN)
                close(descriptor)
            }
            descriptor = nil
        }
    }

    private static func holder(of path: String) -> String {
        let text = (try? ServerFiles.text(of: path, limit: 32)) ?? nil
        let pid = text.flatMap { Int32($0.prefix { $0.isASCII && $0.isNumber }) }
        return pid.map { "process \($0)" } ?? "another process"
    }
}
