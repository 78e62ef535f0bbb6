import MemoryService
import MonotonicClock
import Synchronization

// Whose turn it is: to have its work done, and to have its frames taken.
extension Admission {
    /// How a piece of work goes on.
    enum Turn {
        /// It has begun: tell ``endTurn(_:of:)`` of its end.
        case begun(WorkTurn)
        /// It waits; it will be told when it has begun. ``checkTurns(of:)`` is to be called at the time given, if one is.
        case waits(WorkTicket, checkAt: Instant?)
    }

    /// Begins a piece of a user's work if it may begin at once.
    func beginTurn(of uid: UInt32, in lane: WorkLane) -> WorkTurn? {
        let now = Instant.now
        return state.withLock { state in
            // Who only looks how the daemon is takes nothing from others.
            if lane != .status { state.activity.note(uid, at: now) }
            let isShared = state.activity.isShared(by: uid, at: now)
            return state.user(uid).turns.begin(in: lane, at: now, isShared: isShared)
                ? .init(lane: lane, begin: now) : nil
        }
    }

    /// Begins a piece of a user's work, or has it wait for its turn: `work` is called then, from any thread.
    func beginTurn(of uid: UInt32, in lane: WorkLane, orLater work: @escaping UserLoad.Work) -> Turn {
        let now = Instant.now
        return state.withLock { state in
            let isShared = state.activity.isShared(by: uid, at: now)
            let user = state.user(uid)
            if user.turns.begin(in: lane, at: now, isShared: isShared) {
                return .begun(.init(lane: lane, begin: now))
            }
            let ticket = user.turns.wait(work, in: lane)
            user.line.changed(to: user.turns.queued, at: now)
            defer { user.isCheckDue = true }
            return .waits(ticket, checkAt: user.isCheckDue ? nil : now + state.bounds.turns.patience.alone)
        }
    }

    /// Takes a piece of work out of the line; false when its turn has come already.
    func cancelTurn(_ ticket: WorkTicket, of uid: UInt32, in lane: WorkLane) -> Bool {
        state.withLock { state in
            let user = state.user(uid)
            defer { user.line.changed(to: user.turns.queued, at: .now) }
            return user.turns.cancel(ticket, in: lane)
        }
    }

    /// Takes note that a piece of work has ended, and lets on what waits.
    func endTurn(_ turn: WorkTurn, of uid: UInt32) {
        let now = Instant.now
        let next = state.withLock { state in
            if turn.lane != .status { state.activity.note(uid, at: now) }
            let isShared = state.activity.isShared(by: uid, at: now)
            defer { state.forgetIfIdle(uid) }
            let user = state.user(uid)
            user.turns.end(turn, at: now)
            return user.nextWork(at: now, isShared: isShared)
        }
        for next in next { next.work(next.turn) }
    }

    /// Looks again whether waiting work may begin: nothing else does while what is under way does not end, or when others
    /// are no longer active. Returns when to look again, if need be.
    func checkTurns(of uid: UInt32) -> Instant? {
        let now = Instant.now
        let (next, checkAt) = state.withLock { state in
            let patience = state.bounds.turns.patience.alone
            let isShared = state.activity.isShared(by: uid, at: now)
            defer { state.forgetIfIdle(uid) }
            let user = state.user(uid)
            let next = user.nextWork(at: now, isShared: isShared)
            user.isCheckDue = user.turns.queued > 0
            return (next, user.isCheckDue ? now + patience : nil)
        }
        for next in next { next.work(next.turn) }
        return checkAt
    }

    /// Whether so much work of a user waits that its connections are slowed.
    func isBackedUp(_ uid: UInt32) -> Bool {
        state.withLock { state in
            guard let user = state.users[uid], user.turns.queued >= ServerLimits.waitingBeforePause else {
                return false
            }
            return !user.turnsAway(at: .now)
        }
    }

    /// Why a further request is not taken on while so many of its user's wait that it would wait for too long; nil when it is.
    func turnsAway(_ uid: UInt32, at now: Instant) -> Refusal? {
        state.withLock { state in
            guard let user = state.users[uid], user.turns.queued >= ServerLimits.waitingBeforePause,
                user.turnsAway(at: now), user.line.isFull(user.turns.queued, at: now)
            else { return nil }
            let limit = Int(state.bounds.line.maximumWait / .milliseconds(1))
            return .user(.queueWait, limit: limit, isNew: user.reached.insert(.queueWait).inserted)
        }
    }

    // MARK: The event loops

    /// Reserves a slice of the event loops' time for a connection of a user. Nil while much of its work waits, unless this
    /// is the first of its connection, or what it has read has waited for long: nobody looks at the deadlines in it.
    func reserveSlice(of uid: UInt32, at now: Instant, isFirst: Bool, since readAt: Instant) -> LoopShare.Slice? {
        state.withLock { state in
            let isShared = state.activity.isShared(by: uid, at: now)
            let user = state.user(uid)
            guard
                isFirst || user.turns.queued < ServerLimits.waitingBeforePause
                    || now - readAt > ServerLimits.longestUndecoded || user.turnsAway(at: now)
            else { return nil }
            return user.loops.reserve(at: now, isShared: isShared)
        }
    }

    /// Reserves a slice for taking over a connection, which counts as so long. Returns when it begins.
    func reserveConnection(of uid: UInt32, lasting time: Duration) -> Instant {
        let now = Instant.now
        return state.withLock { state in
            let isShared = state.activity.isShared(by: uid, at: now)
            let user = state.user(uid)
            let slice = user.loops.reserve(at: now, isShared: isShared)
            user.loops.settle(slice, used: time)
            return slice.begins
        }
    }

    /// Settles a slice of which `used` was used; with `now`, requests were answered in it at once.
    func settle(_ slice: LoopShare.Slice, used: Duration, of uid: UInt32, at now: Instant?) {
        state.withLock { state in
            if let now { state.activity.note(uid, at: now) }
            state.user(uid).loops.settle(slice, used: used)
        }
    }
}

extension UserLoad {
    /// The work that may begin now: it has begun then.
    fileprivate func nextWork(at now: MonotonicInstant, isShared: Bool) -> [(
        turn: WorkTurn, work: Work
    )] {
        guard turns.queued > 0 else { return [] }
        var all: [(turn: WorkTurn, work: Work)] = []
        while let next = turns.next(at: now, isShared: isShared) {
            line.began(at: now)
            all.append(next)
        }
        line.changed(to: turns.queued, at: now)
        return all
    }

    /// Whether requests that would wait for too long are refused, instead of being read more slowly. A lone connection is
    /// only ever slowed: whoever waits there waits for itself.
    fileprivate func turnsAway(at now: MonotonicInstant) -> Bool {
        connections > 1 && line.isStanding(at: now)
    }
}
