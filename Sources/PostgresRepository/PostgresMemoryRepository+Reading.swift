public import MemoryModel
import MonotonicClock
import PostgresDriver

extension PostgresMemoryRepository {
    /// The memories with these ids, in the order asked; nil where there is none in `scope`.
    public func memories(
        withIDs ids: [MemoryID], maximumBytes: Int, scope: AgentScope, deadline: MonotonicInstant
    ) async throws(StoreError) -> [MemoryRecord?] {
        if scope.isEmpty || ids.isEmpty { return ids.map { _ in nil } }
        if ids.count == 1, let found = try await readWithOthers(ids[0], scope: scope, deadline: deadline) {
            return [found.record]
        }
        return try await read(deadline: deadline) { session in
            guard let records = try session.memories(withIDs: ids, maximumBytes: maximumBytes, scope: scope) else {
                throw StoreError.invalid("ids", "the memories are too large for one answer; ask for fewer ids at once")
            }
            return records
        }
    }

    /// The bytes that may come from PostgreSQL for an answer of `maximumBytes`. It prints JSON with spaces, so what
    /// fits the answer may be larger here; whoever writes the answer cuts it exactly.
    static func transferBudget(_ maximumBytes: Int) -> Int64 { Int64(clamping: 2 * maximumBytes) }

    /// The matching memories after `position`, at most `limit` and about twice `maximumBytes` as PostgreSQL sends them.
    public func page(
        matching filter: MemoryFilter, after position: PagePosition?, limit: Int, maximumBytes: Int, scope: AgentScope,
        deadline: MonotonicInstant
    ) async throws(StoreError) -> MemoryPage {
        guard let filter = FilterValues(filter, after: position, scope: scope) else {
            return MemoryPage(memories: [], next: nil)
        }
        return try await read(deadline: deadline) { session in
            try session.page(.page, filter, limit: limit, maximumBytes: maximumBytes)
        }
    }

    /// How many memories match: work in proportion to that number.
    public func count(
        matching filter: MemoryFilter, scope: AgentScope, deadline: MonotonicInstant
    ) async throws(StoreError) -> MemoryCount {
        guard let filter = FilterValues(filter, scope: scope) else { return MemoryCount(value: 0) }
        return try await read(deadline: deadline) { session in
            let rows = try session.execute(.count, filter)
            return MemoryCount(value: try rows.int8(0, 0), firstExpiry: try rows.firstExpiry(0, 1))
        }
    }
}

extension PostgresSession {
    /// One memory; nil when there is none in `scope`.
    func memory(withID id: MemoryID, scope: AgentScope) throws -> MemoryRecord? {
        let rows = try execute(RepositoryStatements.memoryByID, [.text(id.value)] + DraftValues.values(scope))
        return rows.rowCount == 0 ? nil : try rows.record(0)
    }

    /// The memories with these ids, in the order asked; nil when they take too many bytes together, as one never does.
    func memories(withIDs ids: [MemoryID], maximumBytes: Int, scope: AgentScope) throws -> [MemoryRecord?]? {
        let values: [PostgresValue] =
            [.textArray(ids.map(\.value))] + DraftValues.values(scope)
            + [.int8(PostgresMemoryRepository.transferBudget(maximumBytes))]
        let rows = try execute(RepositoryStatements.memoriesByID, values)
        var records: [MemoryRecord?] = Array(repeating: nil, count: ids.count)
        for row in 0..<rows.rowCount {
            records[Int(try rows.int8(row, PostgresRows.recordWidth)) - 1] = try rows.record(row)
        }
        let found = rows.rowCount == 0 ? 0 : try rows.int8(0, PostgresRows.recordWidth + 1)
        return found == rows.rowCount ? records : nil
    }

    /// Runs a read for a filter.
    func execute(
        _ read: MemoryFilterSQL.Read, _ filter: FilterValues, limit: Int = 0, budgetBytes: Int = 0
    ) throws -> PostgresRows {
        let query = FilterQuery.query(read, filter.shape)
        return try execute(
            query.statement, filter.values(for: query.parameters, limit: limit, budgetBytes: budgetBytes))
    }

    /// The first matches in the order of a page or of insights.
    func page(
        _ read: MemoryFilterSQL.Read, _ filter: FilterValues, limit: Int, maximumBytes: Int
    ) throws -> MemoryPage {
        let budget = PostgresMemoryRepository.transferBudget(maximumBytes)
        let rows = try execute(read, filter, limit: limit, budgetBytes: Int(budget))
        guard rows.rowCount > 0 else { return MemoryPage(memories: [], next: nil) }
        let records = try rows.records()
        let hasMore = try rows.int8(0, PostgresRows.recordWidth) > rows.rowCount
        let last = hasMore ? records.last?.draft : nil
        return MemoryPage(
            memories: records, next: last.map { PagePosition(timestamp: $0.timestamp, id: $0.id) },
            firstExpiry: try rows.firstExpiry(0, PostgresRows.recordWidth + 1))
    }
}

extension PostgresRows {
    /// When the first of several memories expires; nil when none does, or there are none.
    func firstExpiry(_ row: Int, _ column: Int) throws -> Timestamp? {
        isNull(row, column) ? nil : try instant(row, column)
    }
}
