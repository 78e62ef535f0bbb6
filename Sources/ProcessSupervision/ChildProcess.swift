import Glibc
import Subprocess
import Synchronization
import SystemPackage

/// One life of a child process: started, its lines passed on, reaped.
///
/// Built on swift-subprocess, which has nearly all that a long-running child needs: posix_spawn on a thread of its own,
/// a new session, every other descriptor closed, signal handlers and mask reset, and the end seen through a pidfd. When
/// a grandchild still holds the pipe after the child's death (server backends do for a moment), it drains what is there
/// and ends the stream, so an exit is seen at once.
///
/// Its change of user is not used: asked for that, it clones the process by hand and calls setgroups and setuid in the
/// child, where glibc waits for threads that were not cloned. In a program with threads that hangs for ever every few
/// hundred starts, and every later start of any program behind it (seen with 1.0.2; its issue 374 is a sibling).
/// setpriv(1) of util-linux, which Debian can't be without, does the same in a process of one thread, and then becomes
/// the program, so the pid stays.
package final class ChildProcess: Sendable {
    /// The pid while the child is known not to be reaped, so that a signal can't hit a stranger with the same number.
    let livePID = Mutex<Int32?>(nil)

    package init() {}

    /// Sends a signal, and returns whether there was a child to take it.
    ///
    /// - Parameter toGroup: to the processes it has started too, unless they have left its group.
    package func send(signal: Int32, toGroup: Bool = false) -> Bool {
        livePID.withLock { pid in
            guard let pid else { return false }
            return kill(toGroup ? -pid : pid, signal) == 0
        }
    }

    /// Starts the command and returns when the child has ended. Call once. Cancelling the task kills the child and its
    /// group: a server is run in a task that nobody cancels, and stopped by signal.
    ///
    /// - Parameters:
    ///   - maximumLineBytes: the longest line passed on; the rest of a longer one is dropped.
    ///   - onLaunch: called with the pid once the program runs.
    ///   - onLine: called with each line of its standard output and error.
    /// - Throws: what kept it from starting (`SubprocessError`).
    package func run(
        _ command: ChildCommand, maximumLineBytes: Int, onLaunch: @Sendable (Int32) async -> Void,
        onLine: @Sendable (String) async -> Void
    ) async throws -> ChildExit {
        if let text = command.standardInput {
            return try await run(command, .string(text), maximumLineBytes, onLaunch, onLine)
        }
        return try await run(command, .none, maximumLineBytes, onLaunch, onLine)
    }

    private func run(
        _ command: ChildCommand, _ input: some InputProtocol, _ maximumLineBytes: Int,
        _ onLaunch: @Sendable (Int32) async -> Void, _ onLine: @Sendable (String) async -> Void
    ) async throws -> ChildExit {
        let result = try await Subprocess.run(
            Self.configuration(of: command), input: input, output: .sequence, error: .combinedWithOutput
        ) { execution in
            let pid = execution.processIdentifier.value
            livePID.withLock { $0 = pid }
            // The child is reaped only after this closure has returned.
            defer { livePID.withLock { $0 = nil } }
            await onLaunch(pid)
            var splitter = LineSplitter(maximumLineBytes: maximumLineBytes)
            do {
                for try await buffer in execution.standardOutput {
                    for line in splitter.append(buffer.withUnsafeBytes { Array($0) }) {
                        await onLine(line)
                    }
                }
            } catch {
                // Thrown further, this would make swift-subprocess kill the child: a lost log is the smaller evil.
                await onLine("(its output can't be read any longer: \(error))")
            }
            if let rest = splitter.finish() {
                await onLine(rest)
            }
            await Self.waitUntilEnded(pid)
        }
        switch result.terminationStatus {
        case .exited(let status): return .exited(status)
        case .signaled(let number): return .signaled(number)
        }
    }

    static func configuration(of command: ChildCommand) -> Configuration {
        var options = PlatformOptions()
        // A session of its own: the terminal's Ctrl-C reaches the daemon only, which then stops the child in order.
        options.createSession = true
        options.teardownSequence = [.send(signal: .kill, toProcessGroup: true, allowedDurationToNextStep: .zero)]
        let words = command.words
        return Configuration(
            executable: .path(FilePath(words[0])), arguments: Arguments(Array(words.dropFirst())),
            // Each ended by a NUL, which the library wants but does not say: without it, what follows in memory is added.
            environment: .custom(command.environment.map { Array("\($0.key)=\($0.value)\0".utf8) }),
            workingDirectory: FilePath(command.workingDirectory), platformOptions: options)
    }

    /// A child may close its output and live on. WNOWAIT leaves the reaping to swift-subprocess.
    static func waitUntilEnded(_ pid: Int32) async {
        while true {
            var info = siginfo_t()
            let result = waitid(P_PID, id_t(pid), &info, WEXITED | WNOHANG | WNOWAIT)
            if result != 0 && errno != EINTR || result == 0 && info.si_signo == SIGCHLD {
                return
            }
            // In a task of its own, which a cancellation does not reach: a cancelled task's sleep ends at once, and this
            // loop would keep a thread that those need who kill the child.
            await Task { _ = try? await Task.sleep(for: .milliseconds(20)) }.value
        }
    }
}
