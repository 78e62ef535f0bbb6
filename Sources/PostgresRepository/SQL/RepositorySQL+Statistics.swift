extension RepositorySQL {
    /// Memories of each agent as of the last refresh. Parameters: scope (3).
    static let storedStatistics = """
        SELECT m.agent_id, m.memory_count, m.tag_count
        FROM brain_memory_stats AS m
        WHERE \(isInScope(first: 1))
        """

    /// Distinct tags of everyone as of the last refresh, when that was (null: never yet), and the time now.
    static let storedTotals = "SELECT tag_count, refreshed_at, now() FROM brain_stats_refresh"

    /// How many distinct tags live memories have, and the time now: one index probe a tag.
    static let tagCountOfEveryone = """
        WITH RECURSIVE found AS (
            (SELECT m.tag FROM brain_memory_tags AS m WHERE m.agent_id <> '' AND \(isLive) ORDER BY m.tag LIMIT 1)
            UNION ALL
            SELECT next.tag
            FROM found
            CROSS JOIN LATERAL (
                SELECT m.tag FROM brain_memory_tags AS m
                WHERE m.tag > found.tag AND m.agent_id <> '' AND \(isLive)
                ORDER BY m.tag LIMIT 1
            ) AS next
        )
        SELECT count(*), now() FROM found
        """

    /// The same for a list of agents: one index probe for each agent's tag. Parameter: the agents.
    static let tagCountOfAgents = """
        WITH RECURSIVE found AS (
            SELECT a.agent_id, first.tag
            FROM unnest($1::text[]) AS a (agent_id)
            CROSS JOIN LATERAL (
                SELECT m.tag FROM brain_memory_tags AS m
                WHERE m.agent_id = a.agent_id AND \(isLive)
                ORDER BY m.tag LIMIT 1
            ) AS first
            UNION ALL
            SELECT found.agent_id, next.tag
            FROM found
            CROSS JOIN LATERAL (
                SELECT m.tag FROM brain_memory_tags AS m
                WHERE m.agent_id = found.agent_id AND m.tag > found.tag AND \(isLive)
                ORDER BY m.tag LIMIT 1
            ) AS next
        )
        SELECT count(DISTINCT tag), now() FROM found
        """

    /// Lets one refresh run at a time; one row: when the last one was, and now.
    static let lockStatistics = "SELECT refreshed_at, now() FROM brain_stats_refresh FOR UPDATE"

    /// How many distinct tags the live memories of each agent have, in the order of an index.
    static let tagCountByAgent = """
        SELECT carried.agent_id, count(*)
        FROM (
            SELECT m.agent_id, m.tag FROM brain_memory_tags AS m WHERE \(isLive) GROUP BY m.agent_id, m.tag
        ) AS carried
        GROUP BY carried.agent_id
        """

    /// Writes all statistics anew; one row: as of when. It reads whole tables: run it with `refreshSettings`.
    /// Parameters:
    /// agents with tags and how many distinct ones each has, and how many everyone has together.
    static let refreshStatistics = """
        WITH held AS MATERIALIZED (
            SELECT m.agent_id, count(*) AS memory_count, sum(m.size_bytes) AS size_bytes,
                count(*) FILTER (WHERE m.expires_at < now() + interval '1 day') AS expiring_within_day,
                avg(m.importance) AS mean_importance, min(m."timestamp") AS oldest, max(m."timestamp") AS newest
            FROM brain_memories AS m
            WHERE \(isLive)
            GROUP BY m.agent_id
        ),
        written AS (
            INSERT INTO brain_memory_stats AS s
                (agent_id, memory_count, size_bytes, tag_count, expiring_within_day, mean_importance, oldest, newest,
                refreshed_at)
            SELECT held.agent_id, held.memory_count, held.size_bytes, coalesce(tags.tag_count, 0),
                held.expiring_within_day, held.mean_importance, held.oldest, held.newest, now()
            FROM held
            LEFT JOIN unnest($1::text[], $2::bigint[]) AS tags (agent_id, tag_count) ON tags.agent_id = held.agent_id
            ON CONFLICT (agent_id) DO UPDATE SET
                memory_count = excluded.memory_count,
                size_bytes = excluded.size_bytes,
                tag_count = excluded.tag_count,
                expiring_within_day = excluded.expiring_within_day,
                mean_importance = excluded.mean_importance,
                oldest = excluded.oldest,
                newest = excluded.newest,
                refreshed_at = excluded.refreshed_at
        ),
        vanished AS (
            DELETE FROM brain_memory_stats AS s WHERE NOT EXISTS (SELECT FROM held WHERE held.agent_id = s.agent_id)
        )
        UPDATE brain_stats_refresh SET refreshed_at = now(), tag_count = $3::bigint
        RETURNING refreshed_at
        """

    /// What the other statements' settings forbid and a scan of whole tables wants.
    static let refreshSettings = """
        SET LOCAL enable_seqscan = on; SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = on
        """
}
