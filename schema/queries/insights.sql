-- name: insights/everyone/no-tags/no-importance
-- parameters: limit minimumImportance upperTimestamp upperID start budgetBytes
WITH candidates AS MATERIALIZED (
    SELECT i.importance, range."timestamp", range.id
    FROM generate_series($2::int, 10) AS i (importance)
    CROSS JOIN LATERAL (
        SELECT m."timestamp", m.id AS id
        FROM brain_memories AS m
        WHERE m.importance = i.importance
            AND m."timestamp" >= $5::timestamptz
            AND (m."timestamp", m.id) < ($3::timestamptz, $4::text)
            AND m.expires_at > now()
            AND m.agent_id <> ''
        ORDER BY m."timestamp" DESC, m.id DESC LIMIT $1::bigint + 1
    ) AS range
    ORDER BY importance DESC, "timestamp" DESC, id DESC LIMIT $1::bigint + 1
),
sized AS (
    SELECT m.*, row_number() OVER page AS position, sum(m.size_bytes) OVER page AS running_bytes,
        count(*) OVER () AS candidate_count, min(m.expires_at) OVER () AS first_expiry
    FROM candidates AS c
    CROSS JOIN LATERAL (SELECT * FROM brain_memories AS m WHERE m.id = c.id LIMIT 1) AS m
    WINDOW page AS (ORDER BY c.importance DESC, c."timestamp" DESC, c.id DESC)
)
SELECT m.id, m.agent_id, m."timestamp", m.context, m.embeddings, m.tags, m.importance, m.expires_at, m.version,
    m.created_at, m.updated_at, m.candidate_count, m.first_expiry
FROM sized AS m
WHERE m.position <= $1::bigint
    AND (m.position = 1 OR m.running_bytes <= $6::bigint)
ORDER BY m.position;

-- name: insights/everyone/no-tags/importance
-- parameters: limit minimumImportance upperTimestamp upperID start budgetBytes
WITH candidates AS MATERIALIZED (
    SELECT i.importance, range."timestamp", range.id
    FROM generate_series($2::int, 10) AS i (importance)
    CROSS JOIN LATERAL (
        SELECT m."timestamp", m.id AS id
        FROM brain_memories AS m
        WHERE m.importance = i.importance
            AND m."timestamp" >= $5::timestamptz
            AND (m."timestamp", m.id) < ($3::timestamptz, $4::text)
            AND m.expires_at > now()
            AND m.agent_id <> ''
        ORDER BY m."timestamp" DESC, m.id DESC LIMIT $1::bigint + 1
    ) AS range
    ORDER BY importance DESC, "timestamp" DESC, id DESC LIMIT $1::bigint + 1
),
sized AS (
    SELECT m.*, row_number() OVER page AS position, sum(m.size_bytes) OVER page AS running_bytes,
        count(*) OVER () AS candidate_count, min(m.expires_at) OVER () AS first_expiry
    FROM candidates AS c
    CROSS JOIN LATERAL (SELECT * FROM brain_memories AS m WHERE m.id = c.id LIMIT 1) AS m
    WINDOW page AS (ORDER BY c.importance DESC, c."timestamp" DESC, c.id DESC)
)
SELECT m.id, m.agent_id, m."timestamp", m.context, m.embeddings, m.tags, m.importance, m.expires_at, m.version,
    m.created_at, m.updated_at, m.candidate_count, m.first_expiry
FROM sized AS m
WHERE m.position <= $1::bigint
    AND (m.position = 1 OR m.running_bytes <= $6::bigint)
ORDER BY m.position;

