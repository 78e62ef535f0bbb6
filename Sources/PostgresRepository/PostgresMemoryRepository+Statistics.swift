public import MemoryModel
import MonotonicClock
import PostgresDriver

extension PostgresMemoryRepository {
    /// Statistics no older than `maximumAge`: the kept ones, after a refresh if need be, or with zero the exact ones.
    public func statistics(
        maximumAge: Duration, scope: AgentScope, deadline: MonotonicInstant
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

    /// Those of the last refresh.
    public func keptStatistics(deadline: MonotonicInstant) async throws(StoreError) -> MemoryStatistics? {
        try await storedStatistics(maximumAge: .seconds(1_000_000_000), scope: .all, deadline: deadline)
    }

    /// Refreshes if half of the time is enough for that; a full one reads far more than exact statistics need, for which
    /// the other half is kept.
    private func refreshInHalfTheTime(
        ifOlderThan maximumAge: Duration, deadline: MonotonicInstant
    ) async throws(StoreError) -> Bool {
        let now = MonotonicInstant.now
        do throws(StoreError) {
            _ = try await refreshStatistics(ifOlderThan: maximumAge, deadline: now + now.duration(to: deadline) / 2)
            return true
        } catch {
            guard error.kind == .deadlineExceeded else { throw error }
            return false
        }
    }

    /// As of the last refresh; nil when that is too old.
    private func storedStatistics(
        maximumAge: Duration, scope: AgentScope, deadline: MonotonicInstant
    ) async throws(StoreError) -> MemoryStatistics? {
        let last = lastStatistics
        return try await read(deadline: deadline) { session in
            if scope == .all {
                let totals = try session.execute(RepositoryStatements.storedTotals)
                if try totals.isFresh(maximumAge, refreshedAt: 1, now: 2),
                    let statistics = last.statistics(of: try totals.refresh(at: 1, writer: 3))
                {
                    return statistics
                }
            }
            return try session.storedStatistics(maximumAge: maximumAge, scope: scope, last)
        }
    }
}

extension PostgresSession {
    fileprivate func storedStatistics(
        maximumAge: Duration, scope: AgentScope, _ last: LastStatistics
    ) throws -> MemoryStatistics? {
        try transaction(isolation: .repeatableRead, readOnly: true) { session in
            let totals = try session.execute(RepositoryStatements.storedTotals)
            guard try totals.isFresh(maximumAge, refreshedAt: 1, now: 2) else { return nil }
            if scope == .all {
                return try session.keptStatistics(
                    of: try totals.refresh(at: 1, writer: 3), tagCount: try totals.int8(0, 0), last)
            }
            let rows = try session.execute(RepositoryStatements.storedStatistics, DraftValues.values(scope))
            let memories = try rows.memoriesByAgent()
            return MemoryStatistics(
                memoriesByAgent: memories, tagCount: try session.storedTagCount(scope, rows, memories),
                refreshedAt: try totals.timestamp(0, 1))
        }
    }

    /// Those of all agents of the last refresh, as this transaction sees it: from `last`, or read and noted there.
    func keptStatistics(
        of refresh: LastStatistics.Refresh, tagCount: Int64, _ last: LastStatistics
    ) throws -> MemoryStatistics {
        if let statistics = last.statistics(of: refresh) { return statistics }
        let rows = try execute(RepositoryStatements.storedStatistics, DraftValues.values(.all))
        let statistics = MemoryStatistics(
            memoriesByAgent: try rows.memoriesByAgent(), tagCount: tagCount, refreshedAt: refresh.at)
        last.keep(statistics, of: refresh)
        return statistics
    }

    /// Distinct tags over several agents are not the sum of each one's: between one and all they are counted now.
    private func storedTagCount(
        _ scope: AgentScope, _ rows: PostgresRows, _ memories: [AgentID: Int64]
    ) throws -> Int64 {
        if rows.rowCount <= 1 { return rows.rowCount == 0 ? 0 : try rows.int8(0, 2) }
        return try tagCount(scope, holders: memories).int8(0, 0)
    }

    /// Distinct tags of live memories, and the time now.
    func tagCount(_ scope: AgentScope, holders: [AgentID: Int64]) throws -> PostgresRows {
        if scope == .all { return try execute(RepositoryStatements.tagCountOfEveryone) }
        return try execute(RepositoryStatements.tagCountOfAgents, [.textArray(holders.keys.map(\.value))])
    }
}

extension PostgresRows {
    /// Whether a refresh happened less than `maximumAge` before now.
    fileprivate func isFresh(_ maximumAge: Duration, refreshedAt: Int, now: Int) throws -> Bool {
        guard !isNull(0, refreshedAt) else { return false }
        let age = try timestamp(0, now).microseconds - timestamp(0, refreshedAt).microseconds
        return .microseconds(age) < maximumAge
    }

    /// Which refresh the first row is of.
    func refresh(at: Int, writer: Int) throws -> LastStatistics.Refresh {
        LastStatistics.Refresh(at: try timestamp(0, at), writer: try int8(0, writer))
    }

    /// Rows that begin with an agent and how many memories it has.
    func memoriesByAgent() throws -> [AgentID: Int64] {
        try Dictionary(uniqueKeysWithValues: (0..<rowCount).map { (try agentID($0, 0), try int8($0, 1)) })
    }
}
