import MemoryModel
import MemoryService
import NIOCore
import WireProtocol

/// What the server tells a connection when it stops.
enum ShutdownEvent {
    /// Take on nothing more; close when what is in flight is answered.
    case drain

    /// Answer what is left with `shutting_down`, and close.
    case expire
}

/// One connection: frames in, answers out. All of it runs on the connection's event loop.
final class ConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private struct ActiveRequest {
        let request: RequestProcessor.Prepared
        let bytes: Int
        let isAdmitted: Bool
        var isRunning = false
        var isAnswered = false
        var guardTimer: Scheduled<Void>?
    }

    private let processor: RequestProcessor
    private let admission: Admission
    private let caller: Caller
    private let observer: any Observer
    private let configuration: SocketServerConfiguration

    private var decoder: FrameDecoder
    private var flow: ConnectionFlow
    private var sequencer = IDSequencer()
    private var active: [IDSequencer.Token: ActiveRequest] = [:]
    private var lastToken: IDSequencer.Token = 0

    /// When the bytes read last arrived: what frames in them are timed from.
    private var lastReadAt = ContinuousClock.now
    /// Whether every complete frame was taken out of the decoder.
    private var isStarved = true
    private var isReading = false
    private var isInputClosed = false
    private var isDraining = false
    private var isRefused = false
    private var isClosing = false
    private var heldBytes = 0
    private var frameTimer: (serial: UInt64, timer: Scheduled<Void>)?
    private var frameSerial: UInt64 = 0
    private var isMemoryPollScheduled = false

    init(
        processor: RequestProcessor, admission: Admission, caller: Caller, observer: any Observer,
        configuration: SocketServerConfiguration
    ) {
        self.processor = processor
        self.admission = admission
        self.caller = caller
        self.observer = observer
        self.configuration = configuration
        decoder = FrameDecoder(maximumFrameBytes: configuration.maximumFrameBytes)
        flow = ConnectionFlow(
            maximumInFlight: configuration.maximumInFlightPerConnection,
            maximumBytes: configuration.maximumBufferedBytesPerConnection)
    }

    // MARK: Events of the channel

    func channelActive(context: ChannelHandlerContext) {
        advance(context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isRefused else { return }
        lastReadAt = .now
        var bytes = unwrapInboundIn(data)
        decoder.append(&bytes)
        isStarved = false
        takeFrames(context)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        advance(context)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed:
            isInputClosed = true
            isReading = false
            advance(context)
        case let event as ShutdownEvent:
            isDraining = true
            if event == .expire { answerTheRest(context) }
            advance(context)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        isClosing = true
        frameTimer?.timer.cancel()
        for entry in active.values { entry.guardTimer?.cancel() }
        // Requests that run go on to their end; they are released as they finish.
        admission.hold(bytes: -heldBytes)
        heldBytes = 0
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A broken connection; there is nobody left to tell.
        context.close(promise: nil)
    }

    // MARK: Going on

    /// Does whatever can be done next: takes frames, reads, arms the frame timer, closes.
    private func advance(_ context: ChannelHandlerContext) {
        guard !isClosing else { return }
        takeFrames(context)
        countHeldBytes()
        if isRefused {
            if flow.isIdle { closeRefused(context) }
            return
        }
        if flow.isIdle, isDraining || (isInputClosed && isStarved) {
            isClosing = true
            context.close(promise: nil)
            return
        }
        let isPaused = isMemoryShort
        updateFrameTimer(context)
        guard flow.hasRoom, isStarved, !isInputClosed, !isReading else { return }
        if isPaused { return pollMemory(context) }
        isReading = true
        context.read()
    }

    private var isMemoryShort: Bool {
        decoder.bufferedBytes > ServerLimits.frameBytesUnderPressure && admission.isMemoryShort
    }

    private func pollMemory(_ context: ChannelHandlerContext) {
        guard !isMemoryPollScheduled else { return }
        isMemoryPollScheduled = true
        context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(ServerLimits.memoryPollInterval)) {
            self.isMemoryPollScheduled = false
            self.advance(context)
        }
    }

    private func countHeldBytes() {
        let bytes = flow.requestBytes + flow.answerBytes + decoder.bufferedBytes
        guard bytes != heldBytes else { return }
        admission.hold(bytes: bytes - heldBytes)
        heldBytes = bytes
    }

    private func takeFrames(_ context: ChannelHandlerContext) {
        while flow.hasRoom, !isRefused, !isStarved {
            switch decoder.next() {
            case .needsMore: isStarved = true
            case .tooLarge(let declared): refuseFrame(context, declared: Int(declared))
            case .frame(let payload):
                frameSerial += 1
                take(payload, context)
            }
        }
    }

    private func take(_ payload: [UInt8], _ context: ChannelHandlerContext) {
        let (processor, peer, receivedAt) = (processor, caller.peer, lastReadAt)
        guard payload.count > ServerLimits.largestInlinePayloadBytes else {
            let preparation = processor.prepare(payload, from: peer, receivedAt: receivedAt)
            return begin(preparation, bytes: payload.count, context)
        }
        flow.isDecoding = true
        let loopBound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        let eventLoop = context.eventLoop
        Task {
            let preparation = processor.prepare(payload, from: peer, receivedAt: receivedAt)
            eventLoop.execute {
                let (handler, context) = loopBound.value
                handler.flow.isDecoding = false
                handler.begin(preparation, bytes: payload.count, context)
                handler.advance(context)
            }
        }
    }

    // MARK: Requests

    private func begin(_ preparation: RequestProcessor.Preparation, bytes: Int, _ context: ChannelHandlerContext) {
        switch preparation {
        case .ignore: break
        case .answer(let frame): send(frame, context)
        case .run(let request): begin(request, bytes: bytes, context)
        }
    }

    private func begin(_ request: RequestProcessor.Prepared, bytes: Int, _ context: ChannelHandlerContext) {
        if isDraining { return answer(request, with: Self.shuttingDown, context) }
        // The two calls that tell how the daemon is are answered even when it is full.
        let needsAdmission = request.method != .ping && request.method != .getHealth
        guard !needsAdmission || admission.admit() else {
            let error = StoreError(
                .busy, "the daemon has as many requests in flight as it may (limits.max_in_flight)",
                retryAfterMilliseconds: ServerLimits.retryAfterMilliseconds)
            return answer(request, with: error, context)
        }
        lastToken += 1
        let token = lastToken
        flow.requestBegan(bytes: bytes)
        var entry = ActiveRequest(request: request, bytes: bytes, isAdmitted: needsAdmission)
        let lateness = ContinuousClock.now.duration(to: request.deadline) + ServerLimits.answerLateness
        entry.guardTimer = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(max(lateness, .zero))) {
            self.answerLate(token, context)
        }
        active[token] = entry
        if sequencer.enqueue(token, naming: request.call.namedMemories) { run(token, context) }
    }

    private func run(_ token: IDSequencer.Token, _ context: ChannelHandlerContext) {
        guard let entry = active[token] else { return }
        // Nobody waits for it any more, and it has not begun: leave it.
        if entry.isAnswered { return finish(token, nil, context) }
        active[token]?.isRunning = true
        let (processor, caller, eventLoop) = (processor, caller, context.eventLoop)
        let loopBound = NIOLoopBound((handler: self, context: context), eventLoop: eventLoop)
        Task {
            let outcome = await processor.run(entry.request, for: caller)
            eventLoop.execute {
                let (handler, context) = loopBound.value
                handler.finish(token, outcome, context)
                handler.advance(context)
            }
        }
    }

    private func finish(
        _ token: IDSequencer.Token, _ outcome: RequestProcessor.Outcome?, _ context: ChannelHandlerContext
    ) {
        guard let entry = active.removeValue(forKey: token) else { return }
        entry.guardTimer?.cancel()
        flow.requestFinished(bytes: entry.bytes)
        if entry.isAdmitted { admission.release() }
        if let outcome, !entry.isAnswered { answer(entry.request, outcome, context) }
        for next in sequencer.finish(token) { run(next, context) }
    }

    /// Answers a request whose deadline has passed; its work may go on, and its outcome is dropped.
    private func answerLate(_ token: IDSequencer.Token, _ context: ChannelHandlerContext) {
        answerEarly(token, StoreError(.deadlineExceeded, "the deadline passed; nothing was written"), context)
        advance(context)
    }

    private func answerTheRest(_ context: ChannelHandlerContext) {
        for token in active.keys.sorted() { answerEarly(token, Self.shuttingDown, context) }
    }

    private func answerEarly(_ token: IDSequencer.Token, _ error: StoreError, _ context: ChannelHandlerContext) {
        guard let entry = active[token], !entry.isAnswered else { return }
        active[token]?.isAnswered = true
        var error = error
        if entry.isRunning, entry.request.method.isWrite {
            error = StoreError(
                .commitUnknown, "the write had begun and its outcome is not known; read data.ids to learn it",
                ids: entry.request.call.namedMemories)
        }
        answer(entry.request, with: error, context)
    }

    private static let shuttingDown = StoreError(.shuttingDown, "the daemon is shutting down")

    // MARK: Answers

    private func answer(
        _ request: RequestProcessor.Prepared, with error: StoreError, _ context: ChannelHandlerContext
    ) {
        answer(request, processor.refuse(request, with: error), context)
    }

    private func answer(
        _ request: RequestProcessor.Prepared, _ outcome: RequestProcessor.Outcome, _ context: ChannelHandlerContext
    ) {
        processor.report(request, of: caller, outcome)
        if let frame = outcome.frame { send(frame, context) }
    }

    private func send(_ frame: [UInt8], _ context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        flow.answerQueued(bytes: frame.count)
        let promise = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: frame)), promise: promise)
        promise.futureResult.assumeIsolated().whenComplete { _ in
            self.flow.answerSent(bytes: frame.count)
            self.advance(context)
        }
    }

    // MARK: Faults of framing

    private func updateFrameTimer(_ context: ChannelHandlerContext) {
        // Only the client's own slowness counts: while the daemon does not read, the timer stands still. A connection that
        // is not read because memory is short is not spared, else unfinished frames could hold it for ever.
        let isWaiting = decoder.isInsideFrame && isStarved && flow.hasRoom && !isInputClosed
        if let frameTimer, !isWaiting || frameTimer.serial != frameSerial {
            frameTimer.timer.cancel()
            self.frameTimer = nil
        }
        guard isWaiting, frameTimer == nil else { return }
        let timer = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(configuration.frameTimeout)) {
            self.observer.observe(.frameTimedOut(self.caller.peer, bufferedBytes: self.decoder.bufferedBytes))
            self.isClosing = true
            context.close(promise: nil)
        }
        frameTimer = (frameSerial, timer)
    }

    private func refuseFrame(_ context: ChannelHandlerContext, declared: Int) {
        isRefused = true
        frameTimer?.timer.cancel()
        let limit = configuration.maximumFrameBytes
        observer.observe(.frameTooLarge(caller.peer, declaredBytes: declared, limit: limit))
        send(
            processor.answerWithoutID(
                StoreError(
                    .frameTooLarge,
                    "a request frame may have at most \(limit) bytes (limits.max_frame_bytes), got \(declared)"
                )), context)
    }

    /// Shuts the write side, and discards input for a while so that the client gets to read the answer.
    private func closeRefused(_ context: ChannelHandlerContext) {
        isClosing = true
        context.close(mode: .output, promise: nil)
        context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(ServerLimits.discardTime)) {
            context.close(promise: nil)
        }
        context.channel.setOption(.autoRead, value: true).assumeIsolated().whenFailure { _ in
            context.close(promise: nil)
        }
    }
}
