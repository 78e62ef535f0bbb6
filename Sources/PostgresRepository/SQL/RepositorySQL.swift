/// The statements that no filter shapes. Their texts are also in `schema/queries`, to read and to try in psql.
enum RepositorySQL {
    /// Memory `m` belongs to an agent the caller may touch; three parameters from `first` on: whether that is every
    /// agent, a list of agents, and a list of prefixes.
    static func isInScope(first: Int) -> String {
        """
        ($\(first)::boolean OR m.agent_id = ANY ($\(first + 1)::text[]) OR m.agent_id ^@ ANY ($\(first + 2)::text[]))
        """
    }

    static let isLive = MemoryFilterSQL.isLive

    /// One memory: the record. Parameters: id, scope (3).
    static let memoryByID = """
        SELECT \(MemoryFilterSQL.recordColumns.indented(by: 4))
        FROM brain_memories AS m
        WHERE m.id = $1::text
            AND \(isLive)
            AND \(isInScope(first: 2))
        """

    /// Memories by id: the record, its place in the list of ids, and how many there are, which is more than came when
    /// the budget cut them short. Parameters: ids, scope (3), budget in bytes.
    static let memoriesByID = """
        WITH sized AS (
            SELECT m.*, w.position, row_number() OVER asked AS ordinal, sum(m.size_bytes) OVER asked AS running_bytes,
                count(*) OVER () AS found_count
            FROM unnest($1::text[]) WITH ORDINALITY AS w (id, position)
            CROSS JOIN LATERAL (
                SELECT * FROM brain_memories AS m
                WHERE m.id = w.id
                    AND \(isLive)
                    AND \(isInScope(first: 2))
                LIMIT 1
            ) AS m
            WINDOW asked AS (ORDER BY w.position)
        )
        SELECT \(MemoryFilterSQL.recordColumns.indented(by: 4)), m.position, m.found_count
        FROM sized AS m
        WHERE m.ordinal = 1 OR m.running_bytes <= $5::bigint
        ORDER BY m.position
        """

    /// What became of ids that a write left alone: version, and whether the caller may touch the memory. No row for an
    /// id that is free. Parameters: ids, scope (3).
    static let standing = """
        SELECT m.version, \(isInScope(first: 2)) AS is_in_scope
        FROM unnest($1::text[]) AS w (id)
        CROSS JOIN LATERAL (
            SELECT * FROM brain_memories AS m WHERE m.id = w.id AND \(isLive) LIMIT 1
        ) AS m
        """

    /// Deletes one memory; one row when there was one: its agent and tags. Parameters: id, scope (3), the version it
    /// must have or null.
    static let delete = """
        DELETE FROM brain_memories AS m
        WHERE m.id = $1::text
            AND \(isLive)
            AND \(isInScope(first: 2))
            AND ($5::bigint IS NULL OR m.version = $5::bigint)
        RETURNING m.agent_id, m.tags
        """

    /// Deletes what has expired, oldest first, and leaves what a writer holds. Parameter: how many at most.
    static let deleteExpired = """
        WITH expired AS MATERIALIZED (
            SELECT m.id
            FROM brain_memories AS m
            WHERE m.expires_at <= now() AND m.expires_at < 'infinity'
            ORDER BY m.expires_at
            LIMIT $1::bigint
            FOR UPDATE SKIP LOCKED
        )
        DELETE FROM brain_memories AS m USING expired WHERE m.id = expired.id
        """

    /// Deletes all memories of agents; one row: how many of them had not expired. They are locked in the order of ids,
    /// as every write does, so that two writers don't wait for each other in a circle.
    private static func clear(agents: String) -> String {
        """
        WITH doomed AS MATERIALIZED (
            SELECT m.id
            FROM \(agents.indented(by: 4))
            ORDER BY m.id
            FOR UPDATE OF m
        ),
        gone AS (
            DELETE FROM brain_memories AS m USING doomed
            WHERE m.id = doomed.id
            RETURNING \(isLive) AS was_live
        )
        SELECT count(*) FILTER (WHERE was_live) FROM gone
        """
    }

    /// Deletes every memory.
    static let clearEveryone = clear(agents: "brain_memories AS m")

    /// Deletes the memories of the agents in ranges of ids. Parameters: lowest ids (inclusive), upper bounds
    /// (exclusive).
    static let clearRanges = clear(
        agents: """
            unnest($1::text[], $2::text[]) AS span (low, upper)
            JOIN brain_memories AS m ON m.agent_id >= span.low AND m.agent_id < span.upper AND m.id <> ''
            """)
}
