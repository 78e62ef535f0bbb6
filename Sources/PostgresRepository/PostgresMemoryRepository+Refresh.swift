public import MemoryModel
import MonotonicClock
import PostgresDriver

extension PostgresMemoryRepository {
    /// Brings `brain_memory_stats` up to date, unless that was done less than `maximumAge` ago. One refresh runs at a time:
    /// who comes second waits, and finds it done.
    ///
    /// It costs what changed since the last one. It reads every memory when there is nothing to build on: the first time,
    /// after a crash of PostgreSQL, when changes were dropped, or when they don't add up, which would be a bug.
    @discardableResult
    public func refreshStatistics(
        ifOlderThan maximumAge: Duration, deadline: MonotonicInstant
    ) async throws(StoreError) -> StatisticsRefresh {
        try await write(deadline: deadline) { session in
            do {
                if let refresh = try session.refreshStatistics(maximumAge) { return refresh }
                guard try session.dropChanges() else {
                    // In use by a dump perhaps. To add them up is right too, if not faster than to read everything.
                    return try session.refreshStatistics(maximumAge, mayDrop: false)
                        ?? session.refreshFully(because: "there were too many changes")
                }
                return try session.refreshFully(
                    because: "there were more than \(RefreshPlan.maximumChangesBytes) bytes of changes")
            } catch PostgresError.server(let state, _, let constraint, _)
                where state == .checkViolation || state == .notNullViolation
            {
                return try session.refreshFully(
                    because: "the changes did not add up: \(constraint ?? "not null") (SQLSTATE \(state))")
            }
        }
    }

    /// A fitting bound for `limitStatisticsChanges`: some 2,500,000 changes.
    public static let maximumChangesBytes: Int64 = 256 * 1024 * 1024

    /// Drops the changes that wait for a refresh if they take more than `maximumBytes`; whether it did. The next refresh
    /// reads every memory then. To be called now and then, in case nobody refreshes. It gives way to writers, and to a
    /// dump under way, after 50 ms; then the next call will do.
    public func limitStatisticsChanges(
        to maximumBytes: Int64, deadline: MonotonicInstant
    ) async throws(StoreError) -> Bool {
        try await write(deadline: deadline) { session in
            guard try session.execute(RepositoryStatements.changesSize).int8(0, 0) > maximumBytes else { return false }
            return try session.dropChanges()
        }
    }
}

extension PostgresSession {
    /// A refresh by what there is to do; nil when changes must be dropped first.
    fileprivate func refreshStatistics(_ maximumAge: Duration, mayDrop: Bool = true) throws -> StatisticsRefresh? {
        try transaction(isolation: .repeatableRead) { session in
            var situation = try session.lockStatistics()
            situation.mayDrop = mayDrop
            switch RefreshPlan(situation, maximumAge: maximumAge) {
            case .nothing(let last): return StatisticsRefresh(extent: .none, refreshedAt: last)
            case .changes(let last):
                let rows = try session.execute(
                    RepositoryStatements.refreshIncrementally,
                    [.timestamptz(microsecondsSinceUnixEpoch: last.microseconds)])
                return StatisticsRefresh(
                    extent: .changes, changes: try rows.int8(0, 0), agents: try rows.int8(0, 1),
                    refreshedAt: try rows.timestamp(0, 2))
            case .everything(let reason): return try session.refreshInTransaction(because: reason)
            case .dropChanges: return nil
            }
        }
    }

    /// A refresh that reads every memory.
    fileprivate func refreshFully(because reason: String) throws -> StatisticsRefresh {
        try transaction(isolation: .repeatableRead) { session in
            _ = try session.lockStatistics()
            return try session.refreshInTransaction(because: reason)
        }
    }

    /// Waits until no other refresh runs, and looks at what there is.
    private func lockStatistics() throws -> RefreshPlan.Situation {
        try executeScript(RepositorySQL.lockRefreshes)
        let rows = try execute(RepositoryStatements.refreshSituation)
        return RefreshPlan.Situation(
            last: rows.isNull(0, 0) ? nil : try rows.timestamp(0, 0), now: try rows.timestamp(0, 1),
            isBased: try rows.bool(0, 2), changesBytes: try rows.int8(0, 3))
    }

    private func refreshInTransaction(because reason: String) throws -> StatisticsRefresh {
        let changes = try execute(RepositoryStatements.forgetChanges).affectedRows
        _ = try execute(RepositoryStatements.forgetTagStatistics)
        // What these two forbade till now, the next two need; the former are planned without it all the same.
        try executeScript(RepositorySQL.refreshSettings)
        _ = try execute(RepositoryStatements.countTags)
        let rows = try execute(RepositoryStatements.refreshFully)
        return StatisticsRefresh(
            extent: .everything(reason: reason), changes: Int64(changes), agents: try rows.int8(0, 0),
            refreshedAt: try rows.timestamp(0, 1))
    }

    /// Whether the changes were dropped; false when others held them for long.
    fileprivate func dropChanges() throws -> Bool {
        do {
            try transaction { try $0.executeScript(RepositorySQL.dropChanges) }
            return true
        } catch PostgresError.server(.lockNotAvailable, _, _, _) {
            return false
        }
    }
}
