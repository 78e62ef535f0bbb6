import Synchronization
import ThreadedIO

/// What a call of `send` ends with.
typealias LinkResult = Result<[RedisReply], RedisError>

/// Whom the replies of a batch are for.
enum LinkOwner: Sendable {
    case caller(CheckedContinuation<LinkResult, Never>)
    /// One who does not wait, and is told on the link's thread.
    case observer(@Sendable (LinkResult) -> Void)
    /// The link itself: the start of a connection.
    case handshake
    /// A caller that has waited long enough.
    case nobody
}

extension LinkOwner {
    /// Tells who waits for the replies how that ended.
    func tell(_ result: LinkResult) {
        switch self {
        case .caller(let continuation): continuation.resume(returning: result)
        case .observer(let observe): observe(result)
        case .handshake, .nobody: break
        }
    }
}

/// What callers and the link's thread share: the state, the queue, and requests to reset or end.
///
/// The thread is woken only when it sleeps, so that under load many commands cost one system call. What nobody waits for
/// does not disturb it while it naps.
final class LinkMailbox: Sendable {
    typealias Batch = CommandBatch<LinkOwner>

    /// How soon the thread looks at what is put in.
    private enum Attention: UInt8, AtomicRepresentable {
        /// By itself.
        case awake
        /// By itself in a moment; at once when somebody waits for it.
        case naps
        /// When it is signalled.
        case sleeps
    }

    /// What the thread finds.
    struct Mail {
        var batches: [Batch] = []
        /// Whether anybody waits for one of them.
        var isAwaited = false
        var reset: String?
        var isShutdownRequested = false
    }

    private struct Shared {
        var state = RedisClient.State.connecting
        var mail = Mail()
        var pendingCommands = 0
        var pendingBytes = 0
        /// Set while the thread runs.
        var wakeup: WakeupDescriptor?
        var hasEnded = false
        var waitingForEnd: [CheckedContinuation<Void, Never>] = []

        var isEmpty: Bool { mail.batches.isEmpty && mail.reset == nil && !mail.isShutdownRequested }
    }

    private let shared = Mutex(Shared())
    /// Lowered under the lock only; whoever puts something in looks at it under the lock, too.
    private let attention = Atomic(Attention.awake)
    private let maxPendingCommands: Int
    private let maxPendingBytes: Int

    init(maxPendingCommands: Int, maxPendingBytes: Int) {
        self.maxPendingCommands = maxPendingCommands
        self.maxPendingBytes = maxPendingBytes
    }

    var state: RedisClient.State { shared.withLock { $0.state } }

    // MARK: For callers

    /// Starts the thread by `spawn`, once.
    func start(_ spawn: (WakeupDescriptor) throws(ThreadedIOError) -> Void) {
        shared.withLock { shared in
            guard shared.wakeup == nil, !shared.hasEnded, shared.state != .shutDown else { return }
            do {
                let wakeup = try WakeupDescriptor()
                try spawn(wakeup)
                shared.wakeup = wakeup
            } catch {
                shared.state = .unavailable("\(error)")
            }
        }
    }

    /// Queues a batch.
    ///
    /// - Returns: why not; nil when it is queued.
    func enqueue(_ batch: Batch) -> RedisError? {
        let (refusal, sleeper) = shared.withLock { shared -> (RedisError?, WakeupDescriptor?) in
            switch shared.state {
            case .ready: break
            case .connecting: return (.unavailable("not connected yet"), nil)
            case .unavailable(let reason): return (.unavailable(reason), nil)
            case .shutDown: return (.unavailable("the client was shut down"), nil)
            }
            guard batch.commandCount <= maxPendingCommands - shared.pendingCommands,
                batch.bytes <= maxPendingBytes - shared.pendingBytes
            else { return (.busy, nil) }
            shared.pendingCommands += batch.commandCount
            shared.pendingBytes += batch.bytes
            shared.mail.batches.append(batch)
            if batch.isAwaited { shared.mail.isAwaited = true }
            return (nil, whomToWake(shared, isAwaited: batch.isAwaited))
        }
        sleeper?.signal()
        return refusal
    }

