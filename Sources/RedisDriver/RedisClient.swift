import MonotonicClock
import ThreadedIO

/// One connection to a Redis, shared by any number of callers, whose commands are pipelined on it.
///
/// A thread of the client's own does all input and output. It connects, and when the connection is lost it connects
/// again, for ever. Meanwhile ``send(_:deadline:)`` fails at once: nobody waits for a server that is away.
///
/// A command whose deadline passes fails by itself, and its late answer is thrown away. A server that owes answers and
/// has sent nothing at all for 50 ms when a deadline passes counts as hung: the connection is given up with everything
/// on it.
///
/// hiredis writes without MSG_NOSIGNAL, and the thread blocks SIGPIPE, so that a server's end cannot end this process.
public final class RedisClient: Sendable {
    /// Whether commands are taken at this moment.
    public enum State: Sendable, Hashable {
        /// The first attempt to connect has not ended, or not begun.
        case connecting
        /// A connection stands and its handshake is done.
        case ready
        /// There is no connection, for the reason given; attempts go on.
        case unavailable(String)
        /// For good.
        case shutDown
    }

    private let configuration: RedisClientConfiguration
    private let mailbox: LinkMailbox

    /// A client that does nothing until ``start()``.
    public init(configuration: RedisClientConfiguration) {
        self.configuration = configuration
        mailbox = LinkMailbox(
            maxPendingCommands: configuration.maxPendingCommands, maxPendingBytes: configuration.maxPendingBytes)
    }

    deinit { mailbox.requestShutdown() }

    /// Begins to connect and returns at once. Without effect when started already.
    ///
    /// When the system has no thread or descriptor left, the client stays unavailable with that reason, and `start` may
    /// be called again.
    public func start() {
        mailbox.start { wakeup throws(ThreadedIOError) in
            let configuration = self.configuration
            let mailbox = self.mailbox
            try OwnThread.start(named: "redis-link", isWatched: true) {
                LinkLoop(configuration: configuration, mailbox: mailbox, wakeup: wakeup).run()
            }
        }
    }

    /// Fails what is pending, closes the connection, ends the thread, and returns when that is done.
    public func shutdown() async {
        await withCheckedContinuation { mailbox.requestShutdown(whenDone: $0) }
    }

    /// The state at this moment.
    public var state: State { mailbox.state }

    /// Sends all commands in one piece, pipelined with those of other callers, and waits for their replies.
    ///
    /// - Parameter deadline: counts for the last reply. A short one: the task's cancellation is not looked at.
    /// - Returns: the replies in the commands' order. Error replies are values among them.
    /// - Throws: see ``RedisError`` for what each case says about the commands. More commands or bytes than may be
    ///   pending are always `.busy`.
    public func send(
        _ commands: [RedisCommand], deadline: MonotonicInstant
    ) async throws(RedisError) -> [RedisReply] {
        guard !commands.isEmpty else { return [] }
        guard deadline > .now else { throw .timedOut }
        let bytes = commands.reduce(0) { $0 + $1.pendingBytes }
        let result = await withCheckedContinuation { (caller: CheckedContinuation<LinkResult, Never>) in
            let batch = CommandBatch(
                commands: commands, bytes: bytes, deadline: deadline, owner: LinkOwner.caller(caller))
            if let refusal = mailbox.enqueue(batch) { caller.resume(returning: .failure(refusal)) }
        }
        return try result.get()
    }

    /// Sends all commands as ``send(_:deadline:)`` does, and does not wait for their replies. They are carried out in the
    /// order of the calls, on this connection or not at all.
    ///
    /// - Parameter whenDone: told of the replies, or of what else came of it, on the client's own thread: it must not block.
    /// - Returns: why they were not taken, and then `whenDone` is not called; nil when they were.
    public func post(
        _ commands: [RedisCommand], deadline: MonotonicInstant,
        whenDone: @escaping @Sendable (Result<[RedisReply], RedisError>) -> Void
    ) -> RedisError? {
        let bytes = commands.reduce(0) { $0 + $1.pendingBytes }
        return mailbox.enqueue(
            CommandBatch(
                commands: commands, bytes: bytes, deadline: deadline, owner: .observer(whenDone), isAwaited: false))
    }

    /// Gives up the present connection at once, or the attempt to get one, and connects anew after the usual pause.
    ///
    /// From the return of this call on, `send` throws `.unavailable(reason)` until a later connection has completed its
    /// handshake. Commands in flight fail with `.connectionLost`, and those not sent yet with `.unavailable`.
    public func reset(reason: String) { mailbox.requestReset(reason: reason) }
}
