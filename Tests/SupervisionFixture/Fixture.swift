import Glibc
import ProcessSupervision

/// A folder under /tmp that the servers' user can reach, removed with all it holds at the end.
package struct Fixture: Sendable {
    /// The folder.
    package let folder: String
    /// Who runs the servers.
    package let identity: ProcessIdentity
    /// What the servers log.
    package let log = LogRecorder()
    /// Where tests may block.
    package let queue = BlockingQueue(label: "test")

    /// DIR of the managed servers.
    package var directory: String { folder + "/brain" }

    /// Runs `body` with a fresh folder.
    package static func use(_ body: (Fixture) async throws -> Void) async throws {
        var template = Array("/tmp/managed-server-test-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { buffer -> String? in
            buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
        }
        guard let folder = made else { throw ServerFiles.failure("make a folder in", "/tmp") }
        chmod(folder, 0o755)
        let fixture = Fixture(folder: folder, identity: try ServerUser.resolve(configured: "postgres"))
        do {
            try await body(fixture)
        } catch {
            try await fixture.remove()
            throw error
        }
        try await fixture.remove()
    }

    private func remove() async throws {
        _ = try await run("/bin/rm", ["-rf", "--", folder], as: .me)
    }

    /// Who runs a program.
    package enum Who { case me, server }

    /// Runs a program as this process's user, or the server's.
    package func run(_ executable: String, _ arguments: [String], as who: Who = .server) async throws -> ProgramRun {
        var identity = identity
        if who == .me { identity.isSwitch = false }
        return try await ProgramRun.run(
            ChildCommand(executable: executable, arguments: arguments, identity: identity), bound: .seconds(30))
    }

    /// Runs a shell script as the server's user and returns its output.
    package func shell(_ script: String) async throws -> [String] {
        try await run("/bin/sh", ["-c", script]).lines
    }

    /// Whether something is there.
    package func exists(_ path: String) throws -> Bool { try ServerFiles.kind(of: path) != nil }

    /// Ended, though perhaps not reaped: its parent is PID 1 by then, not we.
    package func hasEnded(_ pid: Int32) throws -> Bool {
        try RunningProcess(pid: pid)?.hasEnded ?? true
    }

    /// The local addresses on which the process listens for TCP (proc(5): column 2; state 0A; inode in column 10).
    package func tcpListeners(of pid: Int32) throws -> [String] {
        var inodes: Set<String> = []
        for name in try ServerFiles.names(in: "/proc/\(pid)/fd") {
            var buffer = [CChar](repeating: 0, count: 256)
            if readlink("/proc/\(pid)/fd/\(name)", &buffer, 255) > 0 {
                inodes.insert(String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
            }
        }
        guard inodes.contains(where: { $0.hasPrefix("socket:") }) else {
            throw ManagedServerError(.misuse, "process \(pid) has no socket at all, so it is no server")
        }
        var addresses: [String] = []
        for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
            guard let text = (try? ServerFiles.text(of: table, limit: 1 << 20)) ?? nil else { continue }
            for line in text.split(separator: "\n") {
                let columns = line.split(separator: " ").map { String($0) }
                guard columns.count > 9, columns[3] == "0A" else { continue }
                if inodes.contains("socket:[\(columns[9])]") { addresses.append(columns[1]) }
            }
        }
        return addresses
    }
}