-- name: insights/everyone/any-tag
-- parameters: limit tags minimumImportance upperTimestamp upperID start budgetBytes
WITH candidates AS MATERIALIZED (
    SELECT DISTINCT i.importance, range."timestamp", range.id
    FROM unnest($2::text[]) AS t (tag)
    CROSS JOIN generate_series($3::int, 10) AS i (importance)
    CROSS JOIN LATERAL (
        SELECT m."timestamp", m.memory_id AS id
        FROM brain_memory_tags AS m
        WHERE m.tag = t.tag
            AND m.importance = i.importance
            AND m."timestamp" >= $6::timestamptz
            AND (m."timestamp", m.memory_id) < ($4::timestamptz, $5::text)
            AND m.expires_at > now()
            AND m.agent_id <> ''
        ORDER BY m."timestamp" DESC, m.memory_id DESC LIMIT $1::bigint + 1
    ) AS range
    ORDER BY importance DESC, "timestamp" DESC, id DESC LIMIT $1::bigint + 1
),
sized AS (
    SELECT m.*, row_number() OVER page AS position, sum(m.size_bytes) OVER page AS running_bytes,
        count(*) OVER () AS candidate_count, min(m.expires_at) OVER () AS first_expiry
    FROM candidates AS c
    CROSS JOIN LATERAL (SELECT * FROM brain_memories AS m WHERE m.id = c.id LIMIT 1) AS m
    WINDOW page AS (ORDER BY c.importance DESC, c."timestamp" DESC, c.id DESC)
)
SELECT m.id, m.agent_id, m."timestamp", m.context, m.embeddings, m.tags, m.importance, m.expires_at, m.version,
    m.created_at, m.updated_at, m.candidate_count, m.first_expiry
FROM sized AS m
WHERE m.position <= $1::bigint
    AND (m.position = 1 OR m.running_bytes <= $7::bigint)
ORDER BY m.position;

-- name: insights/everyone/all-tags
-- parameters: limit tags minimumImportance upperTimestamp upperID start budgetBytes
WITH candidates AS MATERIALIZED (
    SELECT i.importance, range."timestamp", range.id
    FROM LATERAL (
        SELECT (array_agg(w.tag ORDER BY rarity.entries, w.tag))[1] AS tag,
            (array_agg(w.tag ORDER BY rarity.entries, w.tag))[2:] AS others
        FROM unnest($2::text[]) AS w (tag)
        CROSS JOIN LATERAL (
            SELECT count(*) AS entries
            FROM (
                SELECT FROM brain_memory_tags AS m
                WHERE m.agent_id <> '' AND m.tag = w.tag AND m.importance >= $3::int
                LIMIT 1024
            ) AS counted
        ) AS rarity
    ) AS t
    CROSS JOIN generate_series($3::int, 10) AS i (importance)
    CROSS JOIN LATERAL (
        SELECT m."timestamp", m.memory_id AS id
        FROM brain_memory_tags AS m
        WHERE m.tag = t.tag
            AND m.importance = i.importance
            AND m."timestamp" >= $6::timestamptz
            AND (m."timestamp", m.memory_id) < ($4::timestamptz, $5::text)
            AND m.expires_at > now()
            AND m.agent_id <> ''
            AND NOT EXISTS (
                SELECT FROM unnest(t.others) AS w (tag)
                WHERE NOT EXISTS (
                    SELECT FROM brain_memory_tags AS other WHERE other.memory_id = m.memory_id AND other.tag = w.tag
                )
            )
        ORDER BY m."timestamp" DESC, m.memory_id DESC LIMIT $1::bigint + 1
    ) AS range
    ORDER BY importance DESC, "timestamp" DESC, id DESC LIMIT $1::bigint + 1
),
sized AS (
    SELECT m.*, row_number() OVER page AS position, sum(m.size_bytes) OVER page AS running_bytes,
        count(*) OVER () AS candidate_count, min(m.expires_at) OVER () AS first_expiry
    FROM candidates AS c
    CROSS JOIN LATERAL (SELECT * FROM brain_memories AS m WHERE m.id = c.id LIMIT 1) AS m
    WINDOW page AS (ORDER BY c.importance DESC, c."timestamp" DESC, c.id DESC)
)
SELECT m.id, m.agent_id, m."timestamp", m.context, m.embeddings, m.tags, m.importance, m.expires_at, m.version,
    m.created_at, m.updated_at, m.candidate_count, m.first_expiry
