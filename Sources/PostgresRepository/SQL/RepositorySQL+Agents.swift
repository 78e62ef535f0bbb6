extension RepositorySQL {
    /// Registers an agent or replaces its registration. Parameters: agent, name, capabilities, metadata. One row: when
    /// it was registered first, and whether that was now.
    static let register = """
        INSERT INTO brain_agents AS r (agent_id, name, capabilities, metadata)
        VALUES ($1::text, $2::text, $3::text[], $4::jsonb)
        ON CONFLICT (agent_id) DO UPDATE SET
            name = excluded.name,
            capabilities = excluded.capabilities,
            metadata = excluded.metadata,
            updated_at = greatest(r.updated_at, statement_timestamp())
        RETURNING r.registered_at, r.xmax = 0 AS created
        """

    /// Removes a registration. Parameter: the agent.
    static let unregister = "DELETE FROM brain_agents AS r WHERE r.agent_id = $1::text"

    /// A page of agents that are registered or have memories, one more than asked for if there are more. The agents are
    /// those of ranges of ids. Parameters: the ranges' lowest ids (inclusive) and upper bounds (exclusive), the agent
    /// to go on after, limit, budget in bytes.
    static let agents = """
        WITH RECURSIVE holders AS (
            -- From each range's first agent with memories to the next, and so on: one index probe an agent.
            SELECT ranges.upper, first.agent_id, 1 AS step
            FROM unnest($1::text[], $2::text[]) AS ranges (low, upper)
            CROSS JOIN LATERAL (\(nextHolder(after: "$3::text", and: "m.agent_id >= ranges.low", below: "ranges.upper"))
            ) AS first
            UNION ALL
            SELECT holders.upper, next.agent_id, holders.step + 1
            FROM holders
            CROSS JOIN LATERAL (\(nextHolder(after: "holders.agent_id", and: nil, below: "holders.upper"))
            ) AS next
            WHERE holders.step <= $4::bigint
        ),
        listed AS MATERIALIZED (
            SELECT agent_id FROM holders
            UNION
            SELECT registered.agent_id
            FROM unnest($1::text[], $2::text[]) AS ranges (low, upper)
            CROSS JOIN LATERAL (
                SELECT r.agent_id FROM brain_agents AS r
                WHERE r.agent_id > $3::text AND r.agent_id >= ranges.low AND r.agent_id < ranges.upper
                ORDER BY r.agent_id LIMIT $4::bigint + 1
            ) AS registered
            ORDER BY agent_id LIMIT $4::bigint + 1
        ),
        sized AS (
            SELECT listed.agent_id, r.name, coalesce(r.capabilities, '{}') AS capabilities,
                coalesce(r.metadata, '{}') AS metadata, r.registered_at,
                sum(
                    1024 + octet_length(coalesce(r.metadata, '{}')::text)
                    + 64 * coalesce(cardinality(r.capabilities), 0)
                ) OVER (ORDER BY listed.agent_id) AS running_bytes,
                row_number() OVER (ORDER BY listed.agent_id) AS position,
                count(*) OVER () AS candidate_count
            FROM listed
            LEFT JOIN LATERAL (
                SELECT * FROM brain_agents AS r WHERE r.agent_id = listed.agent_id LIMIT 1
            ) AS r ON true
        )
        SELECT sized.agent_id, sized.name, sized.capabilities, sized.metadata, sized.registered_at, held.memories,
            sized.candidate_count
        FROM sized
        CROSS JOIN LATERAL (
            SELECT count(*) AS memories FROM brain_memories AS m
            WHERE m.agent_id = sized.agent_id AND m.id <> '' AND \(isLive)
        ) AS held
        WHERE sized.position <= $4::bigint AND (sized.position = 1 OR sized.running_bytes <= $5::bigint)
        ORDER BY sized.position
        """

    private static func nextHolder(after: String, and condition: String?, below: String) -> String {
        """

                SELECT m.agent_id FROM brain_memories AS m
                WHERE m.agent_id > \(after)\(condition.map { " AND " + $0 } ?? "") AND m.agent_id < \(below)
                    AND m.id <> '' AND \(isLive)
                ORDER BY m.agent_id LIMIT 1
        """
    }
}
