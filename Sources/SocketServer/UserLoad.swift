import MemoryService
import MonotonicClock

/// What one user, by its uid, has under way, in all its connections together. An object, since it is looked at far more often
/// than made: it belongs to whoever holds the lock of ``Admission``.
final class UserLoad {
    /// What is to be done when a waiting piece of work has begun.
    typealias Work = @Sendable (WorkTurn) -> Void

    var connections = 0
    var inFlight = 0
    var bytes = 0
    var turns: FairTurns<Work>
    var loops: LoopShare
    /// What of it waits for its turn.
    var line: StandingLine
    /// Whether somebody will look again whether waiting work may begin.
    var isCheckDue = false
    /// Bounds that it has reached, until it is well below them.
    var reached: Set<UserBound> = []

    init(_ bounds: AdmissionBounds) {
        turns = FairTurns(limits: bounds.turns)
        loops = LoopShare(loops: bounds.loops)
        line = StandingLine(limits: bounds.line)
    }

    /// Whether nothing of it is under way.
    var hasNothing: Bool {
        connections == 0 && inFlight == 0 && bytes == 0 && turns.running == 0 && turns.queued == 0 && !isCheckDue
    }

    /// Whether nothing is to be remembered of it: nothing is under way, nor has it used more than its share of late. Who
    /// opens one connection after the other would begin anew with each, otherwise.
    func isIdle(at now: MonotonicInstant) -> Bool {
        hasNothing && loops.isSettled(at: now) && turns.isSettled(at: now)
    }

    /// How much of `bound` is used.
    func used(_ bound: UserBound) -> Int {
        switch bound {
        case .connections: connections
        case .inFlight: inFlight
        case .bufferedBytes: bytes
        case .queueWait: turns.queued
        }
    }
}
