import Glibc
import ProcessSupervision
import Synchronization

/// Holds `DIR/lock`, so that two daemons never manage one cluster. The kernel drops the lock when the daemon dies,
/// however it dies, so a stale file means nothing.
final class ClusterLock: Sendable {
    private let held: Mutex<Int32?>

    /// Takes the lock at once or not at all.
    ///
    /// The file is closed to others (0600): whoever can open a file can also lock it.
    init(path: String) throws(ManagedPostgresError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw ServerFiles.failure("open the lock", path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let reason = errno
            close(descriptor)
            guard reason == EWOULDBLOCK else {
                errno = reason
                throw ServerFiles.failure("lock", path)
            }
            throw Self.contention(path)
        }
        do throws(ManagedPostgresError) {
            guard ftruncate(descriptor, 0) == 0 else { throw ServerFiles.failure("empty", path) }
            try ServerFiles.writeAll("\(getpid())\n", to: descriptor, path: path)
        } catch {
            close(descriptor)
            throw error
        }
        held = Mutex(descriptor)
    }

    /// Takes the lock. A daemon that was killed while it started a program leaves the lock to that program for the
    /// moment until it is executed, so a lock that is held is tried again for half a second.
    static func take(_ path: String, queue: BlockingQueue) async throws(ManagedPostgresError) -> ClusterLock {
        let attempts = 10
        for _ in 1..<attempts {
            do throws(ManagedPostgresError) {
                return try await queue.run { () throws(ManagedPostgresError) in try ClusterLock(path: path) }
            } catch {
                guard error.kind == .locked, (try? await Task.sleep(for: .milliseconds(50))) != nil else { throw error }
            }
        }
        return try await queue.run { () throws(ManagedPostgresError) in try ClusterLock(path: path) }
    }

    deinit {
        release()
    }

    /// Gives the lock back; doing it again does nothing.
    func release() {
        held.withLock { descriptor in
            if let descriptor {
                // Not left to the close: a program just being started has the descriptor too until it is executed, and
                // the lock would stay for that moment.
                _ = flock(descriptor, LOCK_UN)
                close(descriptor)
            }
            descriptor = nil
        }
    }

    private static func contention(_ path: String) -> ManagedPostgresError {
        let text = (try? ServerFiles.text(of: path, limit: 32)) ?? nil
        let holder = text.flatMap { Int32($0.prefix { $0.isASCII && $0.isNumber }) }.map { "process \($0)" }
        return ManagedPostgresError(
            .locked,
            "\(path) is locked by \(holder ?? "another process"): another brain-memoryd manages this folder. "
                + "Stop it, or give this one a folder of its own with --managed.")
    }
}
