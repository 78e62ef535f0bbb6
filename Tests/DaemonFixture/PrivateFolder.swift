import Foundation
import Synchronization

/// A folder under /tmp for one test's processes and sockets. When it is removed, and at the latest when the test process
/// is gone, every process that belongs to it is killed: one whose command line names it or that works in it.
public final class PrivateFolder: Sendable {
    /// Its path: short, since a Unix socket's may have 107 bytes, and without symbolic links.
    public let path: String

    /// Makes a folder that everybody may enter (mode 0755).
    public init() throws {
        let undertaker = try Undertaker.shared.get()
        var template = Array("/tmp/brain-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw TestFailure("cannot make a folder under /tmp") }
        path = template.withUnsafeBufferPointer { String(decoding: $0.dropLast().map(UInt8.init), as: UTF8.self) }
        guard chmod(path, 0o755) == 0 else { throw TestFailure("cannot open \(path) to all") }
        try undertaker.watch(path)
    }

    /// The path of a file in it.
    public func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Gives the folder to a user, by name.
    public func give(to user: String) throws {
        guard let entry = getpwnam(user) else { throw TestFailure("there is no user \(user)") }
        guard chown(path, entry.pointee.pw_uid, entry.pointee.pw_gid) == 0 else {
            throw TestFailure("cannot give \(path) to \(user)")
        }
    }

    /// The processes that belong to it: their working directory is in it, or their command line names it.
    public func processes() -> [pid_t] {
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return entries.compactMap(pid_t.init).filter { pid in
            guard pid != getpid() else { return false }
            let folder = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/cwd")) ?? ""
            if folder == path || folder.hasPrefix(path + "/") { return true }
            let command = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") ?? Data()
            return String(decoding: command, as: UTF8.self).contains(path)
        }
    }

    /// Kills what belongs to it and removes it. Blocks.
    public func remove() throws {
        let isEmpty = OwnThread.poll(within: .seconds(10)) {
            let rest = processes()
            for pid in rest { kill(pid, SIGKILL) }
            return rest.isEmpty
        }
        guard isEmpty else { throw TestFailure("processes of \(path) survived SIGKILL") }
        if FileManager.default.fileExists(atPath: path) { try FileManager.default.removeItem(atPath: path) }
    }
}

/// A shell that outlives the test process by a moment and clears what that has left, however it ended.
private final class Undertaker: Sendable {
    static let shared: Result<Undertaker, any Error> = Result { try Undertaker() }

    /// Reads the folders, one a line, until the test process is gone; then does what `PrivateFolder.remove` does.
    private static let script = #"""
        trap '' INT TERM HUP
        folders=
        while read -r folder; do folders="$folders $folder"; done
        for folder in $folders; do
            for round in 1 2 3; do
                for process in /proc/[0-9]*; do
                    case "$(readlink "$process/cwd" 2>/dev/null)/" in "$folder"/*) belongs=1 ;; *) belongs= ;; esac
                    [ -n "$belongs" ] || { grep -aqF "$folder" "$process/cmdline"; } 2>/dev/null || continue
                    [ "${process#/proc/}" = $$ ] || kill -KILL "${process#/proc/}" 2>/dev/null
                done
            done
            rm -rf "$folder"
        done
        """#

    private let process: ChildProcess
    private let pipe: Mutex<CInt>

    private init() throws {
        var ends: [CInt] = [-1, -1]
        guard Glibc.pipe(&ends) == 0 else { throw TestFailure("no pipe") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        process = try ChildProcess(
            ["/bin/sh", "-c", Self.script], environment: ["PATH": "/usr/bin:/bin"], input: ends[0])
        close(ends[0])
        pipe = Mutex(ends[1])
        atexit { try? Undertaker.shared.get().finish() }
    }

    func watch(_ path: String) throws {
        let line = Array("\(path)\n".utf8)
        let count = pipe.withLock { write($0, line, line.count) }
        guard count == line.count else { throw TestFailure("the shell that clears up is gone") }
    }

    private func finish() {
        pipe.withLock { pipe in
            close(pipe)
            pipe = -1
        }
        _ = OwnThread.poll(within: .seconds(10)) { process.exit.current != nil }
    }
}
