public import MemoryModel
import MonotonicClock
import PostgresDriver

extension PostgresMemoryRepository {
    /// Writes all drafts, or none: one statement for any number of them, which one draft alone shares with other callers'.
    public func store(
        _ drafts: [MemoryDraft], ifVersion: Int64?, returningRecords: Bool, scope: AgentScope,
        deadline: MonotonicInstant
    ) async throws(StoreError) -> [StoredMemory] {
        if drafts.isEmpty { return [] }
        if drafts.count == 1, ifVersion == nil {
            let request = StoreRequest(draft: drafts[0], returningRecord: returningRecords)
            if let stored = try await storeWithOthers(request, scope: scope, deadline: deadline) { return [stored] }
        }
        let values = DraftValues.values(drafts)
        let ids = drafts.map(\.id)
        return try await write(ids: ids, deadline: deadline) { session in
            let store = {
                try session.store(values, ifVersion: ifVersion, scope: scope, returningRecords: returningRecords)
                    .storedMemories(drafts).compactMap(\.self)
            }
            guard scope != .all || ifVersion != nil else { return try store() }
            return try session.transaction { session in
                try session.untilSettled(ids, ifVersion: ifVersion, scope: scope, store)
            }
        }
    }

    /// Deletes one memory; where it was, or nil when there was none.
    public func delete(
        _ id: MemoryID, ifVersion: Int64?, scope: AgentScope, deadline: MonotonicInstant
    ) async throws(StoreError) -> MemoryPlace? {
        let values: [PostgresValue] =
            [.text(id.value)] + DraftValues.values(scope) + [ifVersion.map(PostgresValue.int8) ?? .null]
        return try await write(ids: [id], deadline: deadline) { session in
            guard scope != .all || ifVersion != nil else {
                return try session.execute(RepositoryStatements.delete, values).places().first
            }
            return try session.transaction { session in
                try session.untilSettled([id], ifVersion: ifVersion, scope: scope, isDelete: true) {
                    try session.execute(RepositoryStatements.delete, values).places()
                }.first
            }
        }
    }

    /// Deletes every memory of the agents in `scope`, in one transaction: some 25 µs for each. Answers how many there
    /// were.
    public func clear(scope: AgentScope, deadline: MonotonicInstant) async throws(StoreError) -> Int64 {
        if scope.isEmpty { return 0 }
        return try await write(deadline: deadline) { session in
            if scope == .all { return try session.execute(RepositoryStatements.clearEveryone).int8(0, 0) }
            let ranges = AgentRanges(scope)
            return try session.execute(
                RepositoryStatements.clearRanges, [.textArray(ranges.lows), .textArray(ranges.uppers)]
            ).int8(0, 0)
        }
    }
}

extension PostgresSession {
    fileprivate func store(
        _ drafts: [PostgresValue], ifVersion: Int64?, scope: AgentScope, returningRecords: Bool
    ) throws -> PostgresRows {
        let scope = DraftValues.values(scope)
        let content = PostgresValue.bool(returningRecords)
        return switch ifVersion {
        case nil: try execute(RepositoryStatements.store, drafts + scope + [content])
        case 0: try execute(RepositoryStatements.storeNew, drafts + [content])
        case .some(let version):
            try execute(RepositoryStatements.storeVersion, drafts + scope + [.int8(version), content])
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

extension PostgresRows {
    /// What became of drafts that a store wrote, in their order; nil for those that were left alone.
    func storedMemories(_ drafts: [MemoryDraft]) throws -> [StoredMemory?] {
        // Both in the order of ids, that of the rows by the statement.
        var stored = [StoredMemory?](repeating: nil, count: drafts.count)
        var row = 0
        for index in drafts.indices.sorted(by: { drafts[$0].id < drafts[$1].id }) where row < rowCount {
            let id = drafts[index].id.value
            guard try withBytes(row, 0, { $0.elementsEqual(id.utf8) }) else { continue }
            stored[index] = try storedMemory(row, drafts[index])
            row += 1
        }
        guard row == rowCount else { throw PostgresError.protocolViolation("a store answered what was not stored") }
        return stored
    }

    private func storedMemory(_ row: Int, _ draft: MemoryDraft) throws -> StoredMemory {
        let version = try int8(row, 1)
        var stored = StoredMemory(outcome: StoreOutcome(id: draft.id, version: version, created: version == 1))
        if !isNull(row, 2) || !isNull(row, 3) {
            stored.replaced = MemoryPlace(
                agentID: isNull(row, 2) ? draft.agentID : try agentID(row, 2),
                tags: isNull(row, 3) ? draft.tags : try tags(row, 3))
        }
        if !isNull(row, 6) {
            var draft = draft
            draft.context = try json(row, 6)
            stored.record = MemoryRecord(
                draft: draft, version: version, createdAt: try timestamp(row, 4), updatedAt: try timestamp(row, 5))
        }
        return stored
    }

    /// Agents and their tags, one a row.
    fileprivate func places() throws -> [MemoryPlace] {
        try (0..<rowCount).map { MemoryPlace(agentID: try agentID($0, 0), tags: try tags($0, 1)) }
    }
}
