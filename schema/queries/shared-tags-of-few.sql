-- name: shared-tags-of-few/everyone/no-tags/no-importance
-- parameters: upperTimestamp upperID start budgetBytes
WITH carried AS (
    SELECT source.tag, source.agent_id, count(*) AS memories
    FROM (
        SELECT tags.tag, matches.agent_id
        FROM (
            SELECT id, agent_id FROM (
                SELECT m.id AS id, m.agent_id, m.expires_at
                FROM brain_memories AS m
                WHERE m."timestamp" >= $3::timestamptz
                    AND (m."timestamp", m.id) < ($1::timestamptz, $2::text)
                    AND m.expires_at > now()
                    AND m.agent_id <> ''
                    AND m.id <> ''
            ) AS every
        ) AS matches
        CROSS JOIN LATERAL (
            SELECT x.tag FROM brain_memory_tags AS x WHERE x.memory_id = matches.id OFFSET 0
        ) AS tags
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

-- name: shared-tags-of-few/everyone/no-tags/importance
-- parameters: minimumImportance upperTimestamp upperID start budgetBytes
WITH carried AS (
    SELECT source.tag, source.agent_id, count(*) AS memories
    FROM (
        SELECT tags.tag, matches.agent_id
        FROM (
            SELECT id, agent_id FROM (
                SELECT range.id, range.agent_id, range.expires_at
                FROM generate_series($1::int, 10) AS i (importance)
                CROSS JOIN LATERAL (
                    SELECT m.id AS id, m.agent_id, m.expires_at
                    FROM brain_memories AS m
                    WHERE m.importance = i.importance
                        AND m."timestamp" >= $4::timestamptz
                        AND (m."timestamp", m.id) < ($2::timestamptz, $3::text)
                        AND m.expires_at > now()
                        AND m.agent_id <> ''
                    OFFSET 0
                ) AS range
            ) AS every
        ) AS matches
        CROSS JOIN LATERAL (
            SELECT x.tag FROM brain_memory_tags AS x WHERE x.memory_id = matches.id OFFSET 0
        ) AS tags
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

-- name: shared-tags-of-few/everyone/any-tag
-- parameters: tags minimumImportance upperTimestamp upperID start budgetBytes
WITH carried AS (
    SELECT source.tag, source.agent_id, count(*) AS memories
    FROM (
        SELECT tags.tag, matches.agent_id
        FROM (
            SELECT DISTINCT id, agent_id FROM (
                SELECT range.id, range.agent_id, range.expires_at
                FROM unnest($1::text[]) AS t (tag)
                CROSS JOIN generate_series($2::int, 10) AS i (importance)
                CROSS JOIN LATERAL (
                    SELECT m.memory_id AS id, m.agent_id, m.expires_at
                    FROM brain_memory_tags AS m
                    WHERE m.tag = t.tag
                        AND m.importance = i.importance
                        AND m."timestamp" >= $5::timestamptz
                        AND (m."timestamp", m.memory_id) < ($3::timestamptz, $4::text)
                        AND m.expires_at > now()
                        AND m.agent_id <> ''
                    OFFSET 0
                ) AS range
            ) AS every
        ) AS matches
        CROSS JOIN LATERAL (
            SELECT x.tag FROM brain_memory_tags AS x WHERE x.memory_id = matches.id OFFSET 0
        ) AS tags
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

-- name: shared-tags-of-few/everyone/all-tags
-- parameters: tags minimumImportance upperTimestamp upperID start budgetBytes
WITH carried AS (
    SELECT source.tag, source.agent_id, count(*) AS memories
    FROM (
        SELECT tags.tag, matches.agent_id
        FROM (
            SELECT id, agent_id FROM (
                SELECT range.id, range.agent_id, range.expires_at
                FROM LATERAL (
                    SELECT (array_agg(w.tag ORDER BY rarity.entries, w.tag))[1] AS tag,
                        (array_agg(w.tag ORDER BY rarity.entries, w.tag))[2:] AS others
                    FROM unnest($1::text[]) AS w (tag)
                    CROSS JOIN LATERAL (
                        SELECT count(*) AS entries
                        FROM (
                            SELECT FROM brain_memory_tags AS m
                            WHERE m.agent_id <> '' AND m.tag = w.tag AND m.importance >= $2::int
                            LIMIT 1024
                        ) AS counted
                    ) AS rarity
                ) AS t
                CROSS JOIN generate_series($2::int, 10) AS i (importance)
                CROSS JOIN LATERAL (
                    SELECT m.memory_id AS id, m.agent_id, m.expires_at
                    FROM brain_memory_tags AS m
                    WHERE m.tag = t.tag
                        AND m.importance = i.importance
                        AND m."timestamp" >= $5::timestamptz
                        AND (m."timestamp", m.memory_id) < ($3::timestamptz, $4::text)
                        AND m.expires_at > now()
                        AND m.agent_id <> ''
                        AND NOT EXISTS (
                            SELECT FROM unnest(t.others) AS w (tag)
                            WHERE NOT EXISTS (
                                SELECT FROM brain_memory_tags AS other WHERE other.memory_id = m.memory_id AND other.tag = w.tag
                            )
                        )
                    OFFSET 0
                ) AS range
            ) AS every
        ) AS matches
        CROSS JOIN LATERAL (
            SELECT x.tag FROM brain_memory_tags AS x WHERE x.memory_id = matches.id OFFSET 0
        ) AS tags
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

-- name: shared-tags-of-few/agents/no-tags/no-importance
-- parameters: agents upperTimestamp upperID start budgetBytes
WITH carried AS (
    SELECT source.tag, source.agent_id, count(*) AS memories
    FROM (
        SELECT tags.tag, matches.agent_id
        FROM (
            SELECT id, agent_id FROM (
                SELECT range.id, range.agent_id, range.expires_at
                FROM unnest($1::text[]) AS a (agent_id)
                CROSS JOIN LATERAL (
                    SELECT m.id AS id, m.agent_id, m.expires_at
                    FROM brain_memories AS m
                    WHERE m.agent_id = a.agent_id
                        AND m."timestamp" >= $4::timestamptz
                        AND (m."timestamp", m.id) < ($2::timestamptz, $3::text)
                        AND m.expires_at > now()
                        AND m.id <> ''
                    OFFSET 0
                ) AS range
            ) AS every
        ) AS matches
        CROSS JOIN LATERAL (
            SELECT x.tag FROM brain_memory_tags AS x WHERE x.memory_id = matches.id OFFSET 0
        ) AS tags
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

-- name: shared-tags-of-few/agents/no-tags/importance
-- parameters: agents minimumImportance upperTimestamp upperID start budgetBytes
WITH carried AS (
    SELECT source.tag, source.agent_id, count(*) AS memories
    FROM (
        SELECT tags.tag, matches.agent_id
        FROM (
            SELECT id, agent_id FROM (
                SELECT range.id, range.agent_id, range.expires_at
                FROM unnest($1::text[]) AS a (agent_id)
                CROSS JOIN generate_series($2::int, 10) AS i (importance)
                CROSS JOIN LATERAL (
                    SELECT m.id AS id, m.agent_id, m.expires_at
                    FROM brain_memories AS m
                    WHERE m.agent_id = a.agent_id
                        AND m.importance = i.importance
                        AND m."timestamp" >= $5::timestamptz
                        AND (m."timestamp", m.id) < ($3::timestamptz, $4::text)
                        AND m.expires_at > now()
                    OFFSET 0
                ) AS range
            ) AS every
        ) AS matches
        CROSS JOIN LATERAL (
            SELECT x.tag FROM brain_memory_tags AS x WHERE x.memory_id = matches.id OFFSET 0
        ) AS tags
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

-- name: shared-tags-of-few/agents/any-tag
-- parameters: agents tags minimumImportance upperTimestamp upperID start budgetBytes
WITH carried AS (
    SELECT source.tag, source.agent_id, count(*) AS memories
    FROM (
        SELECT tags.tag, matches.agent_id
        FROM (
            SELECT DISTINCT id, agent_id FROM (
                SELECT range.id, range.agent_id, range.expires_at
                FROM unnest($1::text[]) AS a (agent_id)
                CROSS JOIN unnest($2::text[]) AS t (tag)
                CROSS JOIN generate_series($3::int, 10) AS i (importance)
                CROSS JOIN LATERAL (
                    SELECT m.memory_id AS id, m.agent_id, m.expires_at
                    FROM brain_memory_tags AS m
                    WHERE m.agent_id = a.agent_id
                        AND m.tag = t.tag
                        AND m.importance = i.importance
                        AND m."timestamp" >= $6::timestamptz
                        AND (m."timestamp", m.memory_id) < ($4::timestamptz, $5::text)
                        AND m.expires_at > now()
                    OFFSET 0
                ) AS range
            ) AS every
        ) AS matches
        CROSS JOIN LATERAL (
            SELECT x.tag FROM brain_memory_tags AS x WHERE x.memory_id = matches.id OFFSET 0
        ) AS tags
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

-- name: shared-tags-of-few/agents/all-tags
-- parameters: agents tags minimumImportance upperTimestamp upperID start budgetBytes
WITH carried AS (
    SELECT source.tag, source.agent_id, count(*) AS memories
    FROM (
        SELECT tags.tag, matches.agent_id
        FROM (
            SELECT id, agent_id FROM (
                SELECT range.id, range.agent_id, range.expires_at
                FROM unnest($1::text[]) AS a (agent_id)
                CROSS JOIN LATERAL (
                    SELECT (array_agg(w.tag ORDER BY rarity.entries, w.tag))[1] AS tag,
                        (array_agg(w.tag ORDER BY rarity.entries, w.tag))[2:] AS others
                    FROM unnest($2::text[]) AS w (tag)
                    CROSS JOIN LATERAL (
                        SELECT count(*) AS entries
                        FROM (
                            SELECT FROM brain_memory_tags AS m
                            WHERE m.agent_id = a.agent_id AND m.tag = w.tag AND m.importance >= $3::int
                            LIMIT 1024
                        ) AS counted
                    ) AS rarity
                ) AS t
                CROSS JOIN generate_series($3::int, 10) AS i (importance)
                CROSS JOIN LATERAL (
                    SELECT m.memory_id AS id, m.agent_id, m.expires_at
                    FROM brain_memory_tags AS m
                    WHERE m.agent_id = a.agent_id
                        AND m.tag = t.tag
                        AND m.importance = i.importance
                        AND m."timestamp" >= $6::timestamptz
                        AND (m."timestamp", m.memory_id) < ($4::timestamptz, $5::text)
                        AND m.expires_at > now()
                        AND NOT EXISTS (
                            SELECT FROM unnest(t.others) AS w (tag)
                            WHERE NOT EXISTS (
                                SELECT FROM brain_memory_tags AS other WHERE other.memory_id = m.memory_id AND other.tag = w.tag
                            )
                        )
                    OFFSET 0
                ) AS range
            ) AS every
        ) AS matches
        CROSS JOIN LATERAL (
            SELECT x.tag FROM brain_memory_tags AS x WHERE x.memory_id = matches.id OFFSET 0
        ) AS tags
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

-- name: shared-tags-of-few/ranges/no-tags/no-importance
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
        SELECT tags.tag, matches.agent_id
        FROM (
            SELECT id, agent_id FROM (
                SELECT range.id, range.agent_id, range.expires_at
                FROM agents AS a
                CROSS JOIN LATERAL (
                    SELECT m.id AS id, m.agent_id, m.expires_at
                    FROM brain_memories AS m
                    WHERE m.agent_id = a.agent_id
                        AND m."timestamp" >= $5::timestamptz
                        AND (m."timestamp", m.id) < ($3::timestamptz, $4::text)
                        AND m.expires_at > now()
                        AND m.id <> ''
                    OFFSET 0
                ) AS range
            ) AS every
        ) AS matches
        CROSS JOIN LATERAL (
            SELECT x.tag FROM brain_memory_tags AS x WHERE x.memory_id = matches.id OFFSET 0
        ) AS tags
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

-- name: shared-tags-of-few/ranges/no-tags/importance
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
        SELECT tags.tag, matches.agent_id
        FROM (
            SELECT id, agent_id FROM (
                SELECT range.id, range.agent_id, range.expires_at
                FROM agents AS a
                CROSS JOIN generate_series($3::int, 10) AS i (importance)
                CROSS JOIN LATERAL (
                    SELECT m.id AS id, m.agent_id, m.expires_at
                    FROM brain_memories AS m
                    WHERE m.agent_id = a.agent_id
                        AND m.importance = i.importance
                        AND m."timestamp" >= $6::timestamptz
                        AND (m."timestamp", m.id) < ($4::timestamptz, $5::text)
                        AND m.expires_at > now()
                    OFFSET 0
                ) AS range
            ) AS every
        ) AS matches
        CROSS JOIN LATERAL (
            SELECT x.tag FROM brain_memory_tags AS x WHERE x.memory_id = matches.id OFFSET 0
        ) AS tags
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

-- name: shared-tags-of-few/ranges/any-tag
-- parameters: rangeLows rangeUppers tags minimumImportance upperTimestamp upperID start budgetBytes
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
        SELECT tags.tag, matches.agent_id
        FROM (
            SELECT DISTINCT id, agent_id FROM (
                SELECT range.id, range.agent_id, range.expires_at
                FROM agents AS a
                CROSS JOIN unnest($3::text[]) AS t (tag)
                CROSS JOIN generate_series($4::int, 10) AS i (importance)
                CROSS JOIN LATERAL (
                    SELECT m.memory_id AS id, m.agent_id, m.expires_at
                    FROM brain_memory_tags AS m
                    WHERE m.agent_id = a.agent_id
                        AND m.tag = t.tag
                        AND m.importance = i.importance
                        AND m."timestamp" >= $7::timestamptz
                        AND (m."timestamp", m.memory_id) < ($5::timestamptz, $6::text)
                        AND m.expires_at > now()
                    OFFSET 0
                ) AS range
            ) AS every
        ) AS matches
        CROSS JOIN LATERAL (
            SELECT x.tag FROM brain_memory_tags AS x WHERE x.memory_id = matches.id OFFSET 0
        ) AS tags
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
WHERE running_bytes - size_bytes <= $8::bigint
ORDER BY agents DESC, memories DESC, tag;

-- name: shared-tags-of-few/ranges/all-tags
-- parameters: rangeLows rangeUppers tags minimumImportance upperTimestamp upperID start budgetBytes
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
        SELECT tags.tag, matches.agent_id
        FROM (
            SELECT id, agent_id FROM (
                SELECT range.id, range.agent_id, range.expires_at
                FROM agents AS a
                CROSS JOIN LATERAL (
                    SELECT (array_agg(w.tag ORDER BY rarity.entries, w.tag))[1] AS tag,
                        (array_agg(w.tag ORDER BY rarity.entries, w.tag))[2:] AS others
                    FROM unnest($3::text[]) AS w (tag)
                    CROSS JOIN LATERAL (
                        SELECT count(*) AS entries
                        FROM (
                            SELECT FROM brain_memory_tags AS m
                            WHERE m.agent_id = a.agent_id AND m.tag = w.tag AND m.importance >= $4::int
                            LIMIT 1024
                        ) AS counted
                    ) AS rarity
                ) AS t
                CROSS JOIN generate_series($4::int, 10) AS i (importance)
                CROSS JOIN LATERAL (
                    SELECT m.memory_id AS id, m.agent_id, m.expires_at
                    FROM brain_memory_tags AS m
                    WHERE m.agent_id = a.agent_id
                        AND m.tag = t.tag
                        AND m.importance = i.importance
                        AND m."timestamp" >= $7::timestamptz
                        AND (m."timestamp", m.memory_id) < ($5::timestamptz, $6::text)
                        AND m.expires_at > now()
                        AND NOT EXISTS (
                            SELECT FROM unnest(t.others) AS w (tag)
                            WHERE NOT EXISTS (
                                SELECT FROM brain_memory_tags AS other WHERE other.memory_id = m.memory_id AND other.tag = w.tag
                            )
                        )
                    OFFSET 0
                ) AS range
            ) AS every
        ) AS matches
        CROSS JOIN LATERAL (
            SELECT x.tag FROM brain_memory_tags AS x WHERE x.memory_id = matches.id OFFSET 0
        ) AS tags
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
WHERE running_bytes - size_bytes <= $8::bigint
ORDER BY agents DESC, memories DESC, tag;
