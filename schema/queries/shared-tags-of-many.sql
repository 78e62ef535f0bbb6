-- name: shared-tags-of-many/everyone/no-tags/no-importance
-- parameters: upperTimestamp upperID start budgetBytes
WITH carried AS (
    SELECT source.tag, source.agent_id, count(*) AS memories
    FROM (
        SELECT m.tag, m.agent_id
        FROM brain_memory_tags AS m
        WHERE m."timestamp" >= $3::timestamptz
            AND (m."timestamp", m.memory_id) < ($1::timestamptz, $2::text)
            AND m.expires_at > now()
        ORDER BY m.agent_id, m.tag
        OFFSET 0
    ) AS source
    GROUP BY source.agent_id, source.tag
),
shared AS (
    SELECT tag, count(*) AS agents, sum(memories)::bigint AS memories,
        array_agg(agent_id) AS agent_ids,
        sum(octet_length(agent_id) + 3) + octet_length(tag) + 64 AS size_bytes
    FROM carried
    GROUP BY tag
    HAVING count(*) >= 2
),
sized AS (
    SELECT *, sum(size_bytes) OVER ranking AS running_bytes
    FROM shared
    WINDOW ranking AS (ORDER BY agents DESC, memories DESC, tag)
)
SELECT tag, ARRAY(SELECT a FROM unnest(agent_ids) AS a ORDER BY a), memories, running_bytes::bigint
FROM sized
-- One row past the budget says that there are more.
WHERE running_bytes - size_bytes <= $4::bigint
ORDER BY agents DESC, memories DESC, tag;

-- name: shared-tags-of-many/everyone/no-tags/importance
-- parameters: minimumImportance upperTimestamp upperID start budgetBytes
WITH carried AS (
    SELECT source.tag, source.agent_id, count(*) AS memories
    FROM (
        SELECT m.tag, m.agent_id
        FROM brain_memory_tags AS m
        WHERE m.importance >= $1::int
            AND m."timestamp" >= $4::timestamptz
            AND (m."timestamp", m.memory_id) < ($2::timestamptz, $3::text)
            AND m.expires_at > now()
        ORDER BY m.agent_id, m.tag
        OFFSET 0
    ) AS source
    GROUP BY source.agent_id, source.tag
),
shared AS (
    SELECT tag, count(*) AS agents, sum(memories)::bigint AS memories,
        array_agg(agent_id) AS agent_ids,
        sum(octet_length(agent_id) + 3) + octet_length(tag) + 64 AS size_bytes
    FROM carried
    GROUP BY tag
    HAVING count(*) >= 2
),
sized AS (
    SELECT *, sum(size_bytes) OVER ranking AS running_bytes
    FROM shared
    WINDOW ranking AS (ORDER BY agents DESC, memories DESC, tag)
)
SELECT tag, ARRAY(SELECT a FROM unnest(agent_ids) AS a ORDER BY a), memories, running_bytes::bigint
FROM sized
-- One row past the budget says that there are more.
WHERE running_bytes - size_bytes <= $5::bigint
ORDER BY agents DESC, memories DESC, tag;

-- name: shared-tags-of-many/agents/no-tags/no-importance
-- parameters: upperTimestamp upperID start agents budgetBytes
WITH carried AS (
    SELECT source.tag, source.agent_id, count(*) AS memories
    FROM (
        SELECT range.tag, range.agent_id
        FROM unnest($4::text[]) AS a (agent_id)
        CROSS JOIN LATERAL (
            SELECT m.tag, m.agent_id
            FROM brain_memory_tags AS m
            WHERE m.agent_id = a.agent_id
                AND m."timestamp" >= $3::timestamptz
                AND (m."timestamp", m.memory_id) < ($1::timestamptz, $2::text)
                AND m.expires_at > now()
            ORDER BY m.agent_id, m.tag
            OFFSET 0
        ) AS range
    ) AS source
    GROUP BY source.agent_id, source.tag
),
shared AS (
    SELECT tag, count(*) AS agents, sum(memories)::bigint AS memories,
        array_agg(agent_id) AS agent_ids,
        sum(octet_length(agent_id) + 3) + octet_length(tag) + 64 AS size_bytes
    FROM carried
    GROUP BY tag
    HAVING count(*) >= 2
),
sized AS (
    SELECT *, sum(size_bytes) OVER ranking AS running_bytes
    FROM shared
    WINDOW ranking AS (ORDER BY agents DESC, memories DESC, tag)
)
SELECT tag, ARRAY(SELECT a FROM unnest(agent_ids) AS a ORDER BY a), memories, running_bytes::bigint
FROM sized
-- One row past the budget says that there are more.
WHERE running_bytes - size_bytes <= $5::bigint
ORDER BY agents DESC, memories DESC, tag;

-- name: shared-tags-of-many/agents/no-tags/importance
-- parameters: minimumImportance upperTimestamp upperID start agents budgetBytes
WITH carried AS (
    SELECT source.tag, source.agent_id, count(*) AS memories
    FROM (
        SELECT range.tag, range.agent_id
        FROM unnest($5::text[]) AS a (agent_id)
        CROSS JOIN LATERAL (
            SELECT m.tag, m.agent_id
            FROM brain_memory_tags AS m
            WHERE m.agent_id = a.agent_id
                AND m.importance >= $1::int
                AND m."timestamp" >= $4::timestamptz
                AND (m."timestamp", m.memory_id) < ($2::timestamptz, $3::text)
                AND m.expires_at > now()
            ORDER BY m.agent_id, m.tag
            OFFSET 0
        ) AS range
    ) AS source
    GROUP BY source.agent_id, source.tag
),
shared AS (
    SELECT tag, count(*) AS agents, sum(memories)::bigint AS memories,
        array_agg(agent_id) AS agent_ids,
        sum(octet_length(agent_id) + 3) + octet_length(tag) + 64 AS size_bytes
    FROM carried
    GROUP BY tag
    HAVING count(*) >= 2
),
sized AS (
    SELECT *, sum(size_bytes) OVER ranking AS running_bytes
    FROM shared
    WINDOW ranking AS (ORDER BY agents DESC, memories DESC, tag)
)
SELECT tag, ARRAY(SELECT a FROM unnest(agent_ids) AS a ORDER BY a), memories, running_bytes::bigint
FROM sized
-- One row past the budget says that there are more.
WHERE running_bytes - size_bytes <= $6::bigint
ORDER BY agents DESC, memories DESC, tag;

