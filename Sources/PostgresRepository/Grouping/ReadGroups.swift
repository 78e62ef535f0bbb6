import MemoryModel
import MonotonicClock
import PostgresDriver

/// Reads of one memory each, by one statement.
typealias ReadGroups = CallGroups<MemoryID, FoundMemory>

/// What a read of one memory found.
struct FoundMemory: Sendable {
    let record: MemoryRecord?
}

extension CallGroups where Request == MemoryID, Answer == FoundMemory {
    static func reads(pool: PostgresConnectionPool, flights: Int) -> ReadGroups {
        let limits = GroupQueue<Call>.Limits(
            flights: flights, allFlights: GroupLimits.allFlights, members: GroupLimits.reads,
            bytes: .max, crowd: GroupLimits.crowd, gathered: GroupLimits.gathered,
            overdue: GroupLimits.overdue)
        return ReadGroups(pool: pool, access: .read, limits: limits) { session, ids, scope, _ in
            if ids.count == 1 { return [FoundMemory(record: try session.memory(withID: ids[0], scope: scope))] }
            let records = try session.memories(withIDs: ids, maximumBytes: Limits.answerBytes, scope: scope)
            // Too many bytes together: each by itself.
            return records?.map(FoundMemory.init) ?? ids.map { _ in nil }
        }
    }
}

extension PostgresMemoryRepository {
    /// Reads a memory by a statement that it shares with others. Nil when it is to be read by itself.
    func readWithOthers(
        _ id: MemoryID, scope: AgentScope, deadline: MonotonicInstant
    ) async throws(StoreError) -> FoundMemory? {
        try pool.gate.pass()
        switch await reads.landing(of: id, bytes: 0, scope: scope, deadline: deadline) {
        case .answer(let found): return found
        case .failure(let error): throw StoreError(error)
        case .alone: return nil
        }
    }
}
