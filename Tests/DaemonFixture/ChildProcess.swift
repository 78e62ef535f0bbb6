import Foundation

/// How a process ended.
public enum ProcessExit: Sendable, Equatable {
    /// By itself, with this status.
    case exited(Int32)

    /// By this signal.
    case signalled(Int32)
}

/// A process that the tests started. Foundation's `Process` would not do: it takes a child for alive as long as any
/// grandchild has its descriptors, as an orphaned PostgreSQL may.
public final class ChildProcess: Sendable {
    /// Its process id.
    public let pid: pid_t

    /// How it ended, once it has.
    let exit = OneShot<ProcessExit>()

    /// Starts `command`, whose first word is a path.
    ///
    /// - Parameters:
    ///   - environment: all of its environment.
    ///   - input: its standard input; nil is /dev/null.
    ///   - output: the file that its standard output is added to; nil is /dev/null.
    ///   - errors: the file that its standard error is added to; nil is /dev/null.
    /// - Throws: `TestFailure` when it can't be started.
    public init(
        _ command: [String], environment: [String: String], input: CInt? = nil, output: String? = nil,
        errors: String? = nil
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let input {
            posix_spawn_file_actions_adddup2(&actions, input, 0)
        } else {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        let flags = O_WRONLY | O_CREAT | O_APPEND
        posix_spawn_file_actions_addopen(&actions, 1, output ?? "/dev/null", flags, 0o644)
        posix_spawn_file_actions_addopen(&actions, 2, errors ?? "/dev/null", flags, 0o644)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

        let arguments = command.map { strdup($0) } + [nil]
        let variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in arguments + variables { free(text) } }
        var pid: pid_t = 0
        let status = posix_spawn(&pid, command[0], &actions, &attributes, arguments, variables)
        guard status == 0 else { throw TestFailure("cannot start \(command[0]): \(String(cString: strerror(status)))") }
        let (child, exit) = (pid, exit)
        self.pid = child
        Thread.detachNewThread {
            var status: CInt = 0
            while waitpid(child, &status, 0) < 0, errno == EINTR {}
            exit.fulfil(
                .success(status & 0x7f == 0 ? .exited((status >> 8) & 0xff) : .signalled(status & 0x7f)))
        }
    }

    /// Whether it has ended and was reaped.
    public var hasEnded: Bool { exit.current != nil }

    /// Sends a signal, unless it has ended.
    public func send(signal: CInt) { if !hasEnded { kill(pid, signal) } }

    /// Waits for its end.
    public func ended(within limit: Duration) async throws -> ProcessExit {
        let pid = pid
        return try await exit.value(within: limit) { TestFailure("process \(pid) did not end within \(limit)") }
    }
}
