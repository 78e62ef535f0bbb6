import MemoryModel
import MemoryService
import MonotonicClock
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
        if mayRecall, sequencer.isFree(request.call.namedMemories), .now < request.deadline,
            let outcome = processor.recall(request, for: caller)
        {
            // Who only looks how the daemon is takes nothing from others.
            if request.call.lane != .status { hasRecalled = true }
            return answer(request, outcome, context)
        }
        let needsAdmission = request.method.needsAdmission
        if needsAdmission, let refusal = admission.admit(of: peer.uid) {
            return answer(request, with: refuse(refusal), context)
        }
        lastToken += 1
        let token = lastToken
        flow.requestBegan(bytes: bytes)
        let entry = ActiveRequest(request, bytes: bytes, isAdmitted: needsAdmission)
        active[token] = entry
        guardAnswers(by: entry.lastAnswerAt, context)
        if sequencer.enqueue(token, naming: request.call.namedMemories) { run(token, context) }
    }

    func run(_ token: IDSequencer.Token, _ context: ChannelHandlerContext) {
        guard let entry = active[token] else { return }
        // Nobody waits for it any more, and it has not begun: leave it.
        if entry.isAnswered { return finish(token, nil, context) }
        // One that waited for another of the same id must not begin when that one was just told of the end.
        if isExpired {
            answerEarly(token, Self.shuttingDown, context)
            return finish(token, nil, context)
        }
        let answerBytes = entry.request.call.largestAnswerBytes
        if answerBytes > 0 {
            if isClosing { return finish(token, nil, context) }
            let isMemoryTight = admission.isMemoryTight(for: peer.uid)
            guard window.enqueue(token, bytes: answerBytes, unread: flow.answerBytes, isMemoryTight: isMemoryTight)
            else { return park(token) }
        }
        start(token, context)
    }

    /// A request that waits for its own connection takes nobody else's place in flight.
    private func park(_ token: IDSequencer.Token) {
        if active[token]?.isAdmitted == true { release() }
        active[token]?.isAdmitted = false
    }

    private func release() {
        tell(relieved: admission.release(of: peer.uid))
    }

    /// Runs a request when its user's turn comes.
    func start(_ token: IDSequencer.Token, _ context: ChannelHandlerContext) {
        guard let entry = active[token] else { return }
        entry.isStarted = true
        if !entry.isAdmitted, entry.request.method.needsAdmission {
            admission.admitParked(of: peer.uid)
            entry.isAdmitted = true
        }
        let ticket = takeTurn(in: entry.request.call.lane, context) { handler, context, turn in
            handler.active[token]?.turn = .begun(turn)
            handler.turnCame(token, turn, context)
        }
        if let ticket { entry.turn = .waits(ticket) }
    }

    /// A request's turn has come, perhaps after a long time.
    private func turnCame(
        _ token: IDSequencer.Token, _ turn: WorkTurn, _ context: ChannelHandlerContext
    ) {
        guard let entry = active[token] else { return admission.endTurn(turn, of: peer.uid) }
        let isUseless = isClosing && entry.request.call.largestAnswerBytes > 0
        if !entry.isAnswered, !isUseless, turn.begin < entry.request.deadline { return work(token, context) }
        if !entry.isAnswered, !isUseless {
            answer(entry.request, with: Self.deadlinePassed, context)
            entry.isAnswered = true
        }
        finish(token, nil, context)
    }

    private func work(_ token: IDSequencer.Token, _ context: ChannelHandlerContext) {
        guard let entry = active[token] else { return }
        entry.isRunning = true
        let (request, processor, caller, eventLoop) = (entry.request, processor, caller, context.eventLoop)
        let loopBound = NIOLoopBound((handler: self, context: context), eventLoop: eventLoop)
        let isShort = request.call.isShort && entry.bytes <= ServerLimits.largestInlinePayloadBytes
        tasks.start(on: isShort ? executor : nil) {
            let outcome = await processor.run(request, for: caller)
            let finish: @Sendable () -> Void = {
                let (handler, context) = loopBound.value
                handler.finish(token, outcome, context)
                handler.advance(context)
            }
            if eventLoop.inEventLoop { finish() } else { eventLoop.execute(finish) }
        }
    }

    func finish(
        _ token: IDSequencer.Token, _ outcome: RequestProcessor.Outcome?, _ context: ChannelHandlerContext
    ) {
        guard let entry = active.removeValue(forKey: token) else { return }
        flow.requestFinished(bytes: entry.bytes)
        if entry.isStarted { window.finished(bytes: entry.request.call.largestAnswerBytes) }
        if entry.isAdmitted { release() }
        if case .begun(let turn) = entry.turn { admission.endTurn(turn, of: peer.uid) }
        if let outcome, !entry.isAnswered { answer(entry.request, outcome, context) }
        for next in sequencer.finish(token) { run(next, context) }
    }

    /// Looks at `due` for requests that have not been answered. One timer stands for all: most are answered long before it.
    private func guardAnswers(by due: MonotonicInstant, _ context: ChannelHandlerContext) {
        if let guardTimer {
            if guardTimer.due <= due { return }
            guardTimer.timer.cancel()
        }
        let pause = max(MonotonicInstant.now.duration(to: due), .zero)
        let timer = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(pause)) {
            self.guardTimer = nil
            self.answerLate(context)
        }
        guardTimer = (due, timer)
    }

    /// Answers requests whose deadlines have passed; their work may go on, and its outcome is dropped.
    private func answerLate(_ context: ChannelHandlerContext) {
        let now = MonotonicInstant.now
        let late = active.filter { !$0.value.isAnswered && $0.value.lastAnswerAt <= now }.keys
        for token in late.sorted() { answerEarly(token, Self.deadlinePassed, context) }
        if let next = active.values.lazy.filter({ !$0.isAnswered }).map({ $0.lastAnswerAt }).min() {
            guardAnswers(by: next, context)
        }
        advance(context)
    }

    func answerTheRest(_ context: ChannelHandlerContext) {
        for token in active.keys.sorted() { answerEarly(token, Self.shuttingDown, context) }
    }

    func answerEarly(_ token: IDSequencer.Token, _ error: StoreError, _ context: ChannelHandlerContext) {
        guard let entry = active[token], !entry.isAnswered else { return }
        entry.isAnswered = true
        var error = error
        if entry.isRunning, entry.request.method.isWrite {
            error = StoreError(
                .commitUnknown, "the write had begun and its outcome is not known; read data.ids to learn it",
                ids: entry.request.call.namedMemories)
        }
        answer(entry.request, with: error, context)
        if window.remove(token) || leaveLine(entry) { finish(token, nil, context) }
    }

    /// Whether a request waited for its user's turn: it does so no longer.
    private func leaveLine(_ entry: ActiveRequest) -> Bool {
        guard case .waits(let ticket) = entry.turn else { return false }
        return admission.cancelTurn(ticket, of: peer.uid, in: entry.request.call.lane)
    }

    static let shuttingDown = StoreError(.shuttingDown, "the daemon is shutting down")
    static let deadlinePassed = StoreError(.deadlineExceeded, "the deadline passed; nothing was written")

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

    /// Queues a frame; it is written at the end of this turn.
    func send(_ frame: [UInt8], _ context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        flow.answerQueued(bytes: frame.count)
        if let whole = unsent.append(frame) { write(whole, context) }
    }

    /// Writes what was queued, in one piece.
    func flushAtOnce(_ context: ChannelHandlerContext) {
        sendAtOnce(context)
        if let rest = unsent.take() { write(rest, context) }
        guard unsent.isUnflushed else { return }
        unsent.isUnflushed = false
        isFlushing = true
        context.flush()
        isFlushing = false
        // What made it stop may be gone.
        if !isStarved && flow.hasRoom || window.hasWaiting { isAdvanceWanted = true }
    }

    /// Gives what waits to the socket itself where nothing stands before it: what the channel does for each write costs as much
    /// as the write does. What the socket does not take, errors included, is left to the channel.
    private func sendAtOnce(_ context: ChannelHandlerContext) {
        guard let descriptor, unsent.bytes > 0, flow.answerBytes == unsent.bytes, context.channel.isActive else {
            return
        }
        let count = unsent.buffer.readWithUnsafeReadableBytes { RawSocket.send(descriptor, $0) }
        flow.answerSent(bytes: count)
        unsent.clearIfEmpty()
        if !isStarved && flow.hasRoom || window.hasWaiting { isAdvanceWanted = true }
    }

    private func write(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        let count = bytes.readableBytes
        unsent.isUnflushed = true
        let promise = context.eventLoop.makePromise(of: Void.self)
        context.write(wrapOutboundOut(bytes), promise: promise)
        promise.futureResult.assumeIsolated().whenComplete { _ in
            self.flow.answerSent(bytes: count)
            if !self.isFlushing { self.advance(context) }
        }
    }
}
