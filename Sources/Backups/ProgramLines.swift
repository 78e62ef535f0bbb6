import Glibc
import ProcessSupervision
import Synchronization

/// A program whose every line is looked at as it comes: `pg_waldump` writes millions.
struct ProgramLines: Sendable {
    /// How it ended.
    var exit: ChildExit
    /// Its last lines, oldest first.
    var tail: [String]
    /// Whether it was killed because it took longer than its bound.
    var isTimedOut: Bool

    private static let tailLines = 12
    private static let maximumLineBytes = 2048

    /// Runs the command to its end; kills it when it takes longer than `bound`, or the task is cancelled. `onLine` is
    /// called with each line of its output and errors.
    ///
    /// - Throws: what kept it from starting.
    static func run(
        _ command: ChildCommand, bound: Duration, onLine: @escaping @Sendable (String) -> Void
    ) async throws -> ProgramLines {
        let child = ChildProcess()
        let tail = Mutex(LogTail(capacity: tailLines))
        let isTimedOut = Mutex(false)
        let timer = Task {
            guard (try? await Task.sleep(for: bound)) != nil else { return }
            isTimedOut.withLock { $0 = true }
            _ = child.send(signal: SIGKILL, toGroup: true)
        }
        defer { timer.cancel() }
        let exit = try await child.run(
            command, maximumLineBytes: maximumLineBytes, onLaunch: { _ in },
            onLine: { line in
                tail.withLock { $0.append(line) }
                onLine(line)
            })
        return ProgramLines(
            exit: exit, tail: tail.withLock { $0.lines }, isTimedOut: isTimedOut.withLock { $0 })
    }
}
