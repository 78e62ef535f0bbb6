import MemoryModel
import MonotonicClock
import PostgresDriver
import PostgresFixture
import Testing

@testable import PostgresRepository

/// Exact statistics that are added up are those that counting every memory gives, and nothing is written for them.
@Suite struct ExactStatisticsTests {
    /// What statistics of all agents should be, by plain SQL over the memories alone: a line for each agent, one for tags.
    private static func counted(_ store: Store, now: String) async throws -> [String] {
        try await store.sql(
            """
            WITH live AS (SELECT m.* FROM brain_memories AS m WHERE m.expires_at > \(now))
            SELECT agent_id || ' ' || count(*) FROM live GROUP BY agent_id
            UNION ALL
            SELECT '# ' || count(DISTINCT tag) FROM live, unnest(tags) AS tag
            ORDER BY 1
            """
        ).map { $0 ?? "" }
    }

    private static func lines(_ statistics: MemoryStatistics) -> [String] {
        (statistics.memoriesByAgent.map { "\($0.key.value) \($0.value)" } + ["# \(statistics.tagCount)"]).sorted()
    }

    /// What the repository answers.
    private static func exact(_ store: Store) async throws -> [String] {
        lines(try await store.repository.statistics(maximumAge: .zero, scope: .all, deadline: .soon))
    }

    /// The same where it is added up; nil where it would be counted.
    private static func added(_ store: Store, _ last: LastStatistics = LastStatistics()) async throws -> [String]? {
        try await store.repository.read(deadline: .soon) { try $0.addedStatistics(last) }.map(lines)
    }

    /// What exact statistics must leave as it is.
    private static func state(_ store: Store) async throws -> [String?] {
        try await store.sql(
            """
            SELECT 'change ' || ctid || xmin || xmax || c::text FROM brain_memory_changes AS c
            UNION ALL SELECT 'agent ' || ctid || xmin || xmax || s::text FROM brain_memory_stats AS s
            UNION ALL SELECT 'tag ' || ctid || xmin || xmax || t::text FROM brain_memory_tag_stats AS t
            UNION ALL SELECT 'base ' || ctid || xmin || xmax || b::text FROM brain_stats_base AS b
            UNION ALL SELECT 'refresh ' || ctid || xmin || xmax || r::text FROM brain_stats_refresh AS r
            ORDER BY 1
            """)
    }

    private static func fill(_ store: Store, _ numbers: Range<Int> = 0..<6) async throws {
        let drafts = try numbers.map { try MemoryDraft.of("m\($0)", agent: "a\($0 % 2)", tags: ["t\($0 % 3)"]) }
        _ = try await store.repository.store(drafts, ifVersion: nil, scope: .all, deadline: .soon)
    }

    @Test(arguments: [3, 4] as [UInt64]) func areWhatCountingGives(seed: UInt64) async throws {
        try await Store.withClock { store in
            var random = ModelTests.Random(state: seed)
            let now = "(SELECT at FROM public.clock)"
            var additions = 0
            for round in 0..<80 {
                for _ in 0..<Int.random(in: 0..<3, using: &random) {
                    try await IncrementalStatisticsTests.change(store, &random)
                    try await store.moveClock(
                        bySeconds: IncrementalStatisticsTests.pauses.randomElement(using: &random) ?? 0)
                }
                switch Int.random(in: 0..<20, using: &random) {
                case 0..<4: try await store.refresh()
                case 4: try await store.sql("DELETE FROM brain_stats_base")
                case 5: try await store.moveClock(bySeconds: -10)
                default: break
                }
                let (expected, state) = (try await Self.counted(store, now: now), try await Self.state(store))
                let (exact, added) = (try await Self.exact(store), try await Self.added(store))
                #expect(exact == expected, "seed \(seed), round \(round)")
                #expect(added == nil || added == expected, "seed \(seed), round \(round)")
                #expect(try await Self.state(store) == state)
                guard exact == expected, added == nil || added == expected else { return }
                additions += added == nil ? 0 : 1
            }
            #expect(additions > 15 && additions < 80)
        }
    }

    @Test func areOfNow() async throws {
        try await Store.with { store in
            try await Self.fill(store)
            let refreshedAt = try await store.refresh().refreshedAt
            let before = try Timestamp.now
            let added = try await store.repository.read(deadline: .soon) { try $0.addedStatistics(LastStatistics()) }
            let counted = try await store.repository.read(deadline: .soon) { try $0.countedStatistics(.all) }
            #expect(try #require(added).refreshedAt >= before && counted.refreshedAt >= before)
            #expect(before > refreshedAt)
            #expect(added?.memoriesByAgent == counted.memoriesByAgent && added?.tagCount == counted.tagCount)
        }
    }

    @Test func areCountedWithoutABase() async throws {
        try await Store.with { store in
            try await Self.fill(store)
            #expect(try await Self.added(store) == nil)
            #expect(try await Self.exact(store) == ["# 3", "a0 3", "a1 3"])
            try await store.refresh()
            #expect(try await Self.added(store) == ["# 3", "a0 3", "a1 3"])
            try await store.sql("UPDATE brain_stats_refresh SET refreshed_at = now()")
            #expect(try await Self.added(store) == nil)
            #expect(try await Self.exact(store) == ["# 3", "a0 3", "a1 3"])
            try await store.refresh()
            #expect(try await Self.added(store) != nil)
            try await store.sql("TRUNCATE brain_memories CASCADE")
            #expect(try await Self.added(store) == nil)
            #expect(try await Self.exact(store) == ["# 0"])
        }
    }

