/// What a refresh of statistics is made of. How it comes out right: `RepositorySQL+Increment.swift`.
extension RepositorySQL {
    /// Lets one refresh run at a time, and nobody write what one writes. It must come first: a transaction's snapshot is
    /// made by what follows, and so has all that those it waited for have committed. Readers, and dumps, are not kept off.
    static let lockRefreshes = "LOCK TABLE brain_stats_refresh IN SHARE ROW EXCLUSIVE MODE"

    /// One row: when the last refresh was (null: never yet), now, whether what it left is there to build on, and how many
    /// bytes the changes since take.
    static let refreshSituation = """
        SELECT r.refreshed_at, now(), b.refreshed_at IS NOT NULL, pg_relation_size('brain_memory_changes')
        FROM brain_stats_refresh AS r
        LEFT JOIN brain_stats_base AS b ON b.refreshed_at = r.refreshed_at
        """

    /// What the other statements' settings forbid and a scan of whole tables wants.
    static let refreshSettings = """
        SET LOCAL enable_seqscan = on; SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = on
        """

    /// Forgets the changes that this transaction sees in the memories themselves.
    static let forgetChanges = "DELETE FROM brain_memory_changes"

    /// Empties the counts of tags, to write them anew.
    static let forgetTagStatistics = "DELETE FROM brain_memory_tag_stats"

    /// Counts the tags of each agent, and of all, in an emptied table. It reads all tags: run it with `refreshSettings`.
    static let countTags = """
        WITH by_agent AS MATERIALIZED (
            SELECT m.agent_id, m.tag, count(*) AS memory_count
            FROM brain_memory_tags AS m
            WHERE \(isLive)
            GROUP BY m.agent_id, m.tag
        )
        INSERT INTO brain_memory_tag_stats (agent_id, tag, memory_count)
        SELECT agent_id, tag, memory_count FROM by_agent
        UNION ALL
        SELECT '', tag, sum(memory_count)::bigint FROM by_agent GROUP BY tag
        """

    /// Writes all statistics anew, after `countTags`; one row: how many agents there are, and as of when. It reads all
    /// memories: run it with `refreshSettings`.
    static let refreshFully = """
        WITH held AS MATERIALIZED (
            SELECT m.agent_id, count(*) AS memory_count, sum(m.size_bytes)::bigint AS size_bytes,
                count(*) FILTER (WHERE m.expires_at < now() + interval '24 hours') AS expiring_within_day,
                sum(m.importance)::bigint AS importance_sum, min(m."timestamp") AS oldest,
                max(m."timestamp") AS newest
            FROM brain_memories AS m
            WHERE \(isLive)
            GROUP BY m.agent_id
        ),
        tags AS (
            SELECT t.agent_id, count(*) AS tag_count FROM brain_memory_tag_stats AS t GROUP BY t.agent_id
        ),
        written AS (
            INSERT INTO brain_memory_stats AS s (\(statisticsColumns))
            SELECT held.agent_id, held.memory_count, held.size_bytes, coalesce(tags.tag_count, 0),
                held.expiring_within_day, held.importance_sum, \(meanImportance(of: "held")), held.oldest,
                held.newest, now()
            FROM held
            LEFT JOIN tags ON tags.agent_id = held.agent_id
            \(replacingStatistics.indented(by: 4))
        ),
        vanished AS (
            DELETE FROM brain_memory_stats AS s WHERE NOT EXISTS (SELECT FROM held WHERE held.agent_id = s.agent_id)
        ),
        based AS (
            INSERT INTO brain_stats_base (refreshed_at) VALUES (now())
            ON CONFLICT (only_row) DO UPDATE SET refreshed_at = excluded.refreshed_at
        )
        UPDATE brain_stats_refresh SET
            refreshed_at = now(),
            tag_count = coalesce((SELECT tag_count FROM tags WHERE agent_id = ''), 0)
        RETURNING (SELECT count(*) FROM held), refreshed_at
        """

    /// What a refresh writes of an agent.
    static let statisticsColumns = """
        agent_id, memory_count, size_bytes, tag_count, expiring_within_day, importance_sum, mean_importance, oldest,
            newest, refreshed_at
        """

    /// The mean, written by both kinds of refresh so that they agree to the last bit.
    static func meanImportance(of row: String) -> String {
        "(\(row).importance_sum::double precision / \(row).memory_count)::real"
    }

    /// The end of an INSERT of `statisticsColumns`: an agent that has a row keeps its cache counters.
    static let replacingStatistics = """
        ON CONFLICT (agent_id) DO UPDATE SET
            memory_count = excluded.memory_count,
            size_bytes = excluded.size_bytes,
            tag_count = excluded.tag_count,
            expiring_within_day = excluded.expiring_within_day,
            importance_sum = excluded.importance_sum,
            mean_importance = excluded.mean_importance,
            oldest = excluded.oldest,
            newest = excluded.newest,
            refreshed_at = excluded.refreshed_at
        """

    /// How many bytes the changes that wait for a refresh take.
    static let changesSize = "SELECT pg_relation_size('brain_memory_changes')"

    /// Drops the changes with what they continue, so that the next refresh is a full one. New writers queue behind the lock
    /// on the changes while it waits for writers under way, so it does not wait long.
    static let dropChanges = """
        SET LOCAL lock_timeout = '50ms';
        \(lockRefreshes);
        TRUNCATE brain_memory_changes;
        DELETE FROM brain_stats_base
        """
}
