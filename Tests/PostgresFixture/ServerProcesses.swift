import Foundation

/// The processes of one server: the postmaster and its children.
struct ServerProcesses: Sendable {
    let postmaster: pid_t

    /// The postmaster's children as of now.
    var children: [pid_t] {
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return entries.compactMap(pid_t.init).filter { Self.stat(of: $0)?.parent == postmaster }
    }

    /// Stops all of them. A stopped postmaster starts no child, so after one look more there is none left running.
    func stop() {
        Glibc.kill(postmaster, SIGSTOP)
        for _ in 0..<2 {
            for child in children { Glibc.kill(child, SIGSTOP) }
        }
    }

    /// Lets all of them go on.
    func resume() {
        for child in children { Glibc.kill(child, SIGCONT) }
        Glibc.kill(postmaster, SIGCONT)
    }

    /// Kills all of them at once, and blocks until they are gone.
    func kill() -> Bool {
        stop()
        let all = children + [postmaster]
        for process in all { Glibc.kill(process, SIGKILL) }
        return BlockingWork.poll(within: .seconds(10)) { isGone && all.allSatisfy(Self.isDead) }
    }

    /// Whether the postmaster has left the process table. A zombie has not: a new postmaster would mind it.
    var isGone: Bool { Self.stat(of: postmaster) == nil }

    /// Whether a process has ended; orphans may stay as zombies where nothing reaps them.
    private static func isDead(_ process: pid_t) -> Bool {
        guard let stat = stat(of: process) else { return true }
        return stat.state == "Z" || stat.state == "X"
    }

    /// Source: proc(5), `/proc/[pid]/stat`. The name in parentheses may hold anything.
    private static func stat(of process: pid_t) -> (state: Substring, parent: pid_t)? {
        guard let data = FileManager.default.contents(atPath: "/proc/\(process)/stat") else { return nil }
        let text = String(decoding: data, as: UTF8.self)
        guard let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 2, let parent = pid_t(fields[1]) else { return nil }
        return (fields[0], parent)
    }
}
