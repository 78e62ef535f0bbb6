import MemoryModel
import MonotonicClock
import PostgresDriver
import StrictJSON

/// Stores of one memory each, written by one statement in one transaction: they share its cost, that of the disk most of
/// all.
typealias StoreGroups = CallGroups<StoreRequest, StoredMemory>

/// A store of one memory.
struct StoreRequest: Sendable {
    let draft: MemoryDraft
    /// Whether the caller wants the record as it is kept.
    let returningRecord: Bool

    /// About how many bytes the memory has on its way.
    var bytes: Int { 256 + draft.context.bytes.count + 8 * (draft.embeddings?.count ?? 0) + 64 * draft.tags.count }
}

extension CallGroups where Request == StoreRequest, Answer == StoredMemory {
    static func stores(pool: PostgresConnectionPool, flights: Int) -> StoreGroups {
        let limits = GroupQueue<Call>.Limits(
            flights: flights, allFlights: GroupLimits.allFlights, members: GroupLimits.stores,
            bytes: GroupLimits.storeBytes, crowd: GroupLimits.crowd, gathered: GroupLimits.gathered,
            overdue: GroupLimits.overdue)
        return StoreGroups(pool: pool, access: .write, limits: limits) { session, group, scope, patience in
            let drafts = group.map { $0.draft }
            let milliseconds = max(1, Int64(patience / .milliseconds(1)))
            let isOne = drafts.count == 1
            let values =
                (isOne ? DraftValues.values(drafts[0]) : DraftValues.values(drafts)) + DraftValues.values(scope)
                + [.bool(group.contains { $0.returningRecord }), .text("\(milliseconds)ms")]
            let statement = isOne ? RepositoryStatements.storeOne : RepositoryStatements.storeGroup
            var stored = try session.execute(statement, values).storedMemories(drafts)
            for index in group.indices where !group[index].returningRecord { stored[index]?.record = nil }
            return stored
        }
    }
}

extension PostgresMemoryRepository {
    /// Stores a memory by a statement that it shares with others. Nil when surely nothing was written and it is to be
    /// stored by itself: others got in the way, or the caller may not replace what is there.
    func storeWithOthers(
        _ request: StoreRequest, scope: AgentScope, deadline: MonotonicInstant
    ) async throws(StoreError) -> StoredMemory? {
        try pool.gate.pass()
        let id = request.draft.id
        switch await stores.landing(of: request, bytes: request.bytes, writes: id, scope: scope, deadline: deadline) {
        case .answer(let stored): return stored
        case .failure(let error): throw StoreError(error, ids: [id])
        case .alone: return nil
        }
    }
}
