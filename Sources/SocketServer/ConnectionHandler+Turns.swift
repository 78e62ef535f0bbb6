import MemoryModel
import MemoryService
import MonotonicClock
import NIOCore
import WireProtocol

// How a connection shares the daemon with others.
extension ConnectionHandler {
    /// Does `work` on this loop once it is the user's turn, which the work has to end. Returns a ticket while it waits.
    func takeTurn(
        in lane: WorkLane, _ context: ChannelHandlerContext,
        _ work: @escaping (ConnectionHandler, ChannelHandlerContext, WorkTurn) -> Void
    ) -> WorkTicket? {
        let uid = peer.uid
        if let turn = admission.beginTurn(of: uid, in: lane) {
            work(self, context, turn)
            return nil
        }
        let eventLoop = context.eventLoop
        let loopBound = NIOLoopBound((handler: self, context: context, work: work), eventLoop: eventLoop)
        let later: UserLoad.Work = { turn in
            eventLoop.execute {
                let (handler, context, work) = loopBound.value
                work(handler, context, turn)
                handler.advance(context)
            }
        }
        switch admission.beginTurn(of: uid, in: lane, orLater: later) {
        case .begun(let turn):
            work(self, context, turn)
            return nil
        case .waits(let ticket, let checkAt):
            if let checkAt { check(at: checkAt, eventLoop) }
            return ticket
        }
    }

    private func check(at instant: MonotonicInstant, _ eventLoop: any EventLoop) {
        let (admission, uid) = (admission, peer.uid)
        Self.check(admission, uid, at: instant, eventLoop)
    }

    private static func check(
        _ admission: Admission, _ uid: UInt32, at instant: MonotonicInstant, _ eventLoop: any EventLoop
    ) {
        eventLoop.scheduleTask(in: TimeAmount(max(instant - .now, .zero))) {
            guard let next = admission.checkTurns(of: uid) else { return }
            check(admission, uid, at: next, eventLoop)
        }
    }

    /// Decodes a large payload off the loop.
    func decodeAside(
        _ payload: [UInt8], receivedAt: MonotonicInstant, _ turn: WorkTurn,
        _ context: ChannelHandlerContext
    ) {
        let (processor, peer, admission, eventLoop) = (processor, peer, admission, context.eventLoop)
        let loopBound = NIOLoopBound((handler: self, context: context), eventLoop: eventLoop)
        tasks.start {
            let preparation = processor.prepare(payload, from: peer, receivedAt: receivedAt)
            eventLoop.execute {
                let (handler, context) = loopBound.value
                admission.endTurn(turn, of: peer.uid)
                handler.flow.isDecoding = false
                handler.begin(preparation, bytes: payload.count, context)
                handler.advance(context)
            }
        }
    }

    /// Answers the next frame `busy`, undecoded, if it would wait for too long.
    func turnFrameAway(_ context: ChannelHandlerContext) -> Bool {
        guard flow.inFlight > 0, let refusal = admission.turnsAway(peer.uid, at: .now) else { return false }
        let request = decoder.take { payload in
            RequestHead(scanning: payload).flatMap { $0.method.needsAdmission ? $0 : nil }
        }
        guard let request else { return false }
        frameSerial += 1
        isTurningAway = true
        send(processor.turnAway(request, of: peer, with: refuse(refusal), receivedAt: lastReadAt), context)
        return true
    }

    /// The error for what is not taken on.
    func refuse(_ refusal: Admission.Refusal) -> StoreError {
        if case .user(let bound, let limit, true) = refusal {
            observer.observe(.userLimited(peer, bound, limit: limit))
        }
        return StoreError(busyWith: refusal, of: peer)
    }
}

extension StoreError {
    /// What who is not taken on is told.
    init(busyWith refusal: Admission.Refusal, of peer: Peer) {
        let message =
            switch refusal {
            case .full: "the daemon has as many requests in flight as it may (limits.max_in_flight)"
            case .user(.connections, let limit, _):
                "uid \(peer.uid) has as many connections as one user may: \(limit) (limits.max_connections_per_uid)"
            case .user(.inFlight, let limit, _):
                "uid \(peer.uid) has as many requests in flight as one user may: \(limit) (limits.max_in_flight_per_uid)"
            case .user(.bufferedBytes, let limit, _):
                "uid \(peer.uid) holds as many bytes as one user may: \(limit) (limits.max_buffered_bytes_per_uid)"
            case .user(.queueWait, let limit, _):
                "uid \(peer.uid) asks for more than can be done, and this would wait for over \(limit) ms "
                    + "(limits.max_queue_wait_ms)"
            }
        self.init(.busy, message, retryAfterMilliseconds: ServerLimits.retryAfterMilliseconds)
    }
}
