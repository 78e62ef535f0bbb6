import MemoryModel
import PostgresFixture
import Testing

@testable import PostgresRepository

/// From its instant on an expired memory is in no answer, though its row is still there.
@Suite struct ExpiryTests {
    /// A store with one live and one expired memory, both of agent `agent` with tag `t`.
    private static func withExpired(_ body: (Store) async throws -> Void) async throws {
        try await Store.with { store in
            try await store.store(.of("live", tags: ["t"]))
            try await store.store(.of("gone", tags: ["t", "only-gone"], expiresAt: Timestamp.latest))
            try await store.store(.of("lone", agent: "lone", expiresAt: Timestamp.latest))
            try await store.sql("UPDATE brain_memories SET expires_at = now() - interval '1s' WHERE id <> 'live'")
            try await body(store)
        }
    }

    @Test func itIsInNoAnswer() async throws {
        try await Self.withExpired { store in
            let repository = store.repository
            #expect(try await store.memory("gone") == nil)
            #expect(try await store.page().memories.map(\.draft.id.value) == ["live"])
            let filters = try [
                MemoryFilter(), MemoryFilter(agentID: .of("agent")), MemoryFilter(tags: [.of("t")]),
                MemoryFilter(agentID: .of("agent"), tags: [.of("t")], minimumImportance: 2),
                MemoryFilter(minimumImportance: 2),
            ]
            for filter in filters {
                #expect(try await store.page(filter).memories.map(\.draft.id.value) == ["live"])
                #expect(try await repository.count(matching: filter, scope: .all, deadline: .soon).value == 1)
                let insights = try await repository.insights(
                    matching: filter, limit: 10, maximumBytes: Limits.answerBytes, scope: .all, deadline: .soon)
                #expect(insights.memories.count == 1)
                #expect(insights.countByAgent == [try .of("agent"): 1])
            }
            let agents = try await repository.agents(after: nil, limit: 10, scope: .all, deadline: .soon).agents
            #expect(agents.map(\.registration.agentID.value) == ["agent"])
            #expect(agents.map(\.memories) == [1])
            let statistics = try await repository.statistics(maximumAge: .zero, scope: .all, deadline: .soon)
            #expect(statistics.memoriesByAgent == [try .of("agent"): 1])
            #expect(statistics.tagCount == 1)
            #expect(try await repository.delete(.of("gone"), ifVersion: nil, scope: .all, deadline: .soon) == nil)
            #expect(try await repository.clear(scope: .only(["lone"]), deadline: .soon) == 0)
        }
    }

    @Test func itsIDIsFree() async throws {
        try await Self.withExpired { store in
            try await store.sql("UPDATE brain_memories SET version = 41, created_at = '2020-01-01Z' WHERE id = 'gone'")
            let conflict = await storeError { try await store.store(.of("gone"), ifVersion: 41) }
            #expect(conflict?.conflict == .absent)
            // Another agent that may not write the old one may take the id.
            let outcome = try await store.store(.of("gone", agent: "x", tags: ["n"]), ifVersion: 0, scope: .only(["x"]))
            #expect(outcome.created && outcome.version == 1)
            let record = try #require(try await store.memory("gone"))
            #expect("\(record.createdAt)" > "2021")
            #expect(record.updatedAt >= record.createdAt)
            #expect(record.draft.agentID.value == "x")
            #expect(try await store.sql("SELECT tag FROM brain_memory_tags WHERE memory_id = 'gone'") == ["n"])
        }
    }

    @Test func itIsGoneAtItsInstant() async throws {
        try await Store.with { store in
            let instant = try Timestamp.now.advanced(byMicroseconds: 700_000)
            try await store.store(.of("m1", tags: ["t"], expiresAt: instant))
            #expect(try await store.page(MemoryFilter(tags: [.of("t")])).memories.first?.draft.expiresAt == instant)
            #expect(try await eventually { try await store.memory("m1") == nil })
            #expect(try Timestamp.now >= instant)
            #expect(try await store.page(MemoryFilter(tags: [.of("t")])).memories.isEmpty)
        }
    }

    @Test func cleanupRemovesItForGood() async throws {
        try await Store.with { store in
            let drafts = try (0..<1_000).map { try MemoryDraft.of("m\($0)", tags: ["t"]) }
            for part in 0..<3 {
                let renamed = try drafts.map { draft in
                    var draft = draft
                    draft.id = try .of("\(draft.id.value)-\(part)")
                    return draft
                }
                _ = try await store.repository.store(renamed, ifVersion: nil, scope: .all, deadline: .soon)
            }
            try await store.sql("UPDATE brain_memories SET expires_at = now() WHERE id NOT LIKE 'm1%'")
            let live = try await store.repository.count(matching: MemoryFilter(), scope: .all, deadline: .soon).value
            #expect(try await store.repository.deleteExpired(deadline: .soon) == 3_000 - live)
            #expect(try await store.repository.deleteExpired(deadline: .soon) == 0)
            let rows = try await store.sql(
                "SELECT count(*)::text FROM brain_memories UNION ALL SELECT count(*)::text FROM brain_memory_tags")
            #expect(rows == ["\(live)", "\(live)"])
        }
    }
}