FROM sized AS m
WHERE m.position <= $1::bigint
    AND (m.position = 1 OR m.running_bytes <= $7::bigint)
ORDER BY m.position;

-- name: insights/agents/no-tags/no-importance
-- parameters: limit agents minimumImportance upperTimestamp upperID start budgetBytes
WITH candidates AS MATERIALIZED (
    SELECT i.importance, range."timestamp", range.id
    FROM unnest($2::text[]) AS a (agent_id)
    CROSS JOIN generate_series($3::int, 10) AS i (importance)
    CROSS JOIN LATERAL (
        SELECT m."timestamp", m.id AS id
        FROM brain_memories AS m
        WHERE m.agent_id = a.agent_id
            AND m.importance = i.importance
            AND m."timestamp" >= $6::timestamptz
            AND (m."timestamp", m.id) < ($4::timestamptz, $5::text)
            AND m.expires_at > now()
        ORDER BY m."timestamp" DESC, m.id DESC LIMIT $1::bigint + 1
    ) AS range
    ORDER BY importance DESC, "timestamp" DESC, id DESC LIMIT $1::bigint + 1
),
sized AS (
    SELECT m.*, row_number() OVER page AS position, sum(m.size_bytes) OVER page AS running_bytes,
        count(*) OVER () AS candidate_count, min(m.expires_at) OVER () AS first_expiry
    FROM candidates AS c
    CROSS JOIN LATERAL (SELECT * FROM brain_memories AS m WHERE m.id = c.id LIMIT 1) AS m
    WINDOW page AS (ORDER BY c.importance DESC, c."timestamp" DESC, c.id DESC)
)
SELECT m.id, m.agent_id, m."timestamp", m.context, m.embeddings, m.tags, m.importance, m.expires_at, m.version,
    m.created_at, m.updated_at, m.candidate_count, m.first_expiry
FROM sized AS m
WHERE m.position <= $1::bigint
    AND (m.position = 1 OR m.running_bytes <= $7::bigint)
ORDER BY m.position;

-- name: insights/agents/no-tags/importance
-- parameters: limit agents minimumImportance upperTimestamp upperID start budgetBytes
WITH candidates AS MATERIALIZED (
    SELECT i.importance, range."timestamp", range.id
    FROM unnest($2::text[]) AS a (agent_id)
    CROSS JOIN generate_series($3::int, 10) AS i (importance)
    CROSS JOIN LATERAL (
        SELECT m."timestamp", m.id AS id
        FROM brain_memories AS m
        WHERE m.agent_id = a.agent_id
            AND m.importance = i.importance
            AND m."timestamp" >= $6::timestamptz
            AND (m."timestamp", m.id) < ($4::timestamptz, $5::text)
            AND m.expires_at > now()
        ORDER BY m."timestamp" DESC, m.id DESC LIMIT $1::bigint + 1
    ) AS range
    ORDER BY importance DESC, "timestamp" DESC, id DESC LIMIT $1::bigint + 1
),
sized AS (
    SELECT m.*, row_number() OVER page AS position, sum(m.size_bytes) OVER page AS running_bytes,
        count(*) OVER () AS candidate_count, min(m.expires_at) OVER () AS first_expiry
    FROM candidates AS c
    CROSS JOIN LATERAL (SELECT * FROM brain_memories AS m WHERE m.id = c.id LIMIT 1) AS m
    WINDOW page AS (ORDER BY c.importance DESC, c."timestamp" DESC, c.id DESC)
)
SELECT m.id, m.agent_id, m."timestamp", m.context, m.embeddings, m.tags, m.importance, m.expires_at, m.version,
    m.created_at, m.updated_at, m.candidate_count, m.first_expiry
FROM sized AS m
WHERE m.position <= $1::bigint
    AND (m.position = 1 OR m.running_bytes <= $7::bigint)
ORDER BY m.position;

