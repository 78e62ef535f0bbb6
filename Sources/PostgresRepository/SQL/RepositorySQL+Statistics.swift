extension RepositorySQL {
    /// Memories of each agent as of the last refresh. Parameters: scope (3).
    static let storedStatistics = """
        SELECT m.agent_id, m.memory_count, m.tag_count
        FROM brain_memory_stats AS m
        WHERE \(isInScope(first: 1))
        """

    /// Distinct tags of everyone as of the last refresh, when that was (null: never yet), the time now, and who wrote this
    /// row.
    static let storedTotals = "SELECT tag_count, refreshed_at, now(), xmin::text::bigint FROM brain_stats_refresh"

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
}