    func requestReset(reason: String) {
        let sleeper = shared.withLock { shared -> WakeupDescriptor? in
            guard shared.state != .shutDown else { return nil }
            shared.state = .unavailable(reason)
            shared.mail.reset = reason
            return whomToWake(shared)
        }
        sleeper?.signal()
    }

    /// - Parameter whenDone: resumed when the thread has ended.
    func requestShutdown(whenDone: CheckedContinuation<Void, Never>? = nil) {
        let (hasEnded, sleeper) = shared.withLock { shared -> (Bool, WakeupDescriptor?) in
            shared.state = .shutDown
            shared.mail.isShutdownRequested = true
            if shared.wakeup == nil { shared.hasEnded = true }
            if !shared.hasEnded, let whenDone { shared.waitingForEnd.append(whenDone) }
            return (shared.hasEnded, whomToWake(shared))
        }
        sleeper?.signal()
        if hasEnded { whenDone?.resume() }
    }

    /// Whom to signal after something was put in; nil when the thread will look anyhow.
    private func whomToWake(_ shared: borrowing Shared, isAwaited: Bool = true) -> WakeupDescriptor? {
        let attention = attention.load(ordering: .relaxed)
        guard attention == .sleeps || attention == .naps && isAwaited else { return nil }
        self.attention.store(.awake, ordering: .relaxed)
        return shared.wakeup
    }

    // MARK: For the thread

    /// Takes everything out.
    func collect() -> Mail {
        shared.withLock { shared in
            // Stays set: nothing else matters after it.
            defer { shared.mail = Mail(isShutdownRequested: shared.mail.isShutdownRequested) }
            return shared.mail
        }
    }

    /// Takes only the batches out.
    func collectBatches() -> [Batch] {
        shared.withLock { shared in
            defer {
                shared.mail.batches = []
                shared.mail.isAwaited = false
            }
            return shared.mail.batches
        }
    }

    /// Asks to be signalled: with `isBrief`, since the thread will look again by itself, only by what somebody waits for.
    ///
    /// - Returns: false when something like that is there already; then don't sleep.
    func fallAsleep(isBrief: Bool = false) -> Bool {
        shared.withLock { shared in
            let maySleep =
                isBrief
                ? !shared.mail.isAwaited && shared.mail.reset == nil && !shared.mail.isShutdownRequested
                : shared.isEmpty
            attention.store(!maySleep ? .awake : isBrief ? .naps : .sleeps, ordering: .relaxed)
            return maySleep
        }
    }

    /// Whether there is something, and nobody waits for it.
    var hasOnlyUnawaited: Bool {
        shared.withLock { !$0.mail.batches.isEmpty && !$0.mail.isAwaited && $0.mail.reset == nil }
    }

    /// Asks not to be signalled: the thread will collect.
    func stayAwake() { attention.store(.awake, ordering: .relaxed) }

    /// Tells callers the link's state, unless a request that the thread has yet to see says otherwise.
    ///
    /// - Returns: whether it is the state now.
    func publish(_ state: RedisClient.State) -> Bool {
        shared.withLock { shared in
            guard shared.mail.reset == nil, shared.state != .shutDown else { return shared.state == state }
            shared.state = state
            return true
        }
    }

    /// Gives the place of ended batches back.
    func release(commands: Int, bytes: Int) {
        shared.withLock { shared in
            shared.pendingCommands -= commands
            shared.pendingBytes -= bytes
        }
    }

    /// The thread's last word.
    func end() {
        let waiting = shared.withLock { shared in
            shared.hasEnded = true
            shared.wakeup = nil
            defer { shared.waitingForEnd = [] }
            return shared.waitingForEnd
        }
        for continuation in waiting { continuation.resume() }
    }
}
