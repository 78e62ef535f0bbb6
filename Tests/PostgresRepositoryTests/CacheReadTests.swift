import MemoryModel
import PostgresFixture
import Testing

@testable import PostgresRepository

/// How often caches could answer, as it is kept for good.
@Suite struct CacheReadTests {
    private static func counters(_ hits: Int64, _ misses: Int64) -> CacheCounters {
        CacheCounters(hits: hits, misses: misses)
    }

    @Test func readsAreAddedUp() async throws {
        try await Store.with { store in
            try await store.store(.of("m1", agent: "a"))
            try await store.refresh()
            let (a, b) = (try AgentID.of("a"), try AgentID.of("b"))
            let reads = CacheReads(
                total: Self.counters(7, 3), byAgent: [a: Self.counters(2, 1), b: Self.counters(4, 0)])
            for _ in 0..<2 {
                let unplaced = try await store.repository.recordCacheReads(reads, deadline: .soon)
                #expect(unplaced == [b: Self.counters(4, 0)])
            }
            let totals = "SELECT concat_ws(' ', cache_hits, cache_misses) FROM"
            #expect(try await store.sql("\(totals) brain_stats_refresh") == ["14 6"])
            #expect(try await store.sql("\(totals) brain_memory_stats") == ["4 2"])
            try await store.store(.of("m2", agent: "b"))
            // Refreshing of either kind keeps them.
            #expect(try await store.refresh().extent == .changes)
            let later = CacheReads(byAgent: [b: Self.counters(8, 0)])
            #expect(try await store.repository.recordCacheReads(later, deadline: .soon).isEmpty)
            try await store.sql("DELETE FROM brain_stats_base")
            try await store.refresh()
            #expect(try await store.sql("\(totals) brain_memory_stats ORDER BY agent_id") == ["4 2", "8 0"])
            #expect(try await store.sql("SELECT sum(hits)::text FROM brain_cache_history") == ["14"])
        }
    }

    @Test func severalDaemonsLoseNothing() async throws {
        try await Store.with { store in
            try await store.store(.of("m1", agent: "a"))
            try await store.refresh()
            let reads = CacheReads(total: Self.counters(1, 2), byAgent: [try .of("a"): Self.counters(1, 2)])
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        for _ in 0..<10 { _ = try await store.repository.recordCacheReads(reads, deadline: .soon) }
                    }
                }
                group.addTask { for _ in 0..<10 { try await store.refresh() } }
                try await group.waitForAll()
            }
            let sums = try await store.sql(
                """
                SELECT concat_ws(' ', cache_hits, cache_misses) FROM brain_stats_refresh
                UNION ALL SELECT concat_ws(' ', cache_hits, cache_misses) FROM brain_memory_stats
                UNION ALL SELECT concat_ws(' ', sum(hits), sum(misses)) FROM brain_cache_history
                """)
            #expect(sums == ["40 80", "40 80", "40 80"])
        }
    }

    @Test func theHistoryIsInBuckets() async throws {
        try await Store.with { store in
            try await store.sql(
                """
                INSERT INTO brain_cache_history
                SELECT timestamptz '2030-01-01 00:00Z' + n * interval '1 minute', n, 1 FROM generate_series(0, 9) AS n;
                INSERT INTO brain_cache_history VALUES (now() - interval '32 days', 1, 1), (now() - interval '30 days', 1, 1)
                """)
            let start = try Timestamp.of(1_893_456_000_000_000)
            let history = try await store.repository.cacheHistory(since: start, bucketSeconds: 240, deadline: .soon)
            #expect(history.bucketSeconds == 240)
            #expect(
                history.buckets.map(\.counters) == [Self.counters(6, 4), Self.counters(22, 4), Self.counters(17, 2)])
            #expect(
                history.buckets.map(\.start) == [0, 240, 480].map { start.advanced(byMicroseconds: $0 * 1_000_000) })
            for seconds in [0, 30, 90, -60] as [Int64] {
                let error = await storeError {
                    _ = try await store.repository.cacheHistory(since: start, bucketSeconds: seconds, deadline: .soon)
                }
                #expect(error?.kind == .invalidParams)
            }
            _ = try await store.repository.recordCacheReads(CacheReads(), deadline: .soon)
            let rows = "SELECT count(*)::text FROM brain_cache_history WHERE bucket < now()"
            #expect(try await store.sql(rows) == ["1"])
        }
    }

    @Test func writesAreCounted() async throws {
        try await Store.with { store in
            let before = try await store.repository.writeCount(deadline: .soon)
            for _ in 0..<3 { try await store.store(.of("m1")) }
            _ = try await store.repository.delete(.of("m1"), ifVersion: nil, scope: .all, deadline: .soon)
            #expect(
                try await eventually(within: .seconds(10)) {
                    try await store.repository.writeCount(deadline: .soon) == before + 4
                })
        }
    }
}
