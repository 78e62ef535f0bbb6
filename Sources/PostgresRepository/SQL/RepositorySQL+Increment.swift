/// A refresh of statistics that reads what changed.
///
/// Let T be when the last refresh was, and U now. Statistics are sums over the memories that existed then and had not
/// expired at T. Each change since is in `brain_memory_changes` exactly if it is in the memories that this transaction
/// sees, since writers commit both together, and was not then, since that refresh took away what it saw. So
///
///     sums over (memories now, unexpired at T) = sums then + changes of what was unexpired at T
///     sums over (memories now, unexpired at U) = that - memories now that expired from T to U
///
/// and the same holds for how many expire within a day, with 24 hours more at both ends: a day of the session's time zone
/// may have 23, and then later instants would come to lie before earlier ones. What was the last of its sum goes;
/// the oldest and newest of an agent that changed are looked up in the index. `RepositorySQL+Exact.swift` does the same
/// without writing.
extension RepositorySQL {
    /// Brings all statistics up to date; one row: how many changes there were, of how many agents, and as of when.
    /// Parameter: when the last refresh was. Breaks a constraint when what is there does not add up.
    static let refreshIncrementally = """
        WITH \(moved),
        \(tagSums),
        \(agentSums),
        tags_written AS (
            INSERT INTO brain_memory_tag_stats (agent_id, tag, memory_count)
            SELECT agent_id, tag, count_now FROM tags WHERE count_now <> 0
            ON CONFLICT (agent_id, tag) DO UPDATE SET memory_count = excluded.memory_count
        ),
        tags_gone AS (
            DELETE FROM brain_memory_tag_stats AS t USING tags
            WHERE t.agent_id = tags.agent_id AND t.tag = tags.tag AND tags.count_now = 0
        ),
        agents_written AS (
            INSERT INTO brain_memory_stats AS s (\(statisticsColumns))
            SELECT a.agent_id, a.memory_count, a.size_bytes, a.tag_count, a.expiring_within_day, a.importance_sum,
                \(meanImportance(of: "a")), oldest."timestamp", newest."timestamp", now()
            FROM agents AS a
            \(endOfAgent("ASC", as: "oldest").indented(by: 4))
            \(endOfAgent("DESC", as: "newest").indented(by: 4))
            WHERE a.memory_count <> 0
            \(replacingStatistics.indented(by: 4))
        ),
        agents_gone AS (
            DELETE FROM brain_memory_stats AS s USING agents
            WHERE s.agent_id = agents.agent_id AND agents.memory_count = 0
        ),
        based AS (
            UPDATE brain_stats_base SET refreshed_at = now()
        )
        UPDATE brain_stats_refresh AS r SET
            refreshed_at = now(),
            tag_count = r.tag_count + coalesce((SELECT sums.tag_count FROM sums WHERE sums.agent_id = ''), 0)
        RETURNING (SELECT count(*) FROM consumed), (SELECT count(*) FROM agents), r.refreshed_at
        """

    /// What is added to the sums and taken from them, a row each: of how many memories (-1, 0 or 1), and of how many
    /// that expire within a day.
    private static let moved = """
        consumed AS (
            DELETE FROM brain_memory_changes AS c RETURNING c.*
        ),
        moved AS MATERIALIZED (
            \(moved(by: "consumed").indented(by: 4))
            UNION ALL
            SELECT m.agent_id, '{}', m.size_bytes, m.importance, 0, 1
            FROM brain_memories AS m
            WHERE m.expires_at >= greatest($1::timestamptz + interval '24 hours', now() + interval '1 microsecond')
                AND m.expires_at < now() + interval '24 hours' AND m.expires_at < 'infinity'
        )
        """