    @Test func areCountedBeyondTheBounds() async throws {
        try await Store.with { store in
            try await store.refresh()
            try await Self.fill(store, 0..<100)
            #expect(try await Self.added(store) == ["# 3", "a0 50", "a1 50"])
            for round in 1...20 { try await Self.fill(store, round * 50..<round * 50 + 100) }
            #expect(try await Self.added(store) == nil)
            #expect(try await Self.exact(store) == ["# 3", "a0 550", "a1 550"])
            try await store.refresh()
            try await store.sql("VACUUM brain_memory_changes")
            #expect(try await Self.added(store) == ["# 3", "a0 550", "a1 550"])
            try await store.sql(
                """
                SET session_replication_role = replica;
                UPDATE brain_memories SET expires_at = now() WHERE id <> 'm1';
                UPDATE brain_memory_tags SET expires_at = now() WHERE memory_id <> 'm1'
                """)
            #expect(try await Self.added(store) == nil)
            #expect(try await Self.exact(store) == ["# 1", "a1 1"])
        }
    }

    @Test func areCountedWhenChangesDoNotAddUp() async throws {
        try await Store.with { store in
            try await Self.fill(store)
            try await store.refresh()
            try await store.sql("UPDATE brain_memory_stats SET memory_count = 1 WHERE agent_id = 'a0'")
            try await store.sql("DELETE FROM brain_memories WHERE id IN ('m0', 'm2')")
            #expect(try await Self.added(store) == nil)
            #expect(try await Self.exact(store) == ["# 3", "a0 1", "a1 3"])
            try await store.refresh()
            try await store.sql("DELETE FROM brain_memory_tag_stats WHERE tag = 't1'")
            try await store.sql("DELETE FROM brain_memories WHERE id = 'm1'")
            #expect(try await Self.added(store) == nil)
            #expect(try await Self.exact(store) == ["# 3", "a0 1", "a1 2"])
        }
    }

    /// The rows of agents are read once, and anew after a refresh.
    @Test func whatWasKeptIsReadOnce() async throws {
        try await Store.with { store in
            try await Self.fill(store)
            try await store.refresh()
            let last = LastStatistics()
            #expect(try await Self.added(store, last) == ["# 3", "a0 3", "a1 3"])
            try await store.sql("UPDATE brain_memory_stats SET memory_count = 9 WHERE agent_id = 'a0'")
            try await Self.fill(store, 6..<7)
            #expect(try await Self.added(store, last) == ["# 3", "a0 4", "a1 3"])
            #expect(try await Self.added(store) == ["# 3", "a0 10", "a1 3"])
            try await store.refresh()
            #expect(try await Self.added(store, last) == ["# 3", "a0 10", "a1 3"])
        }
    }

    /// A snapshot made before changes are dropped would not see them, and still what they continue.
    @Test func waitForChangesThatAreBeingDropped() async throws {
        try await Store.with { store in
            try await store.refresh()
            try await Self.fill(store)
            let exact = try await store.repository.write(deadline: .soon) { session in
                try session.transaction { session in
                    try session.executeScript(RepositorySQL.dropChanges)
                    let exact = Task { try await Self.exact(store) }
                    let waiting = PostgresStatement(
                        name: "waiting", sql: "SELECT count(*) FROM pg_locks WHERE NOT granted", isWrite: false)
                    while try session.execute(waiting).int8(0, 0) == 0, MonotonicInstant.now < session.deadline {}
                    return exact
                }
            }
            #expect(try await exact.value == ["# 3", "a0 3", "a1 3"])
        }
    }

    /// Each answer is one that was true at some instant of its making, whatever writers and refreshes do meanwhile.
    @Test func writersAndRefreshesMayGoOnMeanwhile() async throws {
        try await Store.with { store in
            try await store.refresh()
            try await withThrowingTaskGroup { group in
                group.addTask {
                    for number in 0..<300 {
                        try await store.store(.of("m\(number)", agent: "a\(number % 7)", tags: ["t\(number)"]))
                    }
                }
                group.addTask { for _ in 0..<40 { try await store.refresh() } }
                for _ in 0..<2 {
                    group.addTask {
                        var last: Int64 = 0
                        while last < 300 {
                            let statistics = try await store.repository.statistics(
                                maximumAge: .zero, scope: .all, deadline: .soon)
                            #expect(statistics.totalMemories == statistics.tagCount)
                            #expect(statistics.totalMemories >= last)
                            last = statistics.totalMemories
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func thePlanFollowsTheSituation() throws {
        let last = try Timestamp.of(1_000_000)
        func plan(
            last: Timestamp? = last, now: Int64 = 2_000_000, isBased: Bool = true, changes: Int64 = 0,
            counted: Int64 = 0, expired: Int64 = 0
        ) throws -> ExactPlan {
            ExactPlan(
                ExactPlan.Situation(
                    last: last, now: try .of(now), isBased: isBased, changesBytes: changes, countedBytes: counted,
                    expired: expired))
        }
        #expect(try plan() == .changes(since: last))
        #expect(try plan(last: nil) == .everything)
        #expect(try plan(isBased: false) == .everything)
        #expect(try plan(now: 1_000_000) == .changes(since: last))
        #expect(try plan(now: 999_999) == .everything)
        let few = ExactPlan.smallChangesBytes
        #expect(try plan(changes: few) == .changes(since: last))
        #expect(try plan(changes: few + 1) == .everything)
        #expect(try plan(changes: few + 1, counted: (few + 1) * ExactPlan.changesShare) == .changes(since: last))
        #expect(try plan(changes: few + 2, counted: (few + 1) * ExactPlan.changesShare) == .everything)
        #expect(try plan(expired: ExactPlan.maximumExpired) == .changes(since: last))
        #expect(try plan(expired: ExactPlan.expiredBound) == .everything)
    }
}
