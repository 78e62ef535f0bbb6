import MemoryModel
import PostgresDriver
import Testing

@testable import PostgresRepository

/// Every page reads from the index made for it, in its order, also in a database without any statistics.
@Suite struct PlanTests {
    /// The index that a shape's ranges must be read from.
    private static func index(_ shape: FilterShape) -> String {
        let ofEveryone = shape.scope == .everyone
        guard shape.tags == .untagged else {
            return ofEveryone ? "brain_memory_tags_tag_idx" : "brain_memory_tags_agent_idx"
        }
        guard shape.hasMinimumImportance else {
            return ofEveryone ? "brain_memories_time_idx" : "brain_memories_agent_time_idx"
        }
        return ofEveryone ? "brain_memories_importance_idx" : "brain_memories_agent_importance_idx"
    }

    private static func plan(_ session: PostgresSession, _ query: FilterQuery) throws -> String {
        let name = "planned"
        try session.executeScript("PREPARE \(name) AS \(query.statement.sql)")
        let arguments = query.parameters.map(\.example).joined(separator: ", ")
        let explain = PostgresStatement(
            name: "explain \(query.statement.name)", sql: "EXPLAIN (COSTS OFF) EXECUTE \(name)(\(arguments))",
            isWrite: false)
        let rows = try session.execute(explain)
        let lines = try (0..<rows.rowCount).map { try rows.text($0, 0) }
        try session.executeScript("DEALLOCATE \(name)")
        return lines.joined(separator: "\n")
    }

    @Test func pagesReadTheirIndexInOrder() async throws {
        try await Store.with { store in
            let drafts = try (0..<500).map { try MemoryDraft.of("m\($0)", at: Int64($0), tags: ["a", "b"]) }
            _ = try await store.repository.store(drafts, ifVersion: nil, scope: .all, deadline: .soon)
            let plans = try await store.repository.write(deadline: .soon) { session in
                try FilterShape.all.map { ($0, try Self.plan(session, FilterQuery.query(.page, $0))) }
            }
            for (shape, plan) in plans {
                let note = Comment("\(shape.name):\n\(plan)")
                #expect(!plan.contains("Seq Scan"), note)
                #expect(!plan.contains("Bitmap"), note)
                // Newest first is reading backwards, and nothing that a range holds is fetched to be thrown away.
                #expect(plan.contains("Index Only Scan Backward using \(Self.index(shape)) "), note)
                #expect(!shape.hasMinimumImportance || plan.contains("Merge Append"), note)
                #expect(plan.contains("Index Scan using brain_memories_pkey on brain_memories"), note)
            }
        }
    }

    @Test func aggregatesReadTheirIndex() async throws {
        try await Store.with { store in
            let plans = try await store.repository.write(deadline: .soon) { session in
                try [MemoryFilterSQL.Read.insights, .count, .byAgent].flatMap { read in
                    try FilterShape.all.map { ($0, try Self.plan(session, FilterQuery.query(read, $0))) }
                }
            }
            for (shape, plan) in plans {
                #expect(!plan.contains("Seq Scan"), "\(shape.name):\n\(plan)")
            }
        }
    }
}

extension FilterParameter {
    /// Some value, as SQL.
    fileprivate var example: String {
        switch self {
        case .agents, .rangeLows: "'{agent}'"
        case .rangeUppers: "'{agent~}'"
        case .tags: "'{a,b}'"
        case .minimumImportance: "3"
        case .start: "'-infinity'"
        case .upperTimestamp: "'infinity'"
        case .upperID: "''"
        case .limit, .budgetBytes: "100"
        }
    }
}
