import MemoryModel
import PostgresDriver
import PostgresFixture

@testable import PostgresRepository

extension Store {
    /// Brings statistics up to date.
    @discardableResult
    func refresh() async throws -> StatisticsRefresh {
        try await repository.refreshStatistics(ifOlderThan: .zero, deadline: .soon)
    }

    /// How the kept statistics differ from what the memories say as of the last refresh, a line each; empty when they
    /// don't.
    func drift() async throws -> [String?] {
        try await sql(
            """
            SET jit = off;
            WITH base AS (SELECT refreshed_at AS at FROM public.brain_stats_refresh),
            live AS (SELECT m.* FROM brain_memories AS m, base WHERE m.expires_at > base.at),
            carried AS (SELECT live.agent_id, tag FROM live, unnest(live.tags) AS tag),
            expected AS (
                SELECT 'agent ' || agent_id, count(*), sum(size_bytes)::bigint,
                    (SELECT count(DISTINCT tag) FROM carried WHERE carried.agent_id = live.agent_id),
                    count(*) FILTER (WHERE expires_at < at + interval '24 hours'), sum(importance)::bigint,
                    round(avg(importance), 3), min(timestamp), max(timestamp)
                FROM live, base GROUP BY agent_id
                UNION ALL
                SELECT 'tag ' || agent_id || ' ' || tag, count(*), 0, 0, 0, 0, 0, NULL, NULL
                FROM carried GROUP BY agent_id, tag
                UNION ALL
                SELECT 'tag  ' || tag, count(*), 0, 0, 0, 0, 0, NULL, NULL FROM carried GROUP BY tag
                UNION ALL
                SELECT 'all tags', count(DISTINCT tag), 0, 0, 0, 0, 0, NULL, NULL FROM carried
            ),
            kept AS (
                SELECT 'agent ' || agent_id, memory_count, size_bytes, tag_count, expiring_within_day, importance_sum,
                    round(mean_importance::numeric, 3), oldest, newest
                FROM brain_memory_stats
                UNION ALL
                SELECT 'tag ' || agent_id || ' ' || tag, memory_count, 0, 0, 0, 0, 0, NULL, NULL
                FROM brain_memory_tag_stats
                UNION ALL
                SELECT 'all tags', tag_count, 0, 0, 0, 0, 0, NULL, NULL FROM brain_stats_refresh
            )
            SELECT 'should be: ' || e::text FROM (SELECT * FROM expected EXCEPT SELECT * FROM kept) AS e
            UNION ALL
            SELECT 'is: ' || k::text FROM (SELECT * FROM kept EXCEPT SELECT * FROM expected) AS k
            """)
    }

    /// Runs `body` with a new store whose clock is what `setClock` says.
    static func withClock(_ body: (Store) async throws -> Void) async throws {
        try await with { store in
            try await store.sql(
                """
                CREATE TABLE clock (at timestamptz NOT NULL);
                INSERT INTO clock VALUES (pg_catalog.now());
                CREATE FUNCTION public.now() RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT at FROM public.clock'
                """)
            // Named after `public`, PostgreSQL's own functions are looked for only then.
            let pool = makePool(store.url + "&options=-csearch_path%3Dpublic,pg_catalog")
            let clocked = Store(url: store.url, pool: pool, repository: PostgresMemoryRepository(pool: pool))
            let result = await Result { try await body(clocked) }
            await pool.shutdown(within: .seconds(1))
            try result.get()
        }
    }

    /// Moves the clock of `withClock`.
    func moveClock(bySeconds seconds: Double) async throws {
        try await sql("UPDATE clock SET at = at + \(seconds) * interval '1 second'")
    }
}
