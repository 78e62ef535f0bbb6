import Glibc
import Synchronization

/// A short-lived program run to its end, with its output kept: `initdb`, `pg_config` and the like.
package struct ProgramRun: Sendable {
    /// How it ended.
    package var exit: ChildExit
    /// Its last lines of standard output and error, oldest first.
    package var lines: [String]
    /// Whether it was killed because it took longer than its bound.
    package var isTimedOut: Bool

    /// The most lines kept of a program's output.
    package static let maximumLines = 200

    /// What went wrong, for a message: the status and the last lines.
    package var failure: String {
        let reason = isTimedOut ? "did not end in time and was killed" : "ended with \(exit)"
        let tail = lines.suffix(12).joined(separator: "\n")
        return tail.isEmpty ? reason : "\(reason):\n\(tail)"
    }

    /// Runs the command to its end; kills it and what it has started when it takes longer than `bound`, or when the
    /// task is cancelled.
    ///
    /// - Throws: what kept it from starting.
    package static func run(_ command: ChildCommand, bound: Duration) async throws -> ProgramRun {
        let child = ChildProcess()
        let tail = Mutex(LogTail(capacity: maximumLines))
        let end = try await child.bounded(by: bound) {
            try await child.run(
                command, maximumLineBytes: 8192, onLaunch: { _ in },
                onLine: { line in tail.withLock { $0.append(line) } })
        }
        return ProgramRun(exit: end.exit, lines: tail.withLock { $0.lines }, isTimedOut: end.isTimedOut)
    }
}
