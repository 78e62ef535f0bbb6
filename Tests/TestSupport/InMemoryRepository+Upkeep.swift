public import MemoryModel
import MonotonicClock
import Synchronization

extension InMemoryRepository {
    /// Says that there was nothing to do: statistics are always exact.
    public func refreshStatistics(
        ifOlderThan maximumAge: Duration, deadline: MonotonicInstant
    ) async throws(StoreError) -> StatisticsRefresh {
        try await begin("refreshStatistics")
        return StatisticsRefresh(extent: .changes, refreshedAt: now())
    }

    /// There is nothing to drop.
    public func limitStatisticsChanges(
        to maximumBytes: Int64, deadline: MonotonicInstant
    ) async throws(StoreError) -> Bool {
        try await begin("limitStatisticsChanges")
        return false
    }

    /// Adds to `reads`; those of agents without memories are returned.
    public func recordCacheReads(
        _ reads: CacheReads, deadline: MonotonicInstant
    ) async throws(StoreError) -> [AgentID: CacheCounters] {
        try await begin("recordCacheReads")
        let agents = Set(matches(MemoryFilter(), .all).map(\.draft.agentID))
        return state.withLock { state in
            state.reads.total += reads.total
            for (agent, counters) in reads.byAgent where agents.contains(agent) {
                state.reads.byAgent[agent, default: CacheCounters()] += counters
            }
            return reads.byAgent.filter { !agents.contains($0.key) }
        }
    }

    /// All reads that were recorded.
    public var recordedReads: CacheReads { state.withLock { $0.reads } }

    /// All reads that were recorded, as of the beginning of the span.
    public func cacheHistory(
        since start: Timestamp, bucketSeconds: Int64, deadline: MonotonicInstant
    ) async throws(StoreError) -> CacheHistory {
        try await begin("cacheHistory")
        let total = recordedReads.total
        return CacheHistory(
            bucketSeconds: bucketSeconds,
            buckets: total == CacheCounters() ? [] : [CacheHistory.Bucket(start: start, counters: total)])
    }

    /// How many memories there are, and what `setWriteCount` said.
    public func writeCount(deadline: MonotonicInstant) async throws(StoreError) -> Int64 {
        try await begin("writeCount")
        return state.withLock { $0.writes + Int64($0.records.count) }
    }

    /// Makes `writeCount` answer `count` more than there are memories.
    public func setWriteCount(_ count: Int64) { state.withLock { $0.writes = count } }
}
