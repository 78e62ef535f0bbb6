/// Exact statistics of all agents from what the last refresh kept and what changed since. Why they come out right:
/// `RepositorySQL+Increment.swift`.
extension RepositorySQL {
    /// Keeps TRUNCATE off what is about to be read. It must come first: a transaction's snapshot is made by what follows.
    /// A snapshot made before a TRUNCATE sees a table empty and all others as they were, so changes that are dropped in
    /// between would be missing while what they continue still seems to be there. Writers are not kept off, nor refreshes.
    static let lockSources = "LOCK TABLE brain_memories, brain_memory_changes IN ACCESS SHARE MODE"

    /// One row: when the last refresh was (null: never yet), now, whether what it left is there to build on, how many tags
    /// it found, who wrote that, how many bytes the changes since take, how many the index that counting would read, and how
    /// many memories have expired since. Parameter: how many of those to count at most.
    static let exactSituation = """
        SELECT r.refreshed_at, now(), b.refreshed_at IS NOT NULL, r.tag_count, r.xmin::text::bigint,
            pg_relation_size('brain_memory_changes'), pg_relation_size('brain_memories_time_idx'), (
                SELECT count(*)
                FROM (
                    SELECT FROM brain_memories AS m
                    WHERE \(hasExpired(since: "r.refreshed_at"))
                    LIMIT $1::bigint
                ) AS expired
            )
        FROM brain_stats_refresh AS r
        LEFT JOIN brain_stats_base AS b ON b.refreshed_at = r.refreshed_at
        """

    /// By how much the number of an agent's memories differs from what the last refresh found, a row for each that does;
    /// and under the empty name, always, by how much that of all distinct tags does: null when the changes do not add up.
    /// It leaves the changes to the next refresh. Parameter: when the last one was.
    static let changesSinceRefresh = """
        WITH moved AS MATERIALIZED (
            \(moved(by: "brain_memory_changes").indented(by: 4))
        ),
        \(tagSums(of: "''", grouping: "m.tag"))
        SELECT m.agent_id, sum(m.held)::bigint
        FROM moved AS m
        GROUP BY m.agent_id
        HAVING sum(m.held) <> 0
        UNION ALL
        SELECT '', CASE WHEN coalesce(min(t.count_now), 0) >= 0
            THEN coalesce(sum((t.count_now > 0)::integer - (t.count_then > 0)::integer), 0)::bigint END
        FROM tags AS t
        """
}
