import MemoryModel
import MemoryService
import MonotonicClock
import Synchronization

/// The bounds that all connections share, each user's part of them, and whose turn it is. Safe from any thread.
final class Admission: Sendable {
    typealias Instant = MonotonicInstant

    struct State {
        var bounds: AdmissionBounds
        var inFlight = 0
        var bytes = 0
        var connections = 0
        var users: [UInt32: UserLoad] = [:]
        var activity = Activity(memory: ServerLimits.activityMemory)
    }

    /// Why a request or a connection is not taken on.
    enum Refusal: Equatable {
        /// All users together have as much as there may be.
        case full
        /// This user has as much as one may; whether it has just come to it.
        case user(UserBound, limit: Int, isNew: Bool)
    }

    let state: Mutex<State>

    init(_ bounds: AdmissionBounds) {
        state = Mutex(State(bounds: bounds))
    }

    /// How many connections there may be, in all and of one user, from now on.
    func reconfigure(maximumConnections: Int, perUser: Int) {
        state.withLock { state in
            state.bounds.maximumConnections = maximumConnections
            state.bounds.maximumConnectionsPerUser = perUser
        }
    }

    /// Counts a request in, or says why not. An admitted one must be released.
    func admit(of uid: UInt32) -> Refusal? {
        state.withLock { state in
            let bounds = state.bounds
            guard state.inFlight < bounds.maximumInFlight, state.bytes < bounds.maximumBytes else { return .full }
            let user = state.user(uid)
            // A lone connection is slowed by its own bounds, and never told that it is too much.
            if user.connections != 1 {
                if let refusal = user.reaches(.inFlight, bounds.maximumInFlightPerUser) { return refusal }
                if let refusal = user.reaches(.bufferedBytes, bounds.maximumBytesPerUser) { return refusal }
            }
            user.inFlight += 1
            state.inFlight += 1
            return nil
        }
    }

    /// Counts a request in that was admitted before, whatever the bound: the few that a connection may run at once.
    func admitParked(of uid: UInt32) {
        state.withLock { state in
            state.inFlight += 1
            state.user(uid).inFlight += 1
        }
    }

    /// Counts an admitted request out. Returns the bounds that its user is well below again.
    func release(of uid: UInt32) -> [UserBound] {
        state.withLock { state in
            state.inFlight -= 1
            defer { state.forgetIfIdle(uid) }
            let user = state.user(uid)
            user.inFlight -= 1
            return user.relieved(state.bounds)
        }
    }

    /// Counts bytes that a connection holds (a negative number gives them back). Returns the bounds that its user is well
    /// below again.
    func hold(bytes: Int, of uid: UInt32) -> [UserBound] {
        state.withLock { state in
            state.bytes += bytes
            defer { if bytes < 0 { state.forgetIfIdle(uid) } }
            let user = state.user(uid)
            user.bytes += bytes
            return bytes < 0 ? user.relieved(state.bounds) : []
        }
    }

    /// Counts a connection in, or says why not. An admitted one must be released.
    func admitConnection(of uid: UInt32) -> Refusal? {
        state.withLock { state in
            let bounds = state.bounds
            state.forgetSettledUsers()
            guard state.connections < bounds.maximumConnections else { return .full }
            let user = state.user(uid)
            if let refusal = user.reaches(.connections, bounds.maximumConnectionsPerUser) { return refusal }
            user.connections += 1
            state.connections += 1
            return nil
        }
    }

    /// Counts a connection out. Returns the bounds that its user is well below again.
    func releaseConnection(of uid: UInt32) -> [UserBound] {
        state.withLock { state in
            state.connections -= 1
            defer { state.forgetIfIdle(uid) }
            let user = state.user(uid)
            user.connections -= 1
            return user.relieved(state.bounds)
        }
    }

    /// Whether the connections together, or those of this user, hold as many bytes as they may.
    func isMemoryShort(for uid: UInt32) -> Bool {
        state.withLock { state in
            let bounds = state.bounds
            return state.bytes >= bounds.maximumBytes || (state.users[uid]?.bytes ?? 0) >= bounds.maximumBytesPerUser
        }
    }

    /// Whether the connections together, or those of this user, hold half of the bytes that they may: time to spare the
    /// rest.
    func isMemoryTight(for uid: UInt32) -> Bool {
        state.withLock { state in
            let bounds = state.bounds
            return state.bytes >= bounds.maximumBytes / 2
                || (state.users[uid]?.bytes ?? 0) >= bounds.maximumBytesPerUser / 2
        }
    }

    /// Bytes that the connections hold now.
    var heldBytes: Int {
        state.withLock { $0.bytes }
    }

    /// Requests in flight now.
    var inFlight: Int {
        state.withLock { $0.inFlight }
    }
}

/// The bounds of what is taken on, of all users together and of each.
struct AdmissionBounds: Sendable {
    var maximumConnections = Int.max
    var maximumConnectionsPerUser = Int.max
    var maximumInFlight: Int
    var maximumInFlightPerUser = Int.max
    var maximumBytes: Int
    var maximumBytesPerUser = Int.max
    var turns = FairTurns<UserLoad.Work>.Limits()
    var line = StandingLine.Limits()
    var loops = 1

    init(maximumInFlight: Int, maximumBytes: Int) {
        self.maximumInFlight = maximumInFlight
        self.maximumBytes = maximumBytes
    }

    func limit(of bound: UserBound) -> Int {
        switch bound {
        case .connections: maximumConnectionsPerUser
        case .inFlight: maximumInFlightPerUser
        case .bufferedBytes: maximumBytesPerUser
        case .queueWait: ServerLimits.waitingBeforePause
        }
    }
}

extension Admission.State {
    /// What is known of a user, which may be nothing.
    mutating func user(_ uid: UInt32) -> UserLoad {
        if let user = users[uid] { return user }
        let user = UserLoad(bounds)
        users[uid] = user
        return user
    }

    /// Forgets a user of whom nothing is to be remembered.
    mutating func forgetIfIdle(_ uid: UInt32) {
        guard let user = users[uid], user.hasNothing, user.isIdle(at: .now) else { return }
        users[uid] = nil
    }

    /// Forgets those who were kept for what they had used before, once there are many.
    fileprivate mutating func forgetSettledUsers() {
        guard users.count > ServerLimits.rememberedUsers else { return }
        let now = MonotonicInstant.now
        users = users.filter { !$0.value.isIdle(at: now) }
    }
}

extension UserLoad {
    /// Why no more is taken on, if `bound` is reached.
    fileprivate func reaches(_ bound: UserBound, _ limit: Int) -> Admission.Refusal? {
        guard used(bound) >= limit else { return nil }
        return .user(bound, limit: limit, isNew: reached.insert(bound).inserted)
    }

    /// The bounds that were reached and of which a quarter is free again.
    fileprivate func relieved(_ bounds: AdmissionBounds) -> [UserBound] {
        guard !reached.isEmpty else { return [] }
        let relieved = reached.filter { bound in
            let limit = bounds.limit(of: bound)
            return used(bound) <= limit - max(limit / 4, 1)
        }
        reached.subtract(relieved)
        return Array(relieved)
    }
}
