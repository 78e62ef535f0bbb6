public import MemoryModel
import MonotonicClock
import PostgresDriver

extension PostgresMemoryRepository {
    /// Adds reads to the totals, to this minute of the history, and to the agents that have statistics; those of the
    /// other agents are returned. A transaction: with any error but `commit_unknown` nothing was added.
    public func recordCacheReads(
        _ reads: CacheReads, deadline: MonotonicInstant
    ) async throws(StoreError) -> [AgentID: CacheCounters] {
        let total: [PostgresValue] = [.int8(reads.total.hits), .int8(reads.total.misses)]
        let agents = Array(reads.byAgent)
        let byAgent: [PostgresValue] = [
            .textArray(agents.map(\.key.value)), .int8Array(agents.map(\.value.hits)),
            .int8Array(agents.map(\.value.misses)),
        ]
        let recorded = try await write(deadline: deadline) { session in
            try session.transaction { session in
                _ = try session.execute(RepositoryStatements.addCacheReads, total)
                if reads.total != CacheCounters() {
                    _ = try session.execute(RepositoryStatements.addCacheHistory, total)
                }
                _ = try session.execute(RepositoryStatements.pruneCacheHistory)
                let rows = try session.execute(RepositoryStatements.addAgentCacheReads, byAgent)
                return try (0..<rows.rowCount).map { try rows.agentID($0, 0) }
            }
        }
        let known = Set(recorded)
        return reads.byAgent.filter { !known.contains($0.key) }
    }

    /// Reads of all daemons since `start`, in buckets of `bucketSeconds`, which begin at multiples of it since 1970. The
    /// history is kept by the minute, for 31 days. Throws `invalid_params` unless `bucketSeconds` is a multiple of 60.
    public func cacheHistory(
        since start: Timestamp, bucketSeconds: Int64, deadline: MonotonicInstant
    ) async throws(StoreError) -> CacheHistory {
        guard bucketSeconds > 0, bucketSeconds <= 31 * 86_400, bucketSeconds % 60 == 0 else {
            throw StoreError(
                .invalidParams, "buckets of the history are whole minutes, 31 days at most: not \(bucketSeconds) s")
        }
        let values: [PostgresValue] = [
            .timestamptz(microsecondsSinceUnixEpoch: start.microseconds), .int8(bucketSeconds),
        ]
        return try await read(deadline: deadline) { session in
            let rows = try session.execute(RepositoryStatements.cacheHistory, values)
            let buckets = try (0..<rows.rowCount).map { row in
                CacheHistory.Bucket(
                    start: try rows.timestamp(row, 0),
                    counters: CacheCounters(hits: try rows.int8(row, 1), misses: try rows.int8(row, 2)))
            }
            return CacheHistory(bucketSeconds: bucketSeconds, buckets: buckets)
        }
    }

    /// How many memories were written since PostgreSQL began to count: a replaced, deleted or expired one counts too. It
    /// falls to 0 when PostgreSQL crashes or its statistics are reset, and follows a write by up to a second.
    public func writeCount(deadline: MonotonicInstant) async throws(StoreError) -> Int64 {
        try await read(deadline: deadline) { session in
            try session.execute(RepositoryStatements.writeCount).int8(0, 0)
        }
    }
}
