import CPlatform
import Glibc

/// A process that is not our child, held by a pidfd: what is found out about it and what is sent to it concern the same
/// process, even when its pid is used again meanwhile.
package final class RunningProcess: Sendable {
    /// Its process id.
    package let pid: Int32
    private let descriptor: Int32

    /// Nil when there is no such process.
    package init?(pid: Int32) throws(ManagedServerError) {
        guard pid > 0 else { return nil }
        let result = brain_pidfd_open(pid)
        if result == -ESRCH || result == -EINVAL { return nil }
        guard result >= 0 else {
            throw ManagedServerError(
                .leftoverServer,
                "can't open a handle on process \(pid): \(String(cString: strerror(-result))) "
                    + "(needs Linux 5.3 or newer)"
            )
        }
        self.pid = pid
        descriptor = result
    }

    deinit {
        close(descriptor)
    }

    /// Whether it has ended.
    package var hasEnded: Bool { hasEnded(withinMilliseconds: 0) }

    /// Waits for its end, and returns whether it came. Blocks.
    package func hasEnded(withinMilliseconds bound: Int32) -> Bool {
        var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&request, 1, bound) == 1
    }

    /// Sends a signal; a process that has ended meanwhile is no error.
    package func send(signal: Int32) throws(ManagedServerError) {
        let result = brain_pidfd_send_signal(descriptor, signal)
        guard result == 0 || result == ESRCH else {
            throw ManagedServerError(
                .leftoverServer, "can't send signal \(signal) to process \(pid): \(String(cString: strerror(result)))")
        }
    }

    /// The pids of all processes. Blocks.
    package static func pids() throws(ManagedServerError) -> [Int32] {
        try ServerFiles.names(in: "/proc").compactMap { Int32($0) }
    }

    /// The first 15 bytes of its program's name (proc(5), `comm`), or nil when it is gone.
    package static func programName(of pid: Int32) -> String? {
        ((try? ServerFiles.text(of: "/proc/\(pid)/comm", limit: 64)) ?? nil).map { String($0.dropLast()) }
    }

    /// Its arguments, each ended by a NUL, or the title it has written over them; nil when it is gone.
    package static func commandLine(of pid: Int32) -> String? {
        (try? ServerFiles.text(of: "/proc/\(pid)/cmdline", limit: 4096)) ?? nil
    }
}
