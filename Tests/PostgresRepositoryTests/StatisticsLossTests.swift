import MemoryModel
import PostgresDriver
import PostgresFixture
import Testing

@testable import PostgresRepository

/// When what a refresh builds on is lost, or wrong, it reads everything, and says so.
@Suite struct StatisticsLossTests {
    private static func reason(_ refresh: StatisticsRefresh) -> String? {
        if case .everything(let reason) = refresh.extent { reason } else { nil }
    }

    private static func fill(_ store: Store) async throws {
        for number in 0..<6 {
            try await store.store(.of("m\(number)", agent: "a\(number % 2)", tags: ["t\(number % 3)"]))
        }
    }

    @Test func afterACrashOfPostgreSQL() async throws {
        let server = try await PostgresServer.start()
        let url = server.url
        let pool = Store.makePool(url)
        let store = Store(url: url, pool: pool, repository: PostgresMemoryRepository(pool: pool))
        let result = await Result {
            _ = try await MigrationRunner(pool: pool).migrate(deadline: .soon)
            try await store.refresh()
            try await Self.fill(store)
            #expect(try await store.refresh().extent == .changes)
            try await store.store(.of("late", agent: "late"))
            // So that the refresh before is not undone by the crash of a server without fsync.
            try await server.execute("CHECKPOINT")
            try await server.kill()
            try await server.restart()
            #expect(try await eventually(within: .seconds(20)) { (try? await store.memory("late")) ?? nil != nil })
            #expect(Self.reason(try await store.refresh()) == "what the last refresh left to build on is gone")
            let others = "SELECT agent_id FROM brain_memory_stats ORDER BY 1"
            #expect(try await server.execute(others) == ["a0", "a1", "late"])
            try await store.store(.of("later", agent: "late"))
            #expect(try await store.refresh().extent == .changes)
            #expect(try await server.execute("SELECT max(memory_count)::text FROM brain_memory_stats") == ["3"])
        }
        await pool.shutdown(within: .seconds(1))
        try await server.shutdown()
        try result.get()
    }

    @Test func afterATruncate() async throws {
        try await Store.with { store in
            try await Self.fill(store)
            try await store.refresh()
            try await store.sql("TRUNCATE brain_memories CASCADE")
            #expect(Self.reason(try await store.refresh()) != nil)
            #expect(try await store.drift().isEmpty)
            #expect(try await store.sql("SELECT 1 FROM brain_memory_stats").isEmpty)
        }
    }

    @Test func whenAnotherProgramRefreshed() async throws {
        try await Store.with { store in
            try await store.refresh()
            try await store.sql("UPDATE brain_stats_refresh SET refreshed_at = now()")
            #expect(Self.reason(try await store.refresh()) != nil)
            #expect(try await store.refresh().extent == .changes)
        }
    }

    @Test func whenChangesDoNotAddUp() async throws {
        try await Store.with { store in
            try await Self.fill(store)
            try await store.refresh()
            try await store.sql("UPDATE brain_memory_stats SET memory_count = 1 WHERE agent_id = 'a0'")
            try await store.sql("DELETE FROM brain_memories WHERE id IN ('m0', 'm2')")
            #expect(
                Self.reason(try await store.refresh())?.hasPrefix("the changes did not add up: brain_memory_stats")
                    == true)
            #expect(try await store.drift().isEmpty)
            try await store.sql("DELETE FROM brain_memory_tag_stats WHERE tag = 't1'")
            try await store.sql("DELETE FROM brain_memories WHERE id = 'm1'")
            #expect(Self.reason(try await store.refresh()) != nil)
            #expect(try await store.drift().isEmpty)
        }
    }

    @Test func changesThatAreTooManyAreDropped() async throws {
        try await Store.with { store in
            try await store.refresh()
            try await Self.fill(store)
            #expect(try await !store.repository.limitStatisticsChanges(to: 1_000_000, deadline: .soon))
            #expect(try await store.refresh().extent == .changes)
            try await Self.fill(store)
            #expect(try await store.repository.limitStatisticsChanges(to: 1_000, deadline: .soon))
            #expect(try await store.sql("SELECT pg_relation_size('brain_memory_changes')::text") == ["0"])
            #expect(Self.reason(try await store.refresh()) != nil)
            #expect(try await store.drift().isEmpty)
        }
    }

    /// A writer, or a dump, that holds the changes is not waited for.
    @Test func droppingGivesWay() async throws {
        try await Store.with { store in
            try await store.refresh()
            try await Self.fill(store)
            let isDropped = try await store.repository.write(deadline: .soon) { session in
                try session.transaction { session in
                    try session.executeScript("LOCK TABLE brain_memory_changes IN ACCESS SHARE MODE")
                    return try Self.blocking {
                        try await store.repository.limitStatisticsChanges(to: 0, deadline: .soon)
                    }
                }
            }
            #expect(!isDropped)
            #expect(try await store.refresh().extent == .changes)
        }
    }

    /// A write whose change can't be noted is not made.
    @Test func aWriteIsNotedOrNotMade() async throws {
        try await Store.with { store in
            try await Self.fill(store)
            try await store.sql("ALTER TABLE brain_memory_changes ADD CONSTRAINT full_disk CHECK (false) NOT VALID")
            #expect(await storeError { try await store.store(.of("new")) } != nil)
            #expect(await storeError { try await store.store(.of("m1", importance: 9)) } != nil)
            let deletion = await storeError {
                _ = try await store.repository.delete(.of("m1"), ifVersion: nil, scope: .all, deadline: .soon)
            }
            #expect(deletion != nil)
            #expect(try await store.memory("new") == nil)
            #expect(try await store.memory("m1")?.draft.importance == 5)
        }
    }

    /// Runs `body` to its end from a thread that may block.
    private static func blocking<T: Sendable>(_ body: @escaping @Sendable () async throws -> T) throws -> T {
        let outcome = Outcome<T>()
        Task { outcome.end(await Result { try await body() }) }
        return try outcome.wait().get()
    }
}
