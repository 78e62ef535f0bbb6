import MemoryModel
import MonotonicClock

/// Which calls of several callers go to PostgreSQL together, and when: the whole behaviour of grouping, without any I/O.
///
/// A *flight* is a connection that carries one group of calls. Rules:
/// - While no flight is under way, a call goes at once, alone if nobody else waits. Otherwise it waits, and the next
///   flight takes its share of them: those of one scope, up to `members` and `bytes`, and no more than leaves as many to
///   each of `flights`. It begins when one lands, or when so many wait that they are worth one more, up to `flights`.
/// - A flight takes its group when it has a connection, so that whatever waits surely has not been sent. Before, its carrier
///   may wait a moment while the queue is `isGathering`.
/// - Two calls that write the same memory are never under way together: the later one waits.
/// - A flight that lasts longer than `overdue` no longer counts, so that a stuck connection doesn't hold up all calls;
///   up to `allFlights` may be under way then.
/// - A call that waits at its deadline is ended. One that has been sent is given up `grace` later, for whoever carries it
///   should have ended it by then; its flight goes on for the others.
struct GroupQueue<Call: Sendable>: Sendable {
    typealias Instant = MonotonicInstant

    struct Limits: Sendable {
        var flights: Int
        var allFlights: Int
        var members: Int
        var bytes: Int
        /// How many that wait are worth one more flight.
        var crowd: Int
        /// How many a group that takes off waits for a moment to be, if the one before was as large.
        var gathered = 0
        var overdue: Duration
        var grace = Duration.milliseconds(200)
    }

    /// One caller's call.
    struct Member: Sendable {
        /// Names the call for its life.
        let ticket: UInt64
        let deadline: Instant
        /// Calls of different scopes don't share a statement.
        let scope: AgentScope
        /// What the call writes, if it writes.
        let writes: MemoryID?
        /// What the call adds to its group's size.
        let bytes: Int
        let call: Call
    }

    /// Names one flight for its life.
    struct Flight: Hashable, Sendable {
        let number: UInt64
    }

    private struct Group: Sendable {
        var takenAt: Instant?
        var members: [Member] = []
        /// Those that were given up.
        var gone: Set<UInt64> = []
    }

    /// What there is to do after an event.
    struct Actions: Sendable {
        /// Find a connection for this flight, which then takes its group.
        var launch: Flight?
        /// These calls waited until their deadline: they have not been sent.
        var expired: [Member] = []
        /// These calls were sent, and are given up.
        var lost: [Member] = []
        /// Tell `timer` at this instant. An earlier alarm that is still to come is kept, and may ring for nothing.
        var wakeAt: Instant?
    }

    private let limits: Limits
    private var waiting: [Member] = []
    private var flights: [Flight: Group] = [:]
    /// What calls under way write.
    private var written: Set<MemoryID> = []
    /// The flight that has not got its connection yet.
    private var pending: Flight?
    private var lastFlight: UInt64 = 0
    /// How many there were when a group landed last: in it, and waiting.
    private var lastCallers = 0
    private var wakeAt: Instant?

    init(limits: Limits) { self.limits = limits }

    /// How many calls wait.
    var waitingCount: Int { waiting.count }

    /// Until when one of those that wait goes on to wait.
    var latestDeadline: Instant? { waiting.lazy.map { $0.deadline }.max() }

    /// Whether more are about to come: those that were answered last ask again, and fewer wait than there were then. A group
    /// that is sent for the first of them would leave the others behind.
    var isGathering: Bool { waiting.count < min(lastCallers, limits.gathered) }

    // MARK: Events

    /// A call came.
    mutating func join(_ member: Member, at now: Instant) -> Actions {
        guard member.deadline > now else { return Actions(expired: [member]) }
        waiting.append(member)
        var actions = Actions()
        launchIfDue(at: now, &actions)
        arm(at: member.deadline, &actions)
        armForOverdue(at: now, &actions)
        return actions
    }

    /// A flight has its connection: it takes the group, which may be empty.
    mutating func take(_ flight: Flight, at now: Instant) -> (group: [Member], actions: Actions) {
        if pending == flight { pending = nil }
        flights[flight, default: Group()].takenAt = now
        var group: [Member] = []
        var bytes = 0
        var rest: [Member] = []
        let members = min(limits.members, share(of: flight, at: now))
        for member in waiting {
            // The timer ends those whose deadline has come.
            let fits =
                group.isEmpty
                || (group.count < members && bytes + member.bytes <= limits.bytes
                    && member.scope == group[0].scope)
            if fits, member.deadline > now, member.writes.map({ written.insert($0).inserted }) ?? true {
                group.append(member)
                bytes += member.bytes
            } else {
                rest.append(member)
            }
        }
        waiting = rest
        flights[flight]?.members = group
        var actions = Actions()
        launchIfDue(at: now, &actions)
        armForOverdue(at: now, &actions)
        return (group, actions)
    }

