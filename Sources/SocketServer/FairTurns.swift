import DequeModule
import MonotonicClock

/// One user's work that is under way, and what waits for its turn: first come, first served within a lane, and lane after
/// lane.
///
/// Who is alone may have some work of each lane begun of late: enough to keep the machine busy, and not so much that
/// somebody who comes has to wait for long. While other users are active too, a user that has used no more than its share
/// may have `shared` under way in a lane, and one that has used more, `heavy` in all: so its work never fills the queues
/// behind (the processors, the connections to PostgreSQL), in which all users' work stands in one line. Work that takes
/// longer than `patience` is waiting itself, for a lock perhaps: it does not hold up its user's other work for ever, though
/// of one that is heavy no more than `stuck` may be under way in a lane for that reason.
///
/// A plain state machine: the lock and the clock are its owner's.
struct FairTurns<Work> {
    typealias Instant = MonotonicInstant

    struct Limits: Sendable {
        /// What one user may have begun of late in each lane while it is alone.
        var alone: [WorkLane: Int] = [.status: 16, .single: 64, .small: 64, .bulk: 4, .decoding: 4]
        var shared = 6
        var heavy = 1
        /// For who is alone, and for others: work takes longer beside others'.
        var patience = (alone: Duration.milliseconds(250), shared: Duration.seconds(1))
        var stuck: Int { heavy * 3 }
        /// Of each second that users share, so much work of one user is its share.
        var share = 0.5
        /// How far a user may be before its share, or behind.
        var saved = Duration.milliseconds(50)
        var owed = Duration.milliseconds(250)
    }

    private let limits: Limits
    /// The work under way, the oldest first.
    private var turns: Deque<WorkTurn> = []
    private var waiting: [Deque<(ticket: WorkTicket, work: Work)>]
    private var lastTicket: WorkTicket = 0
    /// The lane whose work began last.
    private var lastLane = 0
    /// Working time that the user may have, less what it had.
    private var credit: Duration
    private var settledAt: Instant?

    /// Pieces of work that wait.
    private(set) var queued = 0

    init(limits: Limits) {
        self.limits = limits
        credit = limits.saved
        waiting = WorkLane.allCases.map { _ in [] }
    }

    /// Pieces of work under way.
    var running: Int { turns.count }

    /// Whether, nothing being under way, the user has all the credit there can be.
    func isSettled(at now: Instant) -> Bool {
        guard let settledAt else { return true }
        return credit + (now - settledAt) * limits.share >= limits.saved
    }

    /// Begins a piece of work if it may begin at once.
    mutating func begin(in lane: WorkLane, at now: Instant, isShared: Bool) -> Bool {
        settle(at: now)
        guard waiting[lane.rawValue].isEmpty, mayBegin(in: lane, at: now, isShared: isShared) else { return false }
        turns.append(WorkTurn(lane: lane, begin: now))
        return true
    }

    /// Puts a piece of work at the end of its lane.
    mutating func wait(_ work: Work, in lane: WorkLane) -> WorkTicket {
        lastTicket += 1
        waiting[lane.rawValue].append((lastTicket, work))
        queued += 1
        return lastTicket
    }

    /// Takes a piece of work out of its lane; false when its turn has come already.
    mutating func cancel(_ ticket: WorkTicket, in lane: WorkLane) -> Bool {
        guard let index = waiting[lane.rawValue].firstIndex(where: { $0.ticket == ticket }) else { return false }
        waiting[lane.rawValue].remove(at: index)
        queued -= 1
        return true
    }

    /// Takes note that a piece of work has ended.
    mutating func end(_ turn: WorkTurn, at now: Instant) {
        settle(at: now)
        if let index = turns.firstIndex(of: turn) { turns.remove(at: index) }
    }

    /// The next piece of work, if any may begin now: it has begun then.
    mutating func next(at now: Instant, isShared: Bool) -> (turn: WorkTurn, work: Work)? {
        guard queued > 0 else { return nil }
        settle(at: now)
        for step in 1...waiting.count {
            let index = (lastLane + step) % waiting.count
            guard !waiting[index].isEmpty, let lane = WorkLane(rawValue: index),
                mayBegin(in: lane, at: now, isShared: isShared)
            else { continue }
            lastLane = index
            let turn = WorkTurn(lane: lane, begin: now)
            turns.append(turn)
            queued -= 1
            return (turn, waiting[index].removeFirst().work)
        }
        return nil
    }

    private mutating func mayBegin(in lane: WorkLane, at now: Instant, isShared: Bool) -> Bool {
        if turns.count < limits.heavy { return true }
        guard isShared else {
            let places = limits.alone[lane] ?? 1
            return turns.count < places || recent(now, limits.patience.alone, in: lane) < places
        }
        let inLane = turns.lazy.count { $0.lane == lane }
        if credit > .zero { return inLane < limits.shared }
        return inLane < limits.stuck && recent(now, limits.patience.shared) < limits.heavy
    }

    /// Pieces of work that began of late.
    private func recent(_ now: Instant, _ patience: Duration, in lane: WorkLane? = nil) -> Int {
        var count = 0
        for turn in turns.reversed() {
            guard now - turn.begin < patience else { break }
            if lane == nil || turn.lane == lane { count += 1 }
        }
        return count
    }

    /// Gives the user its share of the time since the last look, and takes what its work had. What is stuck has nothing, and
    /// while anything is, nothing is given: who can tell a lock from a machine that is busy with this user's work?
    private mutating func settle(at now: Instant) {
        defer { settledAt = now }
        guard let settledAt, now > settledAt else { return }
        var working = turns.count
        for turn in turns {
            guard now - turn.begin >= limits.patience.shared else { break }
            working -= 1
        }
        let given = working < turns.count ? 0 : limits.share
        let change = (now - settledAt) * (given - Double(working))
        credit = min(max(credit + change, .zero - limits.owed), limits.saved)
    }
}