    /// Changes of what was unexpired at T, and what has expired since; `soon` is `held` for those that were to expire within
    /// a day of T. `changes` is where rows of `brain_memory_changes` come from; the parameter is T.
    static func moved(by changes: String) -> String {
        """
        SELECT c.agent_id, c.tags, c.size_bytes, c.importance, c.sign::integer AS held,
            c.sign * (c.expires_at < $1::timestamptz + interval '24 hours')::integer AS soon
        FROM \(changes) AS c
        WHERE c.expires_at > $1::timestamptz
        UNION ALL
        SELECT m.agent_id, m.tags, m.size_bytes, m.importance, -1,
            -(m.expires_at < $1::timestamptz + interval '24 hours')::integer
        FROM brain_memories AS m
        WHERE \(hasExpired(since: "$1::timestamptz"))
        """
    }

    /// Memory `m` expired after an instant and not later than now.
    static func hasExpired(since instant: String) -> String {
        "m.expires_at > \(instant) AND m.expires_at <= now() AND m.expires_at < 'infinity'"
    }

    /// Each tag whose count changes, of an agent and, under the empty name, of all.
    private static let tagSums = tagSums(
        of: "coalesce(m.agent_id, '')", grouping: "GROUPING SETS ((m.agent_id, m.tag), (m.tag))")

    /// Each tag whose count changes: its count then and now. `agent` is the name to look it up under; `grouping` says which
    /// rows are one count.
    static func tagSums(of agent: String, grouping: String) -> String {
        """
        tag_changes AS (
            SELECT \(agent) AS agent_id, m.tag, sum(m.held) AS held
            FROM (SELECT agent_id, unnest(tags) AS tag, held FROM moved) AS m
            GROUP BY \(grouping)
            HAVING sum(m.held) <> 0
        ),
        tags AS MATERIALIZED (
            SELECT c.agent_id, c.tag, coalesce(standing.memory_count, 0) AS count_then,
                coalesce(standing.memory_count, 0) + c.held AS count_now
            FROM tag_changes AS c
            LEFT JOIN LATERAL (
                SELECT t.memory_count FROM brain_memory_tag_stats AS t
                WHERE t.agent_id = c.agent_id AND t.tag = c.tag
                LIMIT 1
            ) AS standing ON true
        )
        """
    }

    /// What each agent's sums change by, under the empty name how many distinct tags there are by, and what agents'
    /// sums are now.
    private static let agentSums = """
        sums AS MATERIALIZED (
            SELECT part.agent_id, sum(part.held) AS memory_count, sum(part.size_bytes) AS size_bytes,
                sum(part.importance) AS importance_sum, sum(part.soon) AS expiring_within_day,
                sum(part.tags) AS tag_count
            FROM (
                SELECT m.agent_id, m.held, m.held::bigint * m.size_bytes AS size_bytes, m.held * m.importance AS importance,
                    m.soon, 0 AS tags
                FROM moved AS m
                UNION ALL
                SELECT t.agent_id, 0, 0, 0, 0, (t.count_now > 0)::integer - (t.count_then > 0)::integer
                FROM tags AS t
            ) AS part
            GROUP BY part.agent_id
        ),
        agents AS MATERIALIZED (
            SELECT c.agent_id, (coalesce(s.memory_count, 0) + c.memory_count)::bigint AS memory_count,
                (coalesce(s.size_bytes, 0) + c.size_bytes)::bigint AS size_bytes,
                (coalesce(s.tag_count, 0) + c.tag_count)::bigint AS tag_count,
                (coalesce(s.expiring_within_day, 0) + c.expiring_within_day)::bigint AS expiring_within_day,
                (coalesce(s.importance_sum, 0) + c.importance_sum)::bigint AS importance_sum
            FROM sums AS c
            LEFT JOIN LATERAL (
                SELECT * FROM brain_memory_stats AS s WHERE s.agent_id = c.agent_id LIMIT 1
            ) AS s ON true
            WHERE c.agent_id <> ''
        )
        """

    /// The timestamp at one end of an agent's unexpired memories.
    private static func endOfAgent(_ direction: String, as name: String) -> String {
        """
        LEFT JOIN LATERAL (
            SELECT m."timestamp" FROM brain_memories AS m
            WHERE m.agent_id = a.agent_id AND m.id <> '' AND \(isLive)
            ORDER BY m."timestamp" \(direction), m.id \(direction)
            LIMIT 1
        ) AS \(name) ON true
        """
    }
}