    /// A flight has ended, with or without a connection. Returns its group, and which of it were given up before.
    mutating func landed(
        _ flight: Flight, at now: Instant
    ) -> (group: [Member], gone: Set<UInt64>, actions: Actions) {
        if pending == flight { pending = nil }
        let group = flights.removeValue(forKey: flight) ?? Group()
        for member in group.members { if let id = member.writes { written.remove(id) } }
        if !group.members.isEmpty { lastCallers = group.members.count + waiting.count }
        var actions = Actions()
        if group.takenAt == nil { endExpired(at: now, &actions) }
        launchIfDue(at: now, &actions)
        armForOverdue(at: now, &actions)
        return (group.members, group.gone, actions)
    }

    /// No connection can be had for anybody: ends all that wait. Returns them.
    mutating func endAll() -> [Member] {
        defer { waiting = [] }
        return waiting
    }

    /// The caller no longer waits: returns its call unless that is under way.
    mutating func cancel(_ ticket: UInt64) -> Member? {
        waiting.firstIndex { $0.ticket == ticket }.map { waiting.remove(at: $0) }
    }

    /// The time of an alarm has come.
    mutating func timer(at now: Instant) -> Actions {
        var actions = Actions()
        if let wakeAt, wakeAt > now { return actions }
        wakeAt = nil
        endExpired(at: now, &actions)
        for flight in flights.keys {
            let members = flights[flight]?.members ?? []
            for member in members where member.deadline + limits.grace <= now {
                if flights[flight]?.gone.insert(member.ticket).inserted == true { actions.lost.append(member) }
            }
        }
        launchIfDue(at: now, &actions)
        armAgain(at: now, &actions)
        return actions
    }

    // MARK: What follows

    private mutating func endExpired(at now: Instant, _ actions: inout Actions) {
        actions.expired += waiting.filter { $0.deadline <= now }
        waiting.removeAll { $0.deadline <= now }
    }

    private mutating func launchIfDue(at now: Instant, _ actions: inout Actions) {
        guard pending == nil, flights.count < limits.allFlights else { return }
        let counted = flights.values.count { !isOverdue($0, at: now) }
        guard counted == 0 || (counted < limits.flights && waiting.count >= limits.crowd),
            waiting.contains(where: { $0.deadline > now && !($0.writes.map(written.contains) ?? false) })
        else { return }
        lastFlight += 1
        let flight = Flight(number: lastFlight)
        flights[flight] = Group()
        pending = flight
        actions.launch = flight
    }

    /// How many of all calls, those under way included, a flight may take: else a group that takes all that wait would leave
    /// the other flights without any until it lands.
    private func share(of flight: Flight, at now: Instant) -> Int {
        var calls = waiting.count
        for (other, group) in flights where other != flight && !isOverdue(group, at: now) {
            calls += group.members.count
        }
        return max(limits.crowd, (calls + limits.flights - 1) / limits.flights)
    }

    private func isOverdue(_ group: Group, at now: Instant) -> Bool {
        group.takenAt.map { $0 + limits.overdue <= now } ?? false
    }

    private func nextOverdue(after now: Instant) -> Instant? {
        flights.values.compactMap { $0.takenAt.map { $0 + limits.overdue } }.filter { $0 > now }.min()
    }

    /// Has those that wait without a flight looked at when one that is under way no longer counts.
    private mutating func armForOverdue(at now: Instant, _ actions: inout Actions) {
        guard !waiting.isEmpty, pending == nil, let overdue = nextOverdue(after: now) else { return }
        arm(at: overdue, &actions)
    }

    private mutating func armAgain(at now: Instant, _ actions: inout Actions) {
        for member in waiting { arm(at: member.deadline, &actions) }
        for group in flights.values {
            for member in group.members where !group.gone.contains(member.ticket) {
                arm(at: member.deadline + limits.grace, &actions)
            }
        }
        armForOverdue(at: now, &actions)
    }

    private mutating func arm(at instant: Instant, _ actions: inout Actions) {
        if let wakeAt, wakeAt <= instant { return }
        wakeAt = instant
        actions.wakeAt = instant
    }
}
