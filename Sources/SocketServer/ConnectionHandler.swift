import MemoryModel
import MemoryService
import MonotonicClock
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

    /// A request that was decoded and has not finished.
    final class ActiveRequest {
        let request: RequestProcessor.Prepared
        let bytes: Int
        /// When it is answered whatever the service does.
        let lastAnswerAt: MonotonicInstant
        var isAdmitted: Bool
        /// Whether its answer's bytes are reserved: it runs, or waits for its user's turn.
        var isStarted = false
        var turn: PendingTurn?
        var isRunning = false
        var isAnswered = false

        init(_ request: RequestProcessor.Prepared, bytes: Int, isAdmitted: Bool) {
            self.request = request
            self.bytes = bytes
            self.isAdmitted = isAdmitted
            lastAnswerAt = request.deadline + ServerLimits.answerLateness
        }
    }

    /// Where a request stands among its user's.
    enum PendingTurn {
        case waits(WorkTicket)
        case begun(WorkTurn)
    }

    let processor: RequestProcessor
    let admission: Admission
    let tasks: RunningTasks
    /// Where short requests are carried out; nil: where the others are.
    let executor: LoopExecutor?
    /// Where answers wait for the end of the loop's turn; nil: they are written at once.
    private let flushQueue: FlushQueue?
    /// The socket, for shutting its input and for answers that it takes at once; nil: there is none.
    let descriptor: Int32?
    /// Who is at the other end.
    let peer: Peer
    private var access: PeerAccess
    let observer: any Observer
    let configuration: SocketServerConfiguration

    // Unchecked what each frame comes by: all of it is used on the event loop alone, and nothing that is called while one of
    // these changes comes back to it. The checks took a sixth of the instructions of a cached `get`.
    @exclusivity(unchecked) private var isFlushDue = false
    @exclusivity(unchecked) var decoder: FrameDecoder
    @exclusivity(unchecked) var flow: ConnectionFlow
    @exclusivity(unchecked) var sequencer = IDSequencer()
    @exclusivity(unchecked) var window: AnswerWindow
    var active: [IDSequencer.Token: ActiveRequest] = [:]
    var lastToken: IDSequencer.Token = 0
    /// Looks for requests that are to be answered by now; at the latest when the first of them is.
    var guardTimer: (due: MonotonicInstant, timer: Scheduled<Void>)?

    /// When the bytes read last arrived: what frames in them are timed from.
    @exclusivity(unchecked) var lastReadAt = MonotonicInstant.now
    /// Whether that is about now still: nothing has been done since.
    @exclusivity(unchecked) private var isReadFresh = false
    /// Whether every complete frame was taken out of the decoder.
    @exclusivity(unchecked) var isStarved = true
    @exclusivity(unchecked) var isReading = false
    @exclusivity(unchecked) var isInputClosed = false
    @exclusivity(unchecked) var isDraining = false
    /// From when on the peer is to send nothing more, whatever it does; nil until the daemon stops.
    private var inputEnd: MonotonicInstant?
    private var isInputEndScheduled = false
    /// Whether the peer can send nothing more: what it has sent is still read.
    private var isInputShut = false
    @exclusivity(unchecked) var isRefused = false
    @exclusivity(unchecked) var isClosing = false
    /// Whether the user's share of the loop's time is used up: it goes on by itself later.
    @exclusivity(unchecked) var isPaced = false
    /// The slice of the loop's time that this connection waited for, until it is used; and whether there is one.
    private var slice: LoopShare.Slice?
    @exclusivity(unchecked) private var isPaidFor = false
    @exclusivity(unchecked) private var isAdvancing = false
    @exclusivity(unchecked) var isAdvanceWanted = false
    @exclusivity(unchecked) var isFlushing = false
    /// The time for requests in flight is over: nothing begins any more.
    var isExpired = false
    @exclusivity(unchecked) var heldBytes = 0
    /// Whether something was answered at once in this slice of the loop's time.
    @exclusivity(unchecked) var hasRecalled = false
    /// Frames that are written together at the end of a turn.
    @exclusivity(unchecked) var unsent = UnsentAnswers()
    @exclusivity(unchecked) var frameTimer: (serial: UInt64, timer: Scheduled<Void>)?
    @exclusivity(unchecked) var frameSerial: UInt64 = 0
    @exclusivity(unchecked) var isPollScheduled = false
    /// Whether a request was refused for the length of its user's line: the connection is not read for a moment.
    @exclusivity(unchecked) var isTurningAway = false

    init(
        processor: RequestProcessor, admission: Admission, tasks: RunningTasks = RunningTasks(),
        executor: LoopExecutor? = nil, flushQueue: FlushQueue? = nil, access: PeerAccess, descriptor: Int32? = nil,
        observer: any Observer, configuration: SocketServerConfiguration
    ) {
        self.processor = processor
        self.admission = admission
        self.tasks = tasks
        self.executor = executor
        self.flushQueue = flushQueue
        self.access = access
        peer = access.peer
        self.descriptor = descriptor
        self.observer = observer
        self.configuration = configuration
        decoder = FrameDecoder(maximumFrameBytes: configuration.maximumFrameBytes)
        flow = ConnectionFlow(
            maximumInFlight: configuration.maximumInFlightPerConnection,
            maximumBytes: configuration.maximumBufferedBytesPerConnection)
        window = AnswerWindow(
            maximumBytes: configuration.maximumBufferedBytesPerConnection * ServerLimits.answersUnderWayFactor)
    }

    /// ``peer`` with what it may do now.
    var caller: Caller { access.caller }

    // MARK: Events of the channel

    func channelActive(context: ChannelHandlerContext) {
        advance(context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isRefused else { return }
        lastReadAt = .now
        isReadFresh = true
        var bytes = unwrapInboundIn(data)
        decoder.append(&bytes)
        isStarved = false
        advance(context)
        isReadFresh = false
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
            if inputEnd == nil { inputEnd = .now + ServerLimits.farewellTime }
            if event == .expire {
                isExpired = true
                inputEnd = .now
                answerTheRest(context)
            }
            advance(context)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        isClosing = true
        frameTimer?.timer.cancel()
        guardTimer?.timer.cancel()
        guardTimer = nil
        // Requests that run go on to their end; they are released as they finish. Reads that wait are of use to nobody.
        for token in window.removeAll() { finish(token, nil, context) }
        hold(bytes: -heldBytes)
        heldBytes = 0
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A broken connection; there is nobody left to tell.
        context.close(promise: nil)
    }

    // MARK: Going on

    /// Does whatever can be done next: takes frames, reads, arms the frame timer, closes.
    ///
    /// What it does may call it again (a write that completes at once does): then it goes round once more instead of
    /// nesting, else a client that sends many faulty frames in one go would have its daemon run out of stack.
    func advance(_ context: ChannelHandlerContext) {
        isAdvanceWanted = true
        guard !isAdvancing else { return }
        isAdvancing = true
        while isAdvanceWanted, !isClosing {
            isAdvanceWanted = false
            advanceOnce(context)
        }
        isAdvancing = false
    }

    /// Writes what was queued, now or at the end of the loop's turn.
    private func flush(_ context: ChannelHandlerContext) {
        guard let flushQueue else { return flushAtOnce(context) }
        guard !isFlushDue, unsent.bytes > 0 || unsent.isUnflushed else { return }
        isFlushDue = true
        flushQueue.add(self, context)
    }

    /// The end of the loop's turn has come.
    func flushDue(_ context: ChannelHandlerContext) {
        isFlushDue = false
        guard !isClosing else { return }
        flushAtOnce(context)
        countHeldBytes()
        // What waited for this: room to read on, a stop, a refusal, the end of what the peer sends.
        let mayRead = !isReading && flow.hasRoom
        if isAdvanceWanted || mayRead || isRefused || isDraining || isInputClosed { advance(context) }
    }

    private func advanceOnce(_ context: ChannelHandlerContext) {
        takeFrames(context)
        while window.hasWaiting,
            let token = window.next(
                unread: flow.answerBytes, isMemoryTight: admission.isMemoryTight(for: peer.uid))
        {
            start(token, context)
        }
        flush(context)
        // What is about to be written is not held.
        if !isFlushDue { countHeldBytes() }
        if isRefused {
            if flow.isIdle { closeRefused(context) }
            return
        }
        if isDraining { shutInput(context) }
        if flow.isIdle, isInputClosed && isStarved || isInputShut && descriptor == nil {
            isClosing = true
            context.close(promise: nil)
            return
        }
        let isPaused = isMemoryShort
        // A connection with nothing under way is always heard: perhaps it asks how the daemon is.
        let isSlowed = !isDraining && flow.inFlight > 0 && (isTurningAway || admission.isBackedUp(peer.uid))
        updateFrameTimer(context, isSlowed: isSlowed)
        guard flow.hasRoom, isStarved, !isInputClosed, !isReading, !isPaced else { return }
        if isPaused || isSlowed {
            return pollLater(context, in: isTurningAway ? ServerLimits.refusalPause : ServerLimits.pollInterval)
        }
        isReading = true
        context.read()
    }

    /// When the daemon stops and nothing of this connection runs any more, the peer can send no more: from then on its
    /// writes fail, so that it knows that such a request was not carried out. What it has sent until then is read to its
    /// end and answered. So no request that was sent whole stays without an answer, and none is lost in a closed socket.
    ///
    /// Before that a peer that is talking is told `shutting_down` for a moment, so that one with several requests under way
    /// can leave by itself: not everyone reads on after a write has failed.
    private func shutInput(_ context: ChannelHandlerContext) {
        // One that has not read its answers yet would not read them after a failed write.
        guard !isInputShut, !flow.isDecoding, flow.answerBytes == 0 || isExpired else { return }
        guard let inputEnd, active.values.allSatisfy(\.isAnswered) else { return }
        let due = min(max(inputEnd - ServerLimits.farewellTime, lastReadAt) + ServerLimits.farewellSilence, inputEnd)
        let isTalking = descriptor.map(RawSocket.hasInput) ?? false
        if !isInputClosed, .now < due || isTalking && .now < inputEnd { return scheduleInputEnd(at: due, context) }
        isInputShut = true
        guard let descriptor, !isInputClosed, context.channel.isActive else { return }
        RawSocket.shutInput(descriptor)
    }

    private func scheduleInputEnd(at due: MonotonicInstant, _ context: ChannelHandlerContext) {
        guard !isInputEndScheduled else { return }
        isInputEndScheduled = true
        let pause = max(MonotonicInstant.now.duration(to: due), .milliseconds(1))
        context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(pause)) {
            self.isInputEndScheduled = false
            self.advance(context)
        }
    }

    var isMemoryShort: Bool {
        decoder.bufferedBytes > ServerLimits.frameBytesUnderPressure && admission.isMemoryShort(for: peer.uid)
    }

    private func pollLater(_ context: ChannelHandlerContext, in pause: Duration = ServerLimits.pollInterval) {
        guard !isPollScheduled else { return }
        isPollScheduled = true
        context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(pause)) {
            self.isPollScheduled = false
            self.isTurningAway = false
            self.advance(context)
        }
    }

    private func countHeldBytes() {
        // The channel may have gone in the middle of this turn: what it held was given back then.
        guard !isClosing else { return }
        let bytes = flow.requestBytes + flow.answerBytes + decoder.bufferedBytes
        guard bytes != heldBytes else { return }
        hold(bytes: bytes - heldBytes)
        heldBytes = bytes
    }

    private func hold(bytes: Int) {
        tell(relieved: admission.hold(bytes: bytes, of: peer.uid))
    }

    /// Tells of bounds that this connection's user is well below again.
    func tell(relieved bounds: [UserBound]) {
        for bound in bounds { observer.observe(.userRelieved(uid: peer.uid, bound)) }
    }

    /// Takes what frames there are, for as long as the user's share of the loop's time allows.
    private func takeFrames(_ context: ChannelHandlerContext) {
        while flow.hasRoom, !isRefused, !isStarved, !isPaced, !isClosing {
            // At the end all that comes is refused, which must not take long.
            if isDraining {
                takeFrame(context)
                continue
            }
            // Reading the clock for each step would cost a tenth of answering.
            var now = isReadFresh ? lastReadAt : .now
            isReadFresh = false
            guard let slice = takeSlice(at: now) else { return pollLater(context) }
            guard slice.begins <= now else { return pace(slice, context) }
            let begin = now
            hasRecalled = false
            repeat {
                if let answeredAt = recallFrame() {
                    now = answeredAt
                } else {
                    if !turnFrameAway(context) { takeFrame(context) }
                    now = .now
                }
                if !decoder.isInsideFrame { isStarved = true }
            } while flow.hasRoom && !isRefused && !isStarved && now - begin < LoopShare.slice
            admission.settle(slice, used: now - begin, of: peer.uid, at: hasRecalled ? now : nil)
        }
    }

    /// The slice that was waited for, or another one.
    private func takeSlice(at now: MonotonicInstant) -> LoopShare.Slice? {
        guard isPaidFor, let slice = self.slice else {
            return admission.reserveSlice(of: peer.uid, at: now, isFirst: flow.inFlight == 0, since: lastReadAt)
        }
        isPaidFor = false
        self.slice = nil
        return slice
    }

    private func takeFrame(_ context: ChannelHandlerContext) {
        switch decoder.next() {
        case .needsMore: isStarved = true
        case .tooLarge(let declared): refuseFrame(context, declared: Int(declared))
        case .frame(let payload):
            frameSerial += 1
            take(payload, context)
        }
    }

    /// Goes on when the slice begins. That the loop looks at other connections meanwhile is the point: it does so only
    /// when no task of its own is due.
    private func pace(_ slice: LoopShare.Slice, _ context: ChannelHandlerContext) {
        isPaced = true
        (isPaidFor, self.slice) = (true, slice)
        let delay = max(slice.begins - .now, ServerLimits.shortestPace)
        context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(delay)) {
            self.isPaced = false
            self.advance(context)
        }
    }

    private func take(_ payload: [UInt8], _ context: ChannelHandlerContext) {
        let (processor, peer, receivedAt) = (processor, peer, lastReadAt)
        guard payload.count > ServerLimits.largestInlinePayloadBytes else {
            let preparation = processor.prepare(payload, from: peer, receivedAt: receivedAt)
            return begin(preparation, bytes: payload.count, context)
        }
        flow.isDecoding = true
        _ = takeTurn(in: .decoding, context) { handler, context, turn in
            handler.decodeAside(payload, receivedAt: receivedAt, turn, context)
        }
    }
}
