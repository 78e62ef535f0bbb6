import MemoryModel
import MonotonicClock
import WireProtocol

/// A line in which a user's work waits for its turn. Each kind of work has its own, so that what is answered at once by the
/// cache does not stand behind what waits for PostgreSQL, and what is small not behind what is large.
enum WorkLane: Int, CaseIterable, Sendable {
    /// Calls that tell how the daemon is.
    case status
    /// Reads of one memory.
    case single
    /// Small writes and counts.
    case small
    /// Whatever may take or answer much.
    case bulk
    /// Taking in large requests. Only once that is done their deadline is known, so they don't stand behind other work.
    case decoding
}

/// A piece of work under way.
struct WorkTurn: Equatable, Sendable {
    let lane: WorkLane
    let begin: MonotonicInstant
}

/// Names a piece of work that waits, within its lane.
typealias WorkTicket = UInt64

extension MethodCall {
    /// Whether its work hardly takes a processor's time, but for large requests: it may be done on an event loop.
    var isShort: Bool {
        switch lane {
        case .status, .single, .small: true
        case .bulk, .decoding: if case .query(let query) = self { query.limit <= ServerLimits.shortPage } else { false }
        }
    }

    /// The line in which the call waits.
    var lane: WorkLane {
        switch self {
        case .ping, .getHealth, .getWorkers, .getMetrics: .status
        case .get: .single
        case .store, .storeContext, .delete, .count, .registerAgent, .unregisterAgent: .small
        case .storeBatch, .getBatch, .query, .clear, .cleanupExpired, .getStats, .listAgents, .getCrossAgentInsights,
            .runWorker, .getCacheHistory, .listBackups, .verifyBackup:
            .bulk
        }
    }
}
