import MemoryModel
import NIOCore
import NIOPosix
import StrictJSON
import WireProtocol

/// The shell around `ClientStateMachine`: it owns the socket, the timers and the waiting callers, and carries out
/// what the machine says. It is used on its event loop only.
final class ClientConnection {
    let eventLoop: any EventLoop
    private let socketPath: String
    private let configuration: BrainClient.Configuration
    private var machine: ClientStateMachine
    private var calls: [Int64: PendingCall] = [:]
    private var channel: (any Channel)?
    private var connectTimer: Scheduled<Void>?

    /// How many bytes NIO may hold unsent before the next request waits in the queue instead.
    private static let writeBufferMark = ChannelOptions.Types.WriteBufferWaterMark(low: 65_536, high: 262_144)

    init(socketPath: String, configuration: BrainClient.Configuration, eventLoop: any EventLoop) {
        self.socketPath = socketPath
        self.configuration = configuration
        self.eventLoop = eventLoop
        machine = ClientStateMachine(configuration)
    }

    // MARK: What callers want

    func submit(_ call: PendingCall) {
        let id = call.ticket.id
        guard !call.ticket.isCancelled else { return call.continuation.resume(returning: .failure(.cancelled)) }
        calls[id] = call
        calls[id]?.timer = schedule(at: call.deadline) { $0.deadlinePassed(id) }
        perform(machine.submit(id, bytes: call.params.bytes.count, now: .now()))
        sendWaiting()
    }

    func cancel(_ id: Int64) {
        guard calls[id] != nil else { return }
        _ = machine.forget(id)
        finish(id, .failure(.cancelled))
        sendWaiting()
    }

    func shutDown() {
        connectTimer?.cancel()
        machine.shutDown().forEach(perform)
    }

    // MARK: What the socket tells

    func received(_ payload: [UInt8]) {
        do throws(AnswerFault) {
            let answer = try RPCAnswer(parsing: payload)
            if let id = answer.id.json.view.int64 {
                answered(id, answer.outcome)
            } else if case .failure(let rejection) = answer.outcome, answer.id == .null {
                machine.rejectedWithoutID(rejection).forEach(perform)
            } else {
                throw AnswerFault("an answer with the id \(answer.id.json), which was never sent")
            }
        } catch {
            violated(error.reason)
        }
        sendWaiting()
    }

    func violated(_ reason: String) {
        machine.violated(reason: reason).forEach(perform)
    }

    func disconnected(_ handler: ClientChannelHandler, reason: String) {
        guard let channel, handler.channel === channel else { return }
        self.channel = nil
        machine.disconnected(reason: reason, now: .now()).forEach(perform)
    }

    /// Sends what waits while there is room.
    func sendWaiting() {
        var didWrite = false
        while let channel, let id = machine.nextToSend(isWritable: channel.isWritable) {
            guard let call = calls[id] else { continue }
            let remaining = Int64((call.deadline - .now()).nanoseconds / 1_000_000)
            let milliseconds = min(max(remaining, 1), Limits.deadlineMilliseconds.upperBound)
            let frame = RequestEncoder.frame(
                id: id, method: call.method, params: call.params, deadlineMilliseconds: milliseconds)
            let written = eventLoop.makePromise(of: Void.self)
            written.futureResult.assumeIsolated().whenFailure { _ in self.machine.notTaken(id) }
            channel.write(ByteBuffer(bytes: frame), promise: written)
            didWrite = true
        }
        if didWrite { channel?.flush() }
        if machine.closesNow() { channel?.close(promise: nil) }
    }

    // MARK: Inside

    private func answered(_ id: Int64, _ outcome: Result<JSONView, Rejection>) {
        if case .failure(let rejection) = outcome, rejection.kind == .shuttingDown { machine.daemonEnds() }
        let (isAwaited, actions) = machine.answered(id)
        if isAwaited { finish(id, outcome.mapError { .rejected($0) }) }
        actions.forEach(perform)
    }

    private func deadlinePassed(_ id: Int64) {
        if machine.isQueued(id) {
            giveUp(id)
        } else {
            calls[id]?.timer = schedule(at: .now() + TimeAmount(configuration.deadlineGrace)) { $0.giveUp(id) }
        }
    }

    private func giveUp(_ id: Int64) {
        guard calls[id] != nil else { return }
        finish(id, .failure(.deadlineExceeded(maybeSent: machine.forget(id) ?? true)))
        sendWaiting()
    }

    private func finish(_ id: Int64, _ result: Result<JSONView, BrainError>) {
        guard let call = calls.removeValue(forKey: id) else { return }
        call.timer?.cancel()
        call.continuation.resume(returning: result)
    }

    private func perform(_ action: ClientStateMachine.Action?) {
        switch action {
        case .connect(let delay)? where delay > .zero:
            connectTimer = schedule(at: .now() + delay) { $0.connect() }
        case .connect?: connect()
        case .close?: channel?.close(promise: nil)
        case .fail(let ids, let error)?: for id in ids { finish(id, .failure(error)) }
        case nil: break
        }
    }

    private func connect() {
        let box = NIOLoopBound(self, eventLoop: eventLoop)
        let limit = configuration.maximumAnswerBytes
        ClientBootstrap(group: eventLoop)
            .channelOption(.writeBufferWaterMark, value: Self.writeBufferMark)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = ClientChannelHandler(
                        connection: box.value, channel: channel, maximumAnswerBytes: limit)
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
            .connect(unixDomainSocketPath: socketPath)
            .whenComplete { box.value.connected($0) }
    }

    private func connected(_ result: Result<any Channel, any Error>) {
        switch result {
        case .success(let channel) where channel.isActive:
            guard machine.connected() else { return channel.close(promise: nil) }
            self.channel = channel
        case .success:
            // So does a daemon that was told to stop just now: the next one may be there already.
            machine.closedAtOnce(now: .now()).forEach(perform)
        case .failure(let error): perform(machine.connectionFailed(describe(error), now: .now()))
        }
        sendWaiting()
    }

    private func describe(_ error: any Error) -> BrainError {
        switch error {
        case let error as IOError:
            .notConnected(
                reason: ConnectFailure.reason(errno: error.errnoCode, path: socketPath), errno: error.errnoCode)
        case SocketAddressError.unixDomainSocketPathTooLong:
            .notConnected(reason: "the path of the socket is too long (107 bytes at most): \(socketPath)", errno: nil)
        default: .notConnected(reason: "\(socketPath): \(error)", errno: nil)
        }
    }

    private func schedule(at time: NIODeadline, _ work: @escaping @Sendable (ClientConnection) -> Void) -> Scheduled<
        Void
    > {
        let box = NIOLoopBound(self, eventLoop: eventLoop)
        return eventLoop.scheduleTask(deadline: time) { work(box.value) }
    }
}
