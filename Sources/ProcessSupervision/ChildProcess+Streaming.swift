import Subprocess
import Synchronization

extension ChildProcess {
    /// As ``run(_:maximumLineBytes:onLaunch:onLine:)``, for a program whose standard output is data: it is passed on
    /// as it comes, in pieces of at most a pipe's size, and the lines of its standard error apart from it.
    ///
    /// - Throws: what kept it from starting, or its output from being read to the end; the child is killed then.
    func stream(
        _ command: ChildCommand, maximumLineBytes: Int, onLaunch: @Sendable (Int32) -> Void,
        onOutput: @Sendable (UnsafeRawBufferPointer) -> Void, onErrorLine: @escaping @Sendable (String) -> Void
    ) async throws -> ChildExit {
        if let text = command.standardInput {
            return try await stream(command, .string(text), maximumLineBytes, onLaunch, onOutput, onErrorLine)
        }
        return try await stream(command, .none, maximumLineBytes, onLaunch, onOutput, onErrorLine)
    }

    private func stream(
        _ command: ChildCommand, _ input: some InputProtocol, _ maximumLineBytes: Int,
        _ onLaunch: @Sendable (Int32) -> Void, _ onOutput: @Sendable (UnsafeRawBufferPointer) -> Void,
        _ onErrorLine: @escaping @Sendable (String) -> Void
    ) async throws -> ChildExit {
        let result = try await Subprocess.run(
            Self.configuration(of: command), input: input, output: .sequence, error: .sequence
        ) { execution in
            let pid = execution.processIdentifier.value
            livePID.withLock { $0 = pid }
            // The child is reaped only after this closure has returned.
            defer { livePID.withLock { $0 = nil } }
            onLaunch(pid)
            let errors = execution.standardError
            // Both pipes are read at the same time: a program that waits for room in one would never fill the other.
            async let isRead: Void = Self.readLines(of: errors, maximumLineBytes, onErrorLine)
            for try await buffer in execution.standardOutput {
                buffer.withUnsafeBytes { onOutput($0) }
            }
            try await isRead
            await Self.waitUntilEnded(pid)
        }
        switch result.terminationStatus {
        case .exited(let status): return .exited(status)
        case .signaled(let number): return .signaled(number)
        }
    }

    private static func readLines(
        of sequence: SubprocessOutputSequence, _ maximumLineBytes: Int, _ onLine: @Sendable (String) -> Void
    ) async throws {
        var splitter = LineSplitter(maximumLineBytes: maximumLineBytes)
        for try await buffer in sequence {
            for line in splitter.append(buffer.withUnsafeBytes { Array($0) }) {
                onLine(line)
            }
        }
        if let rest = splitter.finish() {
            onLine(rest)
        }
    }
}
