import MemoryModel
import MemoryService
import NIOCore
import WireProtocol

// How a connection's requests begin, run and are answered.
extension ConnectionHandler {
    func begin(_ preparation: RequestProcessor.Preparation, bytes: Int, _ context: ChannelHandlerContext) {
        switch preparation {
        case .ignore: break
        case .answer(let frame): send(frame, context)
        case .run(let request): begin(request, bytes: bytes, context)
        }
    }

    func begin(_ request: RequestProcessor.Prepared, bytes: Int, _ context: ChannelHandlerContext) {
        if isDraining { return answer(request, with: Self.shuttingDown, context) }
        let needsAdmission = request.method.needsAdmission
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

    func run(_ token: IDSequencer.Token, _ context: ChannelHandlerContext) {
        guard let entry = active[token] else { return }
        // Nobody waits for it any more, and it has not begun: leave it.
        if entry.isAnswered { return finish(token, nil, context) }
        let answerBytes = entry.request.call.largestAnswerBytes
        if answerBytes > 0 {
            if isClosing { return finish(token, nil, context) }
            let isMemoryTight = admission.isMemoryTight
            guard window.enqueue(token, bytes: answerBytes, unread: flow.answerBytes, isMemoryTight: isMemoryTight)
            else { return park(token) }
        }
        start(token, context)
    }

    /// A request that waits for its own connection takes nobody else's place in flight.
    private func park(_ token: IDSequencer.Token) {
        if active[token]?.isAdmitted == true { admission.release() }
        active[token]?.isAdmitted = false
    }

    func start(_ token: IDSequencer.Token, _ context: ChannelHandlerContext) {
        guard let entry = active[token] else { return }
        active[token]?.isRunning = true
        if !entry.isAdmitted, entry.request.method.needsAdmission {
            admission.admitParked()
            active[token]?.isAdmitted = true
        }
        let (processor, caller, eventLoop) = (processor, caller, context.eventLoop)
        let loopBound = NIOLoopBound((handler: self, context: context), eventLoop: eventLoop)
        tasks.start {
            let outcome = await processor.run(entry.request, for: caller)
            eventLoop.execute {
                let (handler, context) = loopBound.value
                handler.finish(token, outcome, context)
                handler.advance(context)
            }
        }
    }

    func finish(
        _ token: IDSequencer.Token, _ outcome: RequestProcessor.Outcome?, _ context: ChannelHandlerContext
    ) {
        guard let entry = active.removeValue(forKey: token) else { return }
        entry.guardTimer?.cancel()
        flow.requestFinished(bytes: entry.bytes)
        if entry.isRunning { window.finished(bytes: entry.request.call.largestAnswerBytes) }
        if entry.isAdmitted { admission.release() }
        if let outcome, !entry.isAnswered { answer(entry.request, outcome, context) }
        for next in sequencer.finish(token) { run(next, context) }
    }

    /// Answers a request whose deadline has passed; its work may go on, and its outcome is dropped.
    func answerLate(_ token: IDSequencer.Token, _ context: ChannelHandlerContext) {
        answerEarly(token, StoreError(.deadlineExceeded, "the deadline passed; nothing was written"), context)
        advance(context)
    }

    func answerTheRest(_ context: ChannelHandlerContext) {
        for token in active.keys.sorted() { answerEarly(token, Self.shuttingDown, context) }
    }

    func answerEarly(_ token: IDSequencer.Token, _ error: StoreError, _ context: ChannelHandlerContext) {
        guard let entry = active[token], !entry.isAnswered else { return }
        active[token]?.isAnswered = true
        var error = error
        if entry.isRunning, entry.request.method.isWrite {
            error = StoreError(
                .commitUnknown, "the write had begun and its outcome is not known; read data.ids to learn it",
                ids: entry.request.call.namedMemories)
        }
        answer(entry.request, with: error, context)
        if window.remove(token) { finish(token, nil, context) }
    }

    static let shuttingDown = StoreError(.shuttingDown, "the daemon is shutting down")

    // MARK: Answers

    func answer(
        _ request: RequestProcessor.Prepared, with error: StoreError, _ context: ChannelHandlerContext
    ) {
        answer(request, processor.refuse(request, with: error), context)
    }

    func answer(
        _ request: RequestProcessor.Prepared, _ outcome: RequestProcessor.Outcome, _ context: ChannelHandlerContext
    ) {
        processor.report(request, of: caller, outcome)
        if let frame = outcome.frame { send(frame, context) }
    }

    func send(_ frame: [UInt8], _ context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        flow.answerQueued(bytes: frame.count)
        let promise = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: frame)), promise: promise)
        promise.futureResult.assumeIsolated().whenComplete { _ in
            self.flow.answerSent(bytes: frame.count)
            self.advance(context)
        }
    }
}