-- name: insights/agents/any-tag
-- parameters: limit agents tags minimumImportance upperTimestamp upperID start budgetBytes
WITH candidates AS MATERIALIZED (
    SELECT DISTINCT i.importance, range."timestamp", range.id
    FROM unnest($2::text[]) AS a (agent_id)
    CROSS JOIN unnest($3::text[]) AS t (tag)
    CROSS JOIN generate_series($4::int, 10) AS i (importance)
    CROSS JOIN LATERAL (
        SELECT m."timestamp", m.memory_id AS id
        FROM brain_memory_tags AS m
        WHERE m.agent_id = a.agent_id
            AND m.tag = t.tag
            AND m.importance = i.importance
            AND m."timestamp" >= $7::timestamptz
            AND (m."timestamp", m.memory_id) < ($5::timestamptz, $6::text)
            AND m.expires_at > now()
        ORDER BY m."timestamp" DESC, m.memory_id DESC LIMIT $1::bigint + 1
    ) AS range
    ORDER BY importance DESC, "timestamp" DESC, id DESC LIMIT $1::bigint + 1
),
sized AS (
    SELECT m.*, row_number() OVER page AS position, sum(m.size_bytes) OVER page AS running_bytes,
        count(*) OVER () AS candidate_count, min(m.expires_at) OVER () AS first_expiry
    FROM candidates AS c
    CROSS JOIN LATERAL (SELECT * FROM brain_memories AS m WHERE m.id = c.id LIMIT 1) AS m
    WINDOW page AS (ORDER BY c.importance DESC, c."timestamp" DESC, c.id DESC)
)
SELECT m.id, m.agent_id, m."timestamp", m.context, m.embeddings, m.tags, m.importance, m.expires_at, m.version,
    m.created_at, m.updated_at, m.candidate_count, m.first_expiry
FROM sized AS m
WHERE m.position <= $1::bigint
    AND (m.position = 1 OR m.running_bytes <= $8::bigint)
ORDER BY m.position;

-- name: insights/agents/all-tags
-- parameters: limit agents tags minimumImportance upperTimestamp upperID start budgetBytes
WITH candidates AS MATERIALIZED (
    SELECT i.importance, range."timestamp", range.id
    FROM unnest($2::text[]) AS a (agent_id)
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
        SELECT m."timestamp", m.memory_id AS id
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
        ORDER BY m."timestamp" DESC, m.memory_id DESC LIMIT $1::bigint + 1
    ) AS range
    ORDER BY importance DESC, "timestamp" DESC, id DESC LIMIT $1::bigint + 1
),
sized AS (
    SELECT m.*, row_number() OVER page AS position, sum(m.size_bytes) OVER page AS running_bytes,
        count(*) OVER () AS candidate_count, min(m.expires_at) OVER () AS first_expiry
    FROM candidates AS c
    CROSS JOIN LATERAL (SELECT * FROM brain_memories AS m WHERE m.id = c.id LIMIT 1) AS m
    WINDOW page AS (ORDER BY c.importance DESC, c."timestamp" DESC, c.id DESC)
)
SELECT m.id, m.agent_id, m."timestamp", m.context, m.embeddings, m.tags, m.importance, m.expires_at, m.version,
    m.created_at, m.updated_at, m.candidate_count, m.first_expiry
FROM sized AS m
WHERE m.position <= $1::bigint
    AND (m.position = 1 OR m.running_bytes <= $8::bigint)
ORDER BY m.position;

