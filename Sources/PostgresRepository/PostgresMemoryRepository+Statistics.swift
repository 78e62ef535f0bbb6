public import MemoryModel
import PostgresDriver

extension PostgresMemoryRepository {
    /// Statistics no older than `maximumAge`: the kept ones, after a refresh if need be, or with zero the exact ones.
    public func statistics(
        maximumAge: Duration, scope: AgentScope, deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> MemoryStatistics {
        guard maximumAge > .zero else { return try await exactStatistics(scope: scope, deadline: deadline) }
        if let stored = try await storedStatistics(maximumAge: maximumAge, scope: scope, deadline: deadline) {
            return stored
        }
        if try await refreshInHalfTheTime(ifOlderThan: maximumAge, deadline: deadline),
            let stored = try await storedStatistics(maximumAge: maximumAge, scope: scope, deadline: deadline)
        {
            return stored
        }
        return try await exactStatistics(scope: scope, deadline: deadline)
    }

    /// Computes `brain_memory_stats` anew, unless that was done less than `maximumAge` ago; whether it was done now.
    /// One refresh runs at a time: who comes second waits, and finds it done.
    @discardableResult
    public func refreshStatistics(
        ifOlderThan maximumAge: Duration = .zero, deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> Bool {
        try await write(deadline: deadline) { session in
            try session.transaction(isolation: .repeatableRead) { session in
                let last = try session.execute(RepositoryStatements.lockStatistics)
                if try last.isFresh(maximumAge, refreshedAt: 0, now: 1) { return false }
                try session.refreshStatistics()
                return true
            }
        }
    }

    /// Refreshes if half of the time is enough for that; it reads far more than exact statistics need, for which the other
    /// half is kept.
    private func refreshInHalfTheTime(
        ifOlderThan maximumAge: Duration, deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> Bool {
        let now = ContinuousClock.now
        do throws(StoreError) {
            _ = try await refreshStatistics(ifOlderThan: maximumAge, deadline: now + now.duration(to: deadline) / 2)
            return true
        } catch {
            guard error.kind == .deadlineExceeded else { throw error }
            return false
        }
    }

    /// Not yet.
    public func cacheHistory(
        since start: Timestamp, bucketSeconds: Int64, deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> CacheHistory {
        throw StoreError(.unsupported, "not yet")
    }

    private func exactStatistics(
        scope: AgentScope, deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> MemoryStatistics {
        let filter = FilterValues(MemoryFilter(), scope: scope)
        return try await read(deadline: deadline) { session in
            try session.transaction(isolation: .repeatableRead, readOnly: true) { session in
                let memories = try filter.map(session.countByAgent)?.counts ?? [:]
                let tags = try session.tagCount(scope, holders: memories)
                return MemoryStatistics(
                    memoriesByAgent: memories, tagCount: try tags.int8(0, 0), refreshedAt: try tags.timestamp(0, 1))
            }
        }
    }

    /// As of the last refresh; nil when that is too old.
    private func storedStatistics(
        maximumAge: Duration, scope: AgentScope, deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> MemoryStatistics? {
        try await read(deadline: deadline) { session in
            try session.transaction(isolation: .repeatableRead, readOnly: true) { session in
                let totals = try session.execute(RepositoryStatements.storedTotals)
                guard try totals.isFresh(maximumAge, refreshedAt: 1, now: 2) else { return nil }
                let rows = try session.execute(RepositoryStatements.storedStatistics, DraftValues.values(scope))
                let memories = try Dictionary(
                    uniqueKeysWithValues: (0..<rows.rowCount).map { (try rows.agentID($0, 0), try rows.int8($0, 1)) })
                return MemoryStatistics(
                    memoriesByAgent: memories, tagCount: try session.storedTagCount(scope, totals, rows, memories),
                    refreshedAt: try totals.timestamp(0, 1))
            }
        }
    }
}

extension PostgresSession {
    /// Distinct tags over several agents are not the sum of each one's: between one and all they are counted now.
    fileprivate func storedTagCount(
        _ scope: AgentScope, _ totals: PostgresRows, _ rows: PostgresRows, _ memories: [AgentID: Int64]
    ) throws -> Int64 {
        if scope == .all { return try totals.int8(0, 0) }
        if rows.rowCount <= 1 { return rows.rowCount == 0 ? 0 : try rows.int8(0, 2) }
        return try tagCount(scope, holders: memories).int8(0, 0)
    }

    /// Distinct tags of live memories, and the time now.
    fileprivate func tagCount(_ scope: AgentScope, holders: [AgentID: Int64]) throws -> PostgresRows {
        if scope == .all { return try execute(RepositoryStatements.tagCountOfEveryone) }
        return try execute(RepositoryStatements.tagCountOfAgents, [.textArray(holders.keys.map(\.value))])
    }

    fileprivate func refreshStatistics() throws {
        let tagCounts = try execute(RepositoryStatements.tagCountByAgent)
        let everyone = try execute(RepositoryStatements.tagCountOfEveryone)
        let agents = try (0..<tagCounts.rowCount).map { try tagCounts.text($0, 0) }
        let counts = try (0..<tagCounts.rowCount).map { try tagCounts.int8($0, 1) }
        try executeScript(RepositorySQL.refreshSettings)
        _ = try execute(
            RepositoryStatements.refreshStatistics,
            [.textArray(agents), .int8Array(counts), .int8(try everyone.int8(0, 0))])
    }
}

extension PostgresRows {
    /// Whether a refresh happened less than `maximumAge` before now.
    fileprivate func isFresh(_ maximumAge: Duration, refreshedAt: Int, now: Int) throws -> Bool {
        guard !isNull(0, refreshedAt) else { return false }
        let age = try timestamp(0, now).microseconds - timestamp(0, refreshedAt).microseconds
        return .microseconds(age) < maximumAge
    }
}
