import Glibc
import ProcessSupervision

/// What tells a process of a PostgreSQL server on a certain cluster. All of it blocks.
extension RunningProcess {
    /// Whether it is a process of a server on this cluster: named so, and at home in the folder, which a server enters
    /// on its start and never leaves. A process whose home we may not see belongs to another user, and so is none.
    func isServer(of cluster: String) -> Bool {
        Self.isServer(pid: pid, of: cluster)
    }

    /// Whether it is that server's first process, the postmaster: the others rename themselves to "postgres: …".
    func isPostmaster(of cluster: String) -> Bool {
        guard isServer(of: cluster), let text = Self.commandLine(of: pid) else { return false }
        return !text.hasPrefix("postgres: ") && !hasEnded
    }

    /// The pids of all processes of servers on this cluster.
    static func serverPIDs(of cluster: String) throws(ManagedPostgresError) -> [Int32] {
        try pids().filter { isServer(pid: $0, of: cluster) }
    }

    private static func isServer(pid: Int32, of cluster: String) -> Bool {
        guard let name = programName(of: pid), name == "postgres" || name == "postmaster" else { return false }
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = buffer.withUnsafeMutableBytes { bytes -> Int in
            guard let base = bytes.bindMemory(to: CChar.self).baseAddress else { return -1 }
            return readlink("/proc/\(pid)/cwd", base, bytes.count)
        }
        return count > 0 && Array(buffer[..<count]) == Array(cluster.utf8)
    }
}
