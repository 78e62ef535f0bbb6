import MemoryModel
import Testing

@testable import PostgresRepository

@Suite struct StatisticsTests {
    private static func fill(_ store: Store) async throws {
        try await store.store(.of("a1", agent: "a", tags: ["x", "y"]))
        try await store.store(.of("a2", agent: "a", tags: ["y"]))
        try await store.store(.of("b1", agent: "b", tags: ["y", "z"]))
        try await store.store(.of("c1", agent: "c"))
    }

    private static func statistics(
        _ store: Store, _ maximumAge: Duration, _ scope: AgentScope = .all
    ) async throws -> (counts: [String: Int64], tags: Int64, refreshedAt: Timestamp) {
        let statistics = try await store.repository.statistics(maximumAge: maximumAge, scope: scope, deadline: .soon)
        let counts = Dictionary(uniqueKeysWithValues: statistics.memoriesByAgent.map { ($0.key.value, $0.value) })
        return (counts, statistics.tagCount, statistics.refreshedAt)
    }

    @Test func areExactWhenAsked() async throws {
        try await Store.with { store in
            let empty = try await Self.statistics(store, .zero)
            #expect(empty.counts == [:] && empty.tags == 0)
            try await Self.fill(store)
            let before = try Timestamp.now
            let all = try await Self.statistics(store, .zero)
            #expect(all.counts == ["a": 2, "b": 1, "c": 1] && all.tags == 3)
            #expect(all.refreshedAt >= before)
            let some = try await Self.statistics(store, .zero, .only(["a", "c", "none"]))
            #expect(some.counts == ["a": 2, "c": 1] && some.tags == 2)
            let prefixed = try await Self.statistics(store, .zero, .only(["b"], prefixes: ["a"]))
            #expect(prefixed.counts == ["a": 2, "b": 1] && prefixed.tags == 3)
            let none = try await Self.statistics(store, .zero, .none)
            #expect(none.counts == [:] && none.tags == 0)
        }
    }

    @Test func areKeptForTheirTime() async throws {
        try await Store.with { store in
            try await Self.fill(store)
            let first = try await Self.statistics(store, .seconds(3_600))
            #expect(first.counts == ["a": 2, "b": 1, "c": 1] && first.tags == 3)
            try await store.store(.of("d1", agent: "d", tags: ["new"]))
            let second = try await Self.statistics(store, .seconds(3_600))
            #expect(second.counts == first.counts && second.refreshedAt == first.refreshedAt)
            #expect(try await Self.statistics(store, .zero).counts["d"] == 1)
            try await store.sql("UPDATE brain_stats_refresh SET refreshed_at = now() - interval '2 hours'")
            let third = try await Self.statistics(store, .seconds(3_600))
            #expect(third.counts["d"] == 1 && third.tags == 4)
            let one = try await Self.statistics(store, .seconds(3_600), .only(["a"]))
            #expect(one.counts == ["a": 2] && one.tags == 2)
            let two = try await Self.statistics(store, .seconds(3_600), .only(["a", "b"]))
            #expect(two.counts == ["a": 2, "b": 1] && two.tags == 3)
        }
    }

    @Test func aRefreshDescribesEachAgent() async throws {
        try await Store.with { store in
            try await Self.fill(store)
            try await store.repository.refreshStatistics(ifOlderThan: .zero, deadline: .soon)
            try await store.sql("UPDATE brain_memory_stats SET cache_hits = 7 WHERE agent_id = 'a'")
            let soon = try Timestamp.now.advanced(byMicroseconds: 3_600_000_000)
            try await store.store(.of("a3", agent: "a", at: 5, importance: 10, expiresAt: soon))
            _ = try await store.repository.clear(scope: .only(["c"]), deadline: .soon)
            try await store.repository.refreshStatistics(ifOlderThan: .zero, deadline: .soon)
            let rows = try await store.sql(
                """
                SELECT concat_ws(
                    ' ', agent_id, memory_count, tag_count, expiring_within_day, round(mean_importance::numeric, 2),
                    extract(epoch FROM oldest)::bigint, extract(epoch FROM newest)::bigint, cache_hits, size_bytes > 0)
                FROM brain_memory_stats ORDER BY agent_id
                """)
            #expect(rows == ["a 3 2 1 6.67 0 1700000000 7 t", "b 1 2 0 5.00 1700000000 1700000000 0 t"])
        }
    }

    @Test func severalRefreshesAtOnceAreOne() async throws {
        try await Store.with { store in
            try await Self.fill(store)
            let refreshes = try await withThrowingTaskGroup(of: StatisticsRefresh.self) { group in
                for _ in 0..<6 {
                    group.addTask {
                        try await store.repository.refreshStatistics(ifOlderThan: .seconds(3_600), deadline: .soon)
                    }
                }
                return try await group.reduce(0) { $0 + ($1.extent == .none ? 0 : 1) }
            }
            #expect(refreshes == 1)
        }
    }
}