-- name: shared-tags-of-many/ranges/no-tags/no-importance
-- parameters: rangeLows rangeUppers upperTimestamp upperID start budgetBytes
WITH RECURSIVE agents AS (
    -- From each range's first agent to the next, and so on: one index probe an agent.
    SELECT span.upper, first.agent_id
    FROM unnest($1::text[], $2::text[]) AS span (low, upper)
    CROSS JOIN LATERAL (
        SELECT m.agent_id FROM brain_memories AS m
        WHERE m.agent_id >= span.low AND m.agent_id < span.upper AND m.id <> ''
        ORDER BY m.agent_id LIMIT 1
    ) AS first
    UNION ALL
    SELECT agents.upper, next.agent_id
    FROM agents
    CROSS JOIN LATERAL (
        SELECT m.agent_id FROM brain_memories AS m
        WHERE m.agent_id > agents.agent_id AND m.agent_id < agents.upper AND m.id <> ''
        ORDER BY m.agent_id LIMIT 1
    ) AS next
),
carried AS (
    SELECT source.tag, source.agent_id, count(*) AS memories
    FROM (
        SELECT range.tag, range.agent_id
        FROM agents AS a
        CROSS JOIN LATERAL (
            SELECT m.tag, m.agent_id
            FROM brain_memory_tags AS m
            WHERE m.agent_id = a.agent_id
                AND m."timestamp" >= $5::timestamptz
                AND (m."timestamp", m.memory_id) < ($3::timestamptz, $4::text)
                AND m.expires_at > now()
            ORDER BY m.agent_id, m.tag
            OFFSET 0
        ) AS range
    ) AS source
    GROUP BY source.agent_id, source.tag
),
shared AS (
    SELECT tag, count(*) AS agents, sum(memories)::bigint AS memories,
        array_agg(agent_id) AS agent_ids,
        sum(octet_length(agent_id) + 3) + octet_length(tag) + 64 AS size_bytes
    FROM carried
    GROUP BY tag
    HAVING count(*) >= 2
),
sized AS (
    SELECT *, sum(size_bytes) OVER ranking AS running_bytes
    FROM shared
    WINDOW ranking AS (ORDER BY agents DESC, memories DESC, tag)
)
SELECT tag, ARRAY(SELECT a FROM unnest(agent_ids) AS a ORDER BY a), memories, running_bytes::bigint
FROM sized
-- One row past the budget says that there are more.
WHERE running_bytes - size_bytes <= $6::bigint
ORDER BY agents DESC, memories DESC, tag;

-- name: shared-tags-of-many/ranges/no-tags/importance
-- parameters: rangeLows rangeUppers minimumImportance upperTimestamp upperID start budgetBytes
WITH RECURSIVE agents AS (
    -- From each range's first agent to the next, and so on: one index probe an agent.
    SELECT span.upper, first.agent_id
    FROM unnest($1::text[], $2::text[]) AS span (low, upper)
    CROSS JOIN LATERAL (
        SELECT m.agent_id FROM brain_memories AS m
        WHERE m.agent_id >= span.low AND m.agent_id < span.upper AND m.id <> ''
        ORDER BY m.agent_id LIMIT 1
    ) AS first
    UNION ALL
    SELECT agents.upper, next.agent_id
    FROM agents
    CROSS JOIN LATERAL (
        SELECT m.agent_id FROM brain_memories AS m
        WHERE m.agent_id > agents.agent_id AND m.agent_id < agents.upper AND m.id <> ''
        ORDER BY m.agent_id LIMIT 1
    ) AS next
),
carried AS (
    SELECT source.tag, source.agent_id, count(*) AS memories
    FROM (
        SELECT range.tag, range.agent_id
        FROM agents AS a
        CROSS JOIN LATERAL (
            SELECT m.tag, m.agent_id
            FROM brain_memory_tags AS m
            WHERE m.agent_id = a.agent_id
                AND m.importance >= $3::int
                AND m."timestamp" >= $6::timestamptz
                AND (m."timestamp", m.memory_id) < ($4::timestamptz, $5::text)
                AND m.expires_at > now()
            ORDER BY m.agent_id, m.tag
            OFFSET 0
        ) AS range
    ) AS source
    GROUP BY source.agent_id, source.tag
),
shared AS (
    SELECT tag, count(*) AS agents, sum(memories)::bigint AS memories,
        array_agg(agent_id) AS agent_ids,
        sum(octet_length(agent_id) + 3) + octet_length(tag) + 64 AS size_bytes
    FROM carried
    GROUP BY tag
    HAVING count(*) >= 2
),
sized AS (
    SELECT *, sum(size_bytes) OVER ranking AS running_bytes
    FROM shared
    WINDOW ranking AS (ORDER BY agents DESC, memories DESC, tag)
)
SELECT tag, ARRAY(SELECT a FROM unnest(agent_ids) AS a ORDER BY a), memories, running_bytes::bigint
FROM sized
-- One row past the budget says that there are more.
WHERE running_bytes - size_bytes <= $7::bigint
ORDER BY agents DESC, memories DESC, tag;
