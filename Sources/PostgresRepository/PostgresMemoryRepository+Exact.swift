import MemoryModel
import MonotonicClock
import PostgresDriver

extension PostgresMemoryRepository {
    /// Statistics as of now, from one snapshot; nothing is written for them.
    ///
    /// Those of all agents are what the last refresh kept, with what changed since added to it by the arithmetic that a
    /// refresh uses, which is exact: they cost what changed, and the rows of all agents when a refresh wrote them anew.
    /// Where there is nothing to build on or too much to add (`ExactPlan`), and for fewer agents, every memory is counted.
    func exactStatistics(
        scope: AgentScope, deadline: MonotonicInstant
    ) async throws(StoreError) -> MemoryStatistics {
        let last = lastStatistics
        return try await read(deadline: deadline) { session in
            if scope == .all, let statistics = try session.addedStatistics(last) { return statistics }
            // A transaction of its own: to count takes long, and a refresh that wants to drop changes need not wait for it.
            return try session.countedStatistics(scope)
        }
    }
}

extension PostgresSession {
    /// Statistics of all agents from what the last refresh kept, which `last` may know, and what changed since; nil when
    /// they are to be counted.
    func addedStatistics(_ last: LastStatistics) throws -> MemoryStatistics? {
        try transaction(isolation: .repeatableRead, readOnly: true) { try $0.addedInTransaction(last) }
    }

    private func addedInTransaction(_ last: LastStatistics) throws -> MemoryStatistics? {
        _ = try execute(RepositoryStatements.lockSources)
        let row = try execute(RepositoryStatements.exactSituation, [.int8(ExactPlan.expiredBound)])
        let situation = ExactPlan.Situation(
            last: row.isNull(0, 0) ? nil : try row.timestamp(0, 0), now: try row.timestamp(0, 1),
            isBased: try row.bool(0, 2), changesBytes: try row.int8(0, 5), countedBytes: try row.int8(0, 6),
            expired: try row.int8(0, 7))
        guard case .changes(let since) = ExactPlan(situation) else { return nil }
        let changes = try execute(
            RepositoryStatements.changesSinceRefresh, [.timestamptz(microsecondsSinceUnixEpoch: since.microseconds)])
        var statistics = try keptStatistics(
            of: try row.refresh(at: 0, writer: 4), tagCount: try row.int8(0, 3), last)
        statistics.refreshedAt = situation.now
        return try statistics.add(changes) ? statistics : nil
    }

    /// Statistics of the memories in `scope`, each of which is counted.
    func countedStatistics(_ scope: AgentScope) throws -> MemoryStatistics {
        let filter = FilterValues(MemoryFilter(), scope: scope)
        return try transaction(isolation: .repeatableRead, readOnly: true) { session in
            let memories = try filter.map(session.countByAgent)?.counts ?? [:]
            let tags = try session.tagCount(scope, holders: memories)
            return MemoryStatistics(
                memoriesByAgent: memories, tagCount: try tags.int8(0, 0), refreshedAt: try tags.timestamp(0, 1))
        }
    }
}

extension MemoryStatistics {
    /// Adds the rows of `changesSinceRefresh`; false when they do not add up, which would be a bug.
    fileprivate mutating func add(_ changes: PostgresRows) throws -> Bool {
        for row in 0..<changes.rowCount {
            guard !changes.isNull(row, 1) else { return false }
            let change = try changes.int8(row, 1)
            if try changes.text(row, 0).isEmpty {
                tagCount += change
                continue
            }
            let agent = try changes.agentID(row, 0)
            let count = memoriesByAgent[agent, default: 0] + change
            guard count >= 0 else { return false }
            memoriesByAgent[agent] = count == 0 ? nil : count
        }
        return tagCount >= 0
    }
}
