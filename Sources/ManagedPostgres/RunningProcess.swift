import CPlatform
import Glibc

/// A process that is not our child, held by a pidfd: what is found out about it and what is sent to it concern the same
/// process, even when its pid is used again meanwhile.
final class RunningProcess: Sendable {
    let pid: Int32
    private let descriptor: Int32

    /// Nil when there is no such process.
    init?(pid: Int32) throws(ManagedPostgresError) {
        guard pid > 0 else { return nil }
        let result = brain_pidfd_open(pid)
        if result == -ESRCH || result == -EINVAL { return nil }
        guard result >= 0 else {
            throw ManagedPostgresError(
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
    var hasEnded: Bool {
        var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&request, 1, 0) == 1
    }

    /// Sends a signal; a process that has ended meanwhile is no error.
    func send(signal: Int32) throws(ManagedPostgresError) {
        let result = brain_pidfd_send_signal(descriptor, signal)
        guard result == 0 || result == ESRCH else {
            throw ManagedPostgresError(
                .leftoverServer, "can't send signal \(signal) to process \(pid): \(String(cString: strerror(result)))")
        }
    }

    /// Whether it is a process of a server on this cluster: named so, and at home in the folder, which a server enters
    /// on its start and never leaves. A process whose home we may not see belongs to another user, and so is none.
    func isServer(of cluster: String) -> Bool {
        Self.isServer(pid: pid, of: cluster)
    }

    /// Whether it is that server's first process, the postmaster: the others rename themselves to "postgres: …".
    func isPostmaster(of cluster: String) -> Bool {
        guard isServer(of: cluster), let text = (try? ServerFiles.text(of: "/proc/\(pid)/cmdline", limit: 4096)) ?? nil
        else {
            return false
        }
        return !text.hasPrefix("postgres: ") && !hasEnded
    }

    /// The pids of all processes of servers on this cluster. Blocks.
    static func serverPIDs(of cluster: String) throws(ManagedPostgresError) -> [Int32] {
        try ServerFiles.names(in: "/proc").compactMap { Int32($0) }.filter { isServer(pid: $0, of: cluster) }
    }

    private static func isServer(pid: Int32, of cluster: String) -> Bool {
        guard let name = (try? ServerFiles.text(of: "/proc/\(pid)/comm", limit: 64)) ?? nil,
            name == "postgres\n" || name == "postmaster\n"
        else { return false }
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = buffer.withUnsafeMutableBytes { bytes -> Int in
            guard let base = bytes.bindMemory(to: CChar.self).baseAddress else { return -1 }
            return readlink("/proc/\(pid)/cwd", base, bytes.count)
        }
        return count > 0 && Array(buffer[..<count]) == Array(cluster.utf8)
    }
}
