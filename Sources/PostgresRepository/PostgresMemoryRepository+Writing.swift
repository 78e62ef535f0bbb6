public import MemoryModel
import PostgresDriver

extension PostgresMemoryRepository {
    /// Writes all drafts, or none: one statement for any number of them.
    public func store(
        _ drafts: [MemoryDraft], ifVersion: Int64?, scope: AgentScope, deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> [StoreOutcome] {
        if drafts.isEmpty { return [] }
        let values = DraftValues.values(drafts)
        let ids = drafts.map(\.id)
        return try await write(ids: ids, deadline: deadline) { session in
            guard scope != .all || ifVersion != nil else {
                return try Self.outcomes(session.store(values, ifVersion: nil, scope: scope), ids)
            }
            return try session.transaction { session in
                try session.untilSettled(ids, ifVersion: ifVersion, scope: scope) {
                    try Self.outcomes(session.store(values, ifVersion: ifVersion, scope: scope), ids)
                }
            }
        }
    }

    /// The outcomes in the order of `ids`; fewer when some were left alone.
    private static func outcomes(_ rows: PostgresRows, _ ids: [MemoryID]) throws -> [StoreOutcome] {
        var versions: [MemoryID: Int64] = [:]
        for row in 0..<rows.rowCount { versions[try rows.memoryID(row, 0)] = try rows.int8(row, 1) }
        return ids.compactMap { id in
            versions[id].map { StoreOutcome(id: id, version: $0, created: $0 == 1) }
        }
    }

    /// Deletes one memory; whether there was one.
    public func delete(
        _ id: MemoryID, ifVersion: Int64?, scope: AgentScope, deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> Bool {
        let values: [PostgresValue] =
            [.text(id.value)] + DraftValues.values(scope) + [ifVersion.map(PostgresValue.int8) ?? .null]
        return try await write(ids: [id], deadline: deadline) { session in
            guard scope != .all || ifVersion != nil else {
                return try session.execute(RepositoryStatements.delete, values).affectedRows > 0
            }
            return try session.transaction { session in
                let deleted = try session.untilSettled([id], ifVersion: ifVersion, scope: scope, isDelete: true) {
                    Array(repeating: true, count: try session.execute(RepositoryStatements.delete, values).affectedRows)
                }
                return !deleted.isEmpty
            }
        }
    }

    /// Deletes every memory of the agents in `scope`, in one transaction: some 25 µs for each. Answers how many there
    /// were.
    public func clear(scope: AgentScope, deadline: ContinuousClock.Instant) async throws(StoreError) -> Int64 {
        if scope.isEmpty { return 0 }
        return try await write(deadline: deadline) { session in
            if scope == .all { return try session.execute(RepositoryStatements.clearEveryone).int8(0, 0) }
            let ranges = AgentRanges(scope)
            return try session.execute(
                RepositoryStatements.clearRanges, [.textArray(ranges.lows), .textArray(ranges.uppers)]
            ).int8(0, 0)
        }
    }

    /// How many expired memories one statement deletes: some tens of milliseconds of work.
    static let expiryBatch = 1_000

    /// Deletes what has expired, in batches that are a transaction each, and leaves rows that a writer holds.
    public func deleteExpired(deadline: ContinuousClock.Instant) async throws(StoreError) -> Int64 {
        var deleted: Int64 = 0
        while true {
            do throws(StoreError) {
                let batch = try await write(deadline: deadline) { session in
                    try session.execute(RepositoryStatements.deleteExpired, [.int8(Int64(Self.expiryBatch))])
                        .affectedRows
                }
                deleted += Int64(batch)
                if batch < Self.expiryBatch { return deleted }
            } catch {
                // Out of time, with nothing of this batch done: what was removed till then is the answer.
                guard error.kind == .deadlineExceeded, deleted > 0 else { throw error }
                return deleted
            }
        }
    }
}

extension PostgresSession {
    fileprivate func store(_ drafts: [PostgresValue], ifVersion: Int64?, scope: AgentScope) throws -> PostgresRows {
        switch ifVersion {
        case nil: try execute(RepositoryStatements.store, drafts + DraftValues.values(scope))
        case 0: try execute(RepositoryStatements.storeNew, drafts)
        case .some(let version):
            try execute(RepositoryStatements.storeVersion, drafts + DraftValues.values(scope) + [.int8(version)])
        }
    }

    /// How often a conditional write is tried when what refused it is gone a moment later.
    private static let attempts = 8

    /// Makes a write of all `ids` or throws why it left some alone; in a transaction, which the error rolls back.
    ///
    /// Between the write and the look at why, another writer may have committed, so that nothing is in the way any
    /// more:
    /// then the write is made again.
    fileprivate func untilSettled<Outcome>(
        _ ids: [MemoryID], ifVersion: Int64?, scope: AgentScope, isDelete: Bool = false, _ write: () throws -> [Outcome]
    ) throws -> [Outcome] {
        for _ in 0..<Self.attempts {
            let outcomes = try write()
            if outcomes.count == ids.count { return outcomes }
            let standing = try execute(
                RepositoryStatements.standing, [.textArray(ids.map(\.value))] + DraftValues.values(scope))
            if let refusal = try Self.refusal(standing, ifVersion: ifVersion, isDelete: isDelete) { throw refusal }
            if isDelete, standing.rowCount == 0 { return [] }
        }
        throw StoreError(.busy, "other requests kept changing the same memory", retryAfterMilliseconds: 10)
    }

    /// Why memories were left alone: first that the caller may not touch one, then that a version differs.
    private static func refusal(_ standing: PostgresRows, ifVersion: Int64?, isDelete: Bool) throws -> StoreError? {
        for row in 0..<standing.rowCount where try !standing.bool(row, 1) {
            return StoreError(.permissionDenied, "the memory belongs to an agent for which the caller may not write")
        }
        guard let ifVersion else { return nil }
        guard standing.rowCount > 0 else {
            guard ifVersion != 0 else { return nil }
            return StoreError(
                .versionConflict, "ifVersion is \(ifVersion), and there is no such memory", conflict: .absent)
        }
        let version = try standing.int8(0, 0)
        guard version != ifVersion else { return nil }
        return StoreError(
            .versionConflict, "ifVersion is \(ifVersion), and the memory has version \(version)",
            conflict: .current(version))
    }
}
