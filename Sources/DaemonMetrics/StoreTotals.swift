public import MemoryModel
import MonotonicClock
import Synchronization

/// How much is remembered, in all.
public struct StoreTotals: Hashable, Sendable {
    /// Memories, agents that have any, and distinct tags.
    public var memories, agents, tags: Int64

    /// The instant at which this was true.
    public var refreshedAt: Timestamp

    /// Makes totals of their parts.
    public init(memories: Int64, agents: Int64, tags: Int64, refreshedAt: Timestamp) {
        self.memories = memories
        self.agents = agents
        self.tags = tags
        self.refreshedAt = refreshedAt
    }

    /// The totals of statistics.
    public init(_ statistics: MemoryStatistics) {
        self.init(
            memories: statistics.totalMemories, agents: Int64(statistics.memoriesByAgent.count),
            tags: statistics.tagCount, refreshedAt: statistics.refreshedAt)
    }
}

/// Remembers totals, so that one who asks each second does not have PostgreSQL read a row for each agent each time.
final class RememberedTotals: Sendable {
    /// How long they are remembered: the statistics are refreshed about as often.
    static let lifetime = Duration.seconds(30)

    /// After how long they are asked for again when that failed.
    static let retryDelay = Duration.seconds(2)

    private struct State {
        var totals: StoreTotals?
        var nextRead: MonotonicInstant?
    }

    private let state = Mutex(State())

    /// The totals, read by `read` when what is remembered is too old; the old ones when that fails.
    func totals(
        now: MonotonicInstant, _ read: @Sendable () async -> StoreTotals?
    ) async -> StoreTotals? {
        let (known, isDue) = state.withLock { state in
            let isDue = state.nextRead.map { $0 <= now } ?? true
            // Who asks meanwhile need not read, too.
            if isDue { state.nextRead = now + Self.retryDelay }
            return (state.totals, isDue)
        }
        guard isDue, let totals = await read() else { return known }
        state.withLock { state in
            state.totals = totals
            state.nextRead = now + Self.lifetime
        }
        return totals
    }
}
