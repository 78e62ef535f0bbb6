import Synchronization

/// A program run to its end whose standard output is data, not lines: `psql` that copies a table, `pg_restore` that
/// decodes a dump.
package struct StreamRun: Sendable {
    /// How it ended.
    package var exit: ChildExit
    /// The last lines of its standard error, oldest first, at most ``ProgramRun/maximumLines``.
    package var errorLines: [String]
    /// Whether it was killed because it took longer than its bound.
    package var isTimedOut: Bool

    /// What went wrong, for a message: the status and the last lines.
    package var failure: String {
        ProgramRun(exit: exit, lines: errorLines, isTimedOut: isTimedOut).failure
    }

    /// Runs the command to its end; kills it and what it has started when it takes longer than `bound`, or when the
    /// task is cancelled.
    ///
    /// - Parameters:
    ///   - onLaunch: called with the pid once the program runs.
    ///   - onOutput: called with its standard output, piece by piece and in order, never twice at the same time. The
    ///     bytes are valid only inside the call.
    /// - Throws: what kept it from starting, or its output from being read to the end.
    package static func run(
        _ command: ChildCommand, bound: Duration, onLaunch: @escaping @Sendable (Int32) -> Void = { _ in },
        onOutput: @escaping @Sendable (UnsafeRawBufferPointer) -> Void
    ) async throws -> StreamRun {
        let child = ChildProcess()
        let tail = Mutex(LogTail(capacity: ProgramRun.maximumLines))
        let end = try await child.bounded(by: bound) {
            try await child.stream(
                command, maximumLineBytes: 8192, onLaunch: onLaunch, onOutput: onOutput,
                onErrorLine: { line in tail.withLock { $0.append(line) } })
        }
        return StreamRun(exit: end.exit, errorLines: tail.withLock { $0.lines }, isTimedOut: end.isTimedOut)
    }
}
