import DequeModule
import Glibc
import MonotonicClock
import ThreadedIO

/// The client's thread: does what the state machine says, writes what callers queue, and hands replies out.
final class LinkLoop {
    private let configuration: RedisClientConfiguration
    private let mailbox: LinkMailbox
    private let wakeup: WakeupDescriptor
    private var machine: LinkStateMachine
    private var connection: HiredisConnection?
    private var pipeline = CommandPipeline<LinkOwner>()
    /// Ended batches, told when the lock was taken once for all of them.
    private var ended: [(batch: LinkMailbox.Batch, result: LinkResult)] = []
    /// Since when the server owes an answer without sending a byte.
    private var silentSince = MonotonicInstant.now
    private var lastTold = RedisClient.State.connecting
    private var isStopped = false
    /// Whether what nobody waits for has had the time to gather.
    private var hasGathered = false

    init(configuration: RedisClientConfiguration, mailbox: LinkMailbox, wakeup: WakeupDescriptor) {
        self.configuration = configuration
        self.mailbox = mailbox
        self.wakeup = wakeup
        machine = LinkStateMachine(
            limits: .init(
                connectTimeout: configuration.connectTimeout, minimumBackoff: configuration.minimumBackoff,
                maximumBackoff: configuration.maximumBackoff),
            randomness: configuration.randomness)
    }

    /// Returns when the client is shut down.
    func run() {
        Self.blockBrokenPipeSignal()
        handle(.start)
        while !isStopped {
            gather()
            takeMail()
            writeCommands()
            tellEnded()
            if isStopped { break }
            wait()
            checkDeadlines()
            tellEnded()
        }
        tellEnded()
        mailbox.end()
    }

    /// A late answer is its caller's affair, as long as the server sends anything at all; a server that owes answers and
    /// is silent for long is hung.
    private func checkDeadlines() {
        let now = MonotonicInstant.now
        guard let due = machine.wakeUp(earliestDeadline: pipeline.earliestDeadline), due <= now else { return }
        let hangsAt = silentSince + RedisLimits.longestSilence
        guard case .ready = machine.phase, now < hangsAt else {
            return handle(.timer(earliestDeadline: pipeline.earliestDeadline))
        }
        for owner in pipeline.expire(at: now, rearmed: hangsAt, nobody: .nobody) { owner.tell(.failure(.timedOut)) }
    }

