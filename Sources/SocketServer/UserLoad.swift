import MemoryService

/// What one user, by its uid, has under way, in all its connections together.
struct UserLoad {
    /// What is to be done when a waiting piece of work has begun.
    typealias Work = @Sendable (WorkTurn) -> Void

    var connections = 0
    var inFlight = 0
    var bytes = 0
    var turns: FairTurns<Work>
    var loops: LoopShare
    /// Whether somebody will look again whether waiting work may begin.
    var isCheckDue = false
    /// Bounds that it has reached, until it is well below them.
    var reached: Set<UserBound> = []

    /// Whether nothing is to be remembered of it.
    var isIdle: Bool { connections == 0 && inFlight == 0 && bytes == 0 && turns.running == 0 && turns.queued == 0 }

    /// How much of `bound` is used.
    func used(_ bound: UserBound) -> Int {
        switch bound {
        case .connections: connections
        case .inFlight: inFlight
        case .bufferedBytes: bytes
        }
    }
}
