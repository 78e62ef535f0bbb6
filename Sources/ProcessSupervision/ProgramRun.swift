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
        let notes = Notes()
        return try await withThrowingTaskGroup(of: ChildExit?.self) { group in
            group.addTask {
                try await child.run(
                    command, maximumLineBytes: 8192, onLaunch: { _ in },
                    onLine: { line in notes.tail.withLock { $0.append(line) } })
            }
            group.addTask {
                // Cancelled, and so ended early, when the program was faster.
                guard (try? await Task.sleep(for: bound)) != nil else { return nil }
                notes.isTimedOut.withLock { $0 = true }
                _ = child.send(signal: SIGKILL, toGroup: true)
                return nil
            }
            var exit: ChildExit?
            while exit == nil, let next = try await group.next() {
                exit = next
            }
            group.cancelAll()
            return ProgramRun(
                exit: exit ?? .signaled(SIGKILL), lines: notes.tail.withLock { $0.lines },
                isTimedOut: notes.isTimedOut.withLock { $0 })
        }
    }

    /// What the two tasks of a run write down.
    private final class Notes: Sendable {
        let tail = Mutex(LogTail(capacity: maximumLines))
        let isTimedOut = Mutex(false)
    }
}