    /// hiredis 0.14 writes without MSG_NOSIGNAL. Blocked, the signal ends with this thread.
    private static func blockBrokenPipeSignal() {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    // MARK: The machine

    private func handle(_ event: LinkStateMachine.Event) {
        var events: Deque = [event]
        while let event = events.popFirst() {
            for action in machine.handle(event, at: .now) {
                if let next = perform(action) { events.append(next) }
            }
        }
    }

    /// - Returns: what came of it, if that is known at once.
    private func perform(_ action: LinkStateMachine.Action) -> LinkStateMachine.Event? {
        switch action {
        case .connect:
            do {
                connection = try HiredisConnection(to: configuration.endpoint.address)
            } catch {
                return .failed(error.reason)
            }
        case .greet(let until):
            let commands = configuration.endpoint.greeting + configuration.handshake()
            pipeline.append(CommandBatch(commands: commands, bytes: 0, deadline: until, owner: .handshake))
        case .publish(let state):
            // A state that a request has overtaken is told when that request is handled.
            if mailbox.publish(state), state != lastTold {
                lastTold = state
                configuration.onStateChange(state)
            }
        case .close(let reason): close(reason)
        case .stop: isStopped = true
        }
        return nil
    }

    private func close(_ reason: String) {
        connection = nil
        // What was queued before the new state was published is of this connection still.
        for batch in mailbox.collectBatches() { pipeline.append(batch) }
        ended += pipeline.fail(reason, at: .now).map { ($0.batch, .failure($0.error)) }
    }

    // MARK: Callers

    private func takeMail() {
        let mail = mailbox.collect()
        let now = MonotonicInstant.now
        for batch in mail.batches {
            if pipeline.isEmpty { silentSince = now }
            if batch.deadline <= now { ended.append((batch, .failure(.timedOut))) } else { pipeline.append(batch) }
        }
        // Before anything of it is written: what was queued before a reset must not go out after it.
        if mail.isShutdownRequested { return handle(.shutDown) }
        if let reason = mail.reset { handle(.reset(reason)) }
    }

    /// Resumes the callers of ended batches, whose place is free by then.
    private func tellEnded() {
        guard !ended.isEmpty else { return }
        var commands = 0
        var bytes = 0
        for (batch, _) in ended {
            if case .handshake = batch.owner { continue }
            commands += batch.commandCount
            bytes += batch.bytes
        }
        mailbox.release(commands: commands, bytes: bytes)
        for (batch, result) in ended {
            batch.owner.tell(result)
        }
        ended.removeAll(keepingCapacity: true)
    }

    // MARK: The socket

    /// Lets what nobody waits for gather: one piece of many commands costs little more than one of one.
    private func gather() {
        defer { hasGathered = false }
        guard !hasGathered, case .ready = machine.phase, pipeline.isEmpty, mailbox.hasOnlyUnawaited else { return }
        nap()
    }

    /// Sleeps for a moment, unless somebody waits for something.
    private func nap() {
        guard mailbox.fallAsleep(isBrief: true) else { return }
        let ready = Readiness.wait(
            socket: -1, [], wakeup: wakeup.descriptor, until: .now + RedisLimits.gatheringTime)
        mailbox.stayAwake()
        if ready.contains(.wakeup) { wakeup.drain() }
    }

    private func wait() {
        // Replies that nobody waits for are taken in when the next commands have gathered: one waking for both.
        if case .ready = machine.phase, let connection, connection.unwritten == 0, !pipeline.hasUnwritten,
            !pipeline.isEmpty, !pipeline.isAwaited
        {
            nap()
            hasGathered = true
            return readReplies()
        }
        var interest: Readiness = .socketReadable
        if case .connecting = machine.phase {
            interest = .socketWritable
        } else if let connection, connection.unwritten > 0 || pipeline.hasUnwritten {
            interest = [.socketReadable, .socketWritable]
        }
        // Something came meanwhile: look at the socket, but don't wait for it. What nobody waits for comes after the replies.
        let until =
            mailbox.fallAsleep(isBrief: !pipeline.isEmpty)
            ? machine.wakeUp(earliestDeadline: pipeline.earliestDeadline) : .now
        let ready = Readiness.wait(
            socket: connection?.socket ?? -1, interest, wakeup: wakeup.descriptor, until: until)
        mailbox.stayAwake()
        if ready.contains(.wakeup) { wakeup.drain() }
        if case .connecting = machine.phase {
            if ready.contains(.socketWritable) { finishConnecting() }
        } else if ready.contains(.socketReadable) {
            readReplies()
        }
    }

    private func finishConnecting() {
        guard let connection else { return }
        do {
            try connection.finishConnecting()
            handle(.connected)
        } catch {
            handle(.failed(error.reason))
        }
    }

    private func writeCommands() {
        guard let connection else { return }
        do {
            while connection.unwritten < RedisLimits.writeBufferBytes, let command = pipeline.takeUnwritten() {
                try connection.append(command)
            }
            if connection.unwritten > 0 { try connection.write() }
        } catch {
            handle(.failed(error.reason))
        }
    }

    private func readReplies() {
        guard let connection else { return }
        // From when the last of it has been taken in, which may take a while itself.
        defer { silentSince = .now }
        do {
            for _ in 0..<RedisLimits.consecutiveReads {
                let mayHaveMore = try connection.read { reply throws(HiredisError) in try deliver(reply) }
                guard mayHaveMore else { return }
            }
        } catch {
            handle(.failed(error.reason))
        }
    }

    private func deliver(_ reply: RedisReply) throws(HiredisError) {
        switch pipeline.deliver(reply) {
        case .incomplete: return
        case .unexpected:
            // So does Redis refuse a client for whom it has no place.
            throw HiredisError(reason: reply.firstError ?? "a reply that nothing asked for")
        case .complete(let batch):
            guard case .handshake = batch.owner else { return ended.append((batch, .success(batch.replies))) }
            for (index, reply) in batch.replies.enumerated() {
                guard let error = reply.firstError else { continue }
                throw HiredisError(reason: configuration.endpoint.describe(handshakeError: error, at: index))
            }
            handle(.greeted)
        }
    }
}