-- name: insights/ranges/no-tags/no-importance
-- parameters: rangeLows rangeUppers limit minimumImportance upperTimestamp upperID start budgetBytes
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
candidates AS MATERIALIZED (
    SELECT i.importance, range."timestamp", range.id
    FROM agents AS a
    CROSS JOIN generate_series($4::int, 10) AS i (importance)
    CROSS JOIN LATERAL (
        SELECT m."timestamp", m.id AS id
        FROM brain_memories AS m
        WHERE m.agent_id = a.agent_id
            AND m.importance = i.importance
            AND m."timestamp" >= $7::timestamptz
            AND (m."timestamp", m.id) < ($5::timestamptz, $6::text)
            AND m.expires_at > now()
        ORDER BY m."timestamp" DESC, m.id DESC LIMIT $3::bigint + 1
    ) AS range
    ORDER BY importance DESC, "timestamp" DESC, id DESC LIMIT $3::bigint + 1
),
sized AS (
    SELECT m.*, row_number() OVER page AS position, sum(m.size_bytes) OVER page AS running_bytes,
        count(*) OVER () AS candidate_count, min(m.expires_at) OVER () AS first_expiry
    FROM candidates AS c
    CROSS JOIN LATERAL (SELECT * FROM brain_memories AS m WHERE m.id = c.id LIMIT 1) AS m
    WINDOW page AS (ORDER BY c.importance DESC, c."timestamp" DESC, c.id DESC)
)
SELECT m.id, m.agent_id, m."timestamp", m.context, m.embeddings, m.tags, m.importance, m.expires_at, m.version,
    m.created_at, m.updated_at, m.candidate_count, m.first_expiry
FROM sized AS m
WHERE m.position <= $3::bigint
    AND (m.position = 1 OR m.running_bytes <= $8::bigint)
ORDER BY m.position;

-- name: insights/ranges/no-tags/importance
-- parameters: rangeLows rangeUppers limit minimumImportance upperTimestamp upperID start budgetBytes
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
candidates AS MATERIALIZED (
    SELECT i.importance, range."timestamp", range.id
    FROM agents AS a
    CROSS JOIN generate_series($4::int, 10) AS i (importance)
    CROSS JOIN LATERAL (
        SELECT m."timestamp", m.id AS id
        FROM brain_memories AS m
        WHERE m.agent_id = a.agent_id
            AND m.importance = i.importance
            AND m."timestamp" >= $7::timestamptz
            AND (m."timestamp", m.id) < ($5::timestamptz, $6::text)
            AND m.expires_at > now()
        ORDER BY m."timestamp" DESC, m.id DESC LIMIT $3::bigint + 1
    ) AS range
    ORDER BY importance DESC, "timestamp" DESC, id DESC LIMIT $3::bigint + 1
),
sized AS (
    SELECT m.*, row_number() OVER page AS position, sum(m.size_bytes) OVER page AS running_bytes,
        count(*) OVER () AS candidate_count, min(m.expires_at) OVER () AS first_expiry
    FROM candidates AS c
    CROSS JOIN LATERAL (SELECT * FROM brain_memories AS m WHERE m.id = c.id LIMIT 1) AS m
    WINDOW page AS (ORDER BY c.importance DESC, c."timestamp" DESC, c.id DESC)
)
SELECT m.id, m.agent_id, m."timestamp", m.context, m.embeddings, m.tags, m.importance, m.expires_at, m.version,
    m.created_at, m.updated_at, m.candidate_count, m.first_expiry
FROM sized AS m
WHERE m.position <= $3::bigint
    AND (m.position = 1 OR m.running_bytes <= $8::bigint)
ORDER BY m.position;

-- name: insights/ranges/any-tag
-- parameters: rangeLows rangeUppers limit tags minimumImportance upperTimestamp upperID start budgetBytes
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
candidates AS MATERIALIZED (
    SELECT DISTINCT i.importance, range."timestamp", range.id
    FROM agents AS a
    CROSS JOIN unnest($4::text[]) AS t (tag)
    CROSS JOIN generate_series($5::int, 10) AS i (importance)
    CROSS JOIN LATERAL (
        SELECT m."timestamp", m.memory_id AS id
        FROM brain_memory_tags AS m
        WHERE m.agent_id = a.agent_id
            AND m.tag = t.tag
            AND m.importance = i.importance
            AND m."timestamp" >= $8::timestamptz
            AND (m."timestamp", m.memory_id) < ($6::timestamptz, $7::text)
            AND m.expires_at > now()
        ORDER BY m."timestamp" DESC, m.memory_id DESC LIMIT $3::bigint + 1
    ) AS range
    ORDER BY importance DESC, "timestamp" DESC, id DESC LIMIT $3::bigint + 1
),
sized AS (
    SELECT m.*, row_number() OVER page AS position, sum(m.size_bytes) OVER page AS running_bytes,
        count(*) OVER () AS candidate_count, min(m.expires_at) OVER () AS first_expiry
    FROM candidates AS c
    CROSS JOIN LATERAL (SELECT * FROM brain_memories AS m WHERE m.id = c.id LIMIT 1) AS m
    WINDOW page AS (ORDER BY c.importance DESC, c."timestamp" DESC, c.id DESC)
)
SELECT m.id, m.agent_id, m."timestamp", m.context, m.embeddings, m.tags, m.importance, m.expires_at, m.version,
    m.created_at, m.updated_at, m.candidate_count, m.first_expiry
FROM sized AS m
WHERE m.position <= $3::bigint
    AND (m.position = 1 OR m.running_bytes <= $9::bigint)
ORDER BY m.position;

-- name: insights/ranges/all-tags
-- parameters: rangeLows rangeUppers limit tags minimumImportance upperTimestamp upperID start budgetBytes
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
candidates AS MATERIALIZED (
    SELECT i.importance, range."timestamp", range.id
    FROM agents AS a
    CROSS JOIN LATERAL (
        SELECT (array_agg(w.tag ORDER BY rarity.entries, w.tag))[1] AS tag,
            (array_agg(w.tag ORDER BY rarity.entries, w.tag))[2:] AS others
        FROM unnest($4::text[]) AS w (tag)
        CROSS JOIN LATERAL (
            SELECT count(*) AS entries
            FROM (
                SELECT FROM brain_memory_tags AS m
                WHERE m.agent_id = a.agent_id AND m.tag = w.tag AND m.importance >= $5::int
                LIMIT 1024
            ) AS counted
        ) AS rarity
    ) AS t
    CROSS JOIN generate_series($5::int, 10) AS i (importance)
    CROSS JOIN LATERAL (
        SELECT m."timestamp", m.memory_id AS id
        FROM brain_memory_tags AS m
        WHERE m.agent_id = a.agent_id
            AND m.tag = t.tag
            AND m.importance = i.importance
            AND m."timestamp" >= $8::timestamptz
            AND (m."timestamp", m.memory_id) < ($6::timestamptz, $7::text)
            AND m.expires_at > now()
            AND NOT EXISTS (
                SELECT FROM unnest(t.others) AS w (tag)
                WHERE NOT EXISTS (
                    SELECT FROM brain_memory_tags AS other WHERE other.memory_id = m.memory_id AND other.tag = w.tag
                )
            )
        ORDER BY m."timestamp" DESC, m.memory_id DESC LIMIT $3::bigint + 1
    ) AS range
    ORDER BY importance DESC, "timestamp" DESC, id DESC LIMIT $3::bigint + 1
),
sized AS (
    SELECT m.*, row_number() OVER page AS position, sum(m.size_bytes) OVER page AS running_bytes,
        count(*) OVER () AS candidate_count, min(m.expires_at) OVER () AS first_expiry
    FROM candidates AS c
    CROSS JOIN LATERAL (SELECT * FROM brain_memories AS m WHERE m.id = c.id LIMIT 1) AS m
    WINDOW page AS (ORDER BY c.importance DESC, c."timestamp" DESC, c.id DESC)
)
SELECT m.id, m.agent_id, m."timestamp", m.context, m.embeddings, m.tags, m.importance, m.expires_at, m.version,
    m.created_at, m.updated_at, m.candidate_count, m.first_expiry
FROM sized AS m
WHERE m.position <= $3::bigint
    AND (m.position = 1 OR m.running_bytes <= $9::bigint)
ORDER BY m.position;
