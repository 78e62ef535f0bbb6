-- name: page/everyone/no-tags/no-importance
-- parameters: upperTimestamp upperID start limit budgetBytes
WITH candidates AS MATERIALIZED (
    SELECT m."timestamp", m.id AS id
    FROM brain_memories AS m
    WHERE m."timestamp" >= $3::timestamptz
        AND (m."timestamp", m.id) < ($1::timestamptz, $2::text)
        AND m.expires_at > now()
        AND m.agent_id <> ''
        AND m.id <> ''
    ORDER BY "timestamp" DESC, id DESC LIMIT $4::bigint + 1
),
sized AS (
    SELECT m.*, row_number() OVER page AS position, sum(m.size_bytes) OVER page AS running_bytes,
        count(*) OVER () AS candidate_count, min(m.expires_at) OVER () AS first_expiry
    FROM candidates AS c
    CROSS JOIN LATERAL (SELECT * FROM brain_memories AS m WHERE m.id = c.id LIMIT 1) AS m
    WINDOW page AS (ORDER BY c."timestamp" DESC, c.id DESC)
)
SELECT m.id, m.agent_id, m."timestamp", m.context, m.embeddings, m.tags, m.importance, m.expires_at, m.version,
    m.created_at, m.updated_at, m.candidate_count, m.first_expiry
FROM sized AS m
WHERE m.position <= $4::bigint
    AND (m.position = 1 OR m.running_bytes <= $5::bigint)
ORDER BY m.position;

-- name: page/everyone/no-tags/importance
-- parameters: upperTimestamp upperID start minimumImportance limit budgetBytes
WITH candidates AS MATERIALIZED (
    SELECT merged."timestamp", merged.id
    FROM (
        (SELECT m."timestamp", m.id AS id
         FROM brain_memories AS m
         WHERE 10 >= $4::int
             AND m.importance = 10
             AND m."timestamp" >= $3::timestamptz
             AND (m."timestamp", m.id) < ($1::timestamptz, $2::text)
             AND m.expires_at > now()
             AND m.agent_id <> ''
         ORDER BY m."timestamp" DESC, m.id DESC)
        UNION ALL
        (SELECT m."timestamp", m.id AS id
         FROM brain_memories AS m
         WHERE 9 >= $4::int
             AND m.importance = 9
             AND m."timestamp" >= $3::timestamptz
             AND (m."timestamp", m.id) < ($1::timestamptz, $2::text)
             AND m.expires_at > now()
             AND m.agent_id <> ''
         ORDER BY m."timestamp" DESC, m.id DESC)
        UNION ALL
        (SELECT m."timestamp", m.id AS id
         FROM brain_memories AS m
         WHERE 8 >= $4::int
             AND m.importance = 8
             AND m."timestamp" >= $3::timestamptz
             AND (m."timestamp", m.id) < ($1::timestamptz, $2::text)
             AND m.expires_at > now()
             AND m.agent_id <> ''
         ORDER BY m."timestamp" DESC, m.id DESC)
        UNION ALL
        (SELECT m."timestamp", m.id AS id
         FROM brain_memories AS m
         WHERE 7 >= $4::int
             AND m.importance = 7
             AND m."timestamp" >= $3::timestamptz
             AND (m."timestamp", m.id) < ($1::timestamptz, $2::text)
             AND m.expires_at > now()
             AND m.agent_id <> ''
         ORDER BY m."timestamp" DESC, m.id DESC)
        UNION ALL
        (SELECT m."timestamp", m.id AS id
         FROM brain_memories AS m
         WHERE 6 >= $4::int
             AND m.importance = 6
             AND m."timestamp" >= $3::timestamptz
             AND (m."timestamp", m.id) < ($1::timestamptz, $2::text)
             AND m.expires_at > now()
             AND m.agent_id <> ''
         ORDER BY m."timestamp" DESC, m.id DESC)
        UNION ALL
        (SELECT m."timestamp", m.id AS id
         FROM brain_memories AS m
         WHERE 5 >= $4::int
             AND m.importance = 5
             AND m."timestamp" >= $3::timestamptz
             AND (m."timestamp", m.id) < ($1::timestamptz, $2::text)
             AND m.expires_at > now()
             AND m.agent_id <> ''
         ORDER BY m."timestamp" DESC, m.id DESC)
        UNION ALL
        (SELECT m."timestamp", m.id AS id
         FROM brain_memories AS m
         WHERE 4 >= $4::int
             AND m.importance = 4
             AND m."timestamp" >= $3::timestamptz
             AND (m."timestamp", m.id) < ($1::timestamptz, $2::text)
             AND m.expires_at > now()
             AND m.agent_id <> ''
         ORDER BY m."timestamp" DESC, m.id DESC)
        UNION ALL
        (SELECT m."timestamp", m.id AS id
         FROM brain_memories AS m
         WHERE 3 >= $4::int
             AND m.importance = 3
             AND m."timestamp" >= $3::timestamptz
             AND (m."timestamp", m.id) < ($1::timestamptz, $2::text)
             AND m.expires_at > now()
             AND m.agent_id <> ''
         ORDER BY m."timestamp" DESC, m.id DESC)
        UNION ALL
        (SELECT m."timestamp", m.id AS id
         FROM brain_memories AS m
         WHERE 2 >= $4::int
             AND m.importance = 2
             AND m."timestamp" >= $3::timestamptz
             AND (m."timestamp", m.id) < ($1::timestamptz, $2::text)
             AND m.expires_at > now()
             AND m.agent_id <> ''
         ORDER BY m."timestamp" DESC, m.id DESC)
        UNION ALL
        (SELECT m."timestamp", m.id AS id
         FROM brain_memories AS m
         WHERE 1 >= $4::int
             AND m.importance = 1
             AND m."timestamp" >= $3::timestamptz
             AND (m."timestamp", m.id) < ($1::timestamptz, $2::text)
             AND m.expires_at > now()
             AND m.agent_id <> ''
         ORDER BY m."timestamp" DESC, m.id DESC)
    ) AS merged
    ORDER BY "timestamp" DESC, id DESC LIMIT $5::bigint + 1
),
sized AS (
    SELECT m.*, row_number() OVER page AS position, sum(m.size_bytes) OVER page AS running_bytes,
        count(*) OVER () AS candidate_count, min(m.expires_at) OVER () AS first_expiry
    FROM candidates AS c
    CROSS JOIN LATERAL (SELECT * FROM brain_memories AS m WHERE m.id = c.id LIMIT 1) AS m
    WINDOW page AS (ORDER BY c."timestamp" DESC, c.id DESC)
)
SELECT m.id, m.agent_id, m."timestamp", m.context, m.embeddings, m.tags, m.importance, m.expires_at, m.version,
    m.created_at, m.updated_at, m.candidate_count, m.first_expiry
FROM sized AS m
WHERE m.position <= $5::bigint
    AND (m.position = 1 OR m.running_bytes <= $6::bigint)
ORDER BY m.position;

-- name: page/everyone/any-tag
-- parameters: upperTimestamp upperID start minimumImportance limit tags budgetBytes
WITH candidates AS MATERIALIZED (
    SELECT DISTINCT range."timestamp", range.id
    FROM unnest($6::text[]) AS t (tag)
    CROSS JOIN LATERAL (
        SELECT merged."timestamp", merged.id
        FROM (
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 10 >= $4::int
                 AND m.tag = t.tag
                 AND m.importance = 10
                 AND m."timestamp" >= $3::timestamptz
                 AND (m."timestamp", m.memory_id) < ($1::timestamptz, $2::text)
                 AND m.expires_at > now()
                 AND m.agent_id <> ''
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
            UNION ALL
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 9 >= $4::int
                 AND m.tag = t.tag
                 AND m.importance = 9
                 AND m."timestamp" >= $3::timestamptz
                 AND (m."timestamp", m.memory_id) < ($1::timestamptz, $2::text)
                 AND m.expires_at > now()
                 AND m.agent_id <> ''
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
            UNION ALL
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 8 >= $4::int
                 AND m.tag = t.tag
                 AND m.importance = 8
                 AND m."timestamp" >= $3::timestamptz
                 AND (m."timestamp", m.memory_id) < ($1::timestamptz, $2::text)
                 AND m.expires_at > now()
                 AND m.agent_id <> ''
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
            UNION ALL
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 7 >= $4::int
                 AND m.tag = t.tag
                 AND m.importance = 7
                 AND m."timestamp" >= $3::timestamptz
                 AND (m."timestamp", m.memory_id) < ($1::timestamptz, $2::text)
                 AND m.expires_at > now()
                 AND m.agent_id <> ''
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
            UNION ALL
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 6 >= $4::int
                 AND m.tag = t.tag
                 AND m.importance = 6
                 AND m."timestamp" >= $3::timestamptz
                 AND (m."timestamp", m.memory_id) < ($1::timestamptz, $2::text)
                 AND m.expires_at > now()
                 AND m.agent_id <> ''
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
            UNION ALL
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 5 >= $4::int
                 AND m.tag = t.tag
                 AND m.importance = 5
                 AND m."timestamp" >= $3::timestamptz
                 AND (m."timestamp", m.memory_id) < ($1::timestamptz, $2::text)
                 AND m.expires_at > now()
                 AND m.agent_id <> ''
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
            UNION ALL
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 4 >= $4::int
                 AND m.tag = t.tag
                 AND m.importance = 4
                 AND m."timestamp" >= $3::timestamptz
                 AND (m."timestamp", m.memory_id) < ($1::timestamptz, $2::text)
                 AND m.expires_at > now()
                 AND m.agent_id <> ''
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
            UNION ALL
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 3 >= $4::int
                 AND m.tag = t.tag
                 AND m.importance = 3
                 AND m."timestamp" >= $3::timestamptz
                 AND (m."timestamp", m.memory_id) < ($1::timestamptz, $2::text)
                 AND m.expires_at > now()
                 AND m.agent_id <> ''
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
            UNION ALL
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 2 >= $4::int
                 AND m.tag = t.tag
                 AND m.importance = 2
                 AND m."timestamp" >= $3::timestamptz
                 AND (m."timestamp", m.memory_id) < ($1::timestamptz, $2::text)
                 AND m.expires_at > now()
                 AND m.agent_id <> ''
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
            UNION ALL
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 1 >= $4::int
                 AND m.tag = t.tag
                 AND m.importance = 1
                 AND m."timestamp" >= $3::timestamptz
                 AND (m."timestamp", m.memory_id) < ($1::timestamptz, $2::text)
                 AND m.expires_at > now()
                 AND m.agent_id <> ''
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
        ) AS merged
        ORDER BY "timestamp" DESC, id DESC LIMIT $5::bigint + 1
    ) AS range
    ORDER BY "timestamp" DESC, id DESC LIMIT $5::bigint + 1
),
sized AS (
    SELECT m.*, row_number() OVER page AS position, sum(m.size_bytes) OVER page AS running_bytes,
        count(*) OVER () AS candidate_count, min(m.expires_at) OVER () AS first_expiry
    FROM candidates AS c
    CROSS JOIN LATERAL (SELECT * FROM brain_memories AS m WHERE m.id = c.id LIMIT 1) AS m
    WINDOW page AS (ORDER BY c."timestamp" DESC, c.id DESC)
)
SELECT m.id, m.agent_id, m."timestamp", m.context, m.embeddings, m.tags, m.importance, m.expires_at, m.version,
    m.created_at, m.updated_at, m.candidate_count, m.first_expiry
FROM sized AS m
WHERE m.position <= $5::bigint
    AND (m.position = 1 OR m.running_bytes <= $7::bigint)
ORDER BY m.position;

-- name: page/everyone/all-tags
-- parameters: upperTimestamp upperID start minimumImportance limit tags budgetBytes
WITH candidates AS MATERIALIZED (
    SELECT range."timestamp", range.id
    FROM LATERAL (
        SELECT (array_agg(w.tag ORDER BY rarity.entries, w.tag))[1] AS tag,
            (array_agg(w.tag ORDER BY rarity.entries, w.tag))[2:] AS others
        FROM unnest($6::text[]) AS w (tag)
        CROSS JOIN LATERAL (
            SELECT count(*) AS entries
            FROM (
                SELECT FROM brain_memory_tags AS m
                WHERE m.agent_id <> '' AND m.tag = w.tag AND m.importance >= $4::int
                LIMIT 1024
            ) AS counted
        ) AS rarity
    ) AS t
    CROSS JOIN LATERAL (
        SELECT merged."timestamp", merged.id
        FROM (
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 10 >= $4::int
                 AND m.tag = t.tag
                 AND m.importance = 10
                 AND m."timestamp" >= $3::timestamptz
                 AND (m."timestamp", m.memory_id) < ($1::timestamptz, $2::text)
                 AND m.expires_at > now()
                 AND m.agent_id <> ''
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
            UNION ALL
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 9 >= $4::int
                 AND m.tag = t.tag
                 AND m.importance = 9
                 AND m."timestamp" >= $3::timestamptz
                 AND (m."timestamp", m.memory_id) < ($1::timestamptz, $2::text)
                 AND m.expires_at > now()
                 AND m.agent_id <> ''
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
            UNION ALL
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 8 >= $4::int
                 AND m.tag = t.tag
                 AND m.importance = 8
                 AND m."timestamp" >= $3::timestamptz
                 AND (m."timestamp", m.memory_id) < ($1::timestamptz, $2::text)
                 AND m.expires_at > now()
                 AND m.agent_id <> ''
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
            UNION ALL
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 7 >= $4::int
                 AND m.tag = t.tag
                 AND m.importance = 7
                 AND m."timestamp" >= $3::timestamptz
                 AND (m."timestamp", m.memory_id) < ($1::timestamptz, $2::text)
                 AND m.expires_at > now()
                 AND m.agent_id <> ''
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
            UNION ALL
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 6 >= $4::int
                 AND m.tag = t.tag
                 AND m.importance = 6
                 AND m."timestamp" >= $3::timestamptz
                 AND (m."timestamp", m.memory_id) < ($1::timestamptz, $2::text)
                 AND m.expires_at > now()
                 AND m.agent_id <> ''
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
            UNION ALL
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 5 >= $4::int
                 AND m.tag = t.tag
                 AND m.importance = 5
                 AND m."timestamp" >= $3::timestamptz
                 AND (m."timestamp", m.memory_id) < ($1::timestamptz, $2::text)
                 AND m.expires_at > now()
                 AND m.agent_id <> ''
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
            UNION ALL
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 4 >= $4::int
                 AND m.tag = t.tag
                 AND m.importance = 4
                 AND m."timestamp" >= $3::timestamptz
                 AND (m."timestamp", m.memory_id) < ($1::timestamptz, $2::text)
                 AND m.expires_at > now()
                 AND m.agent_id <> ''
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
            UNION ALL
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 3 >= $4::int
                 AND m.tag = t.tag
                 AND m.importance = 3
                 AND m."timestamp" >= $3::timestamptz
                 AND (m."timestamp", m.memory_id) < ($1::timestamptz, $2::text)
                 AND m.expires_at > now()
                 AND m.agent_id <> ''
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
            UNION ALL
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 2 >= $4::int
                 AND m.tag = t.tag
                 AND m.importance = 2
                 AND m."timestamp" >= $3::timestamptz
                 AND (m."timestamp", m.memory_id) < ($1::timestamptz, $2::text)
                 AND m.expires_at > now()
                 AND m.agent_id <> ''
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
            UNION ALL
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 1 >= $4::int
                 AND m.tag = t.tag
                 AND m.importance = 1
                 AND m."timestamp" >= $3::timestamptz
                 AND (m."timestamp", m.memory_id) < ($1::timestamptz, $2::text)
                 AND m.expires_at > now()
                 AND m.agent_id <> ''
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
        ) AS merged
        WHERE NOT EXISTS (
            SELECT FROM unnest(t.others) AS w (tag)
            WHERE NOT EXISTS (
                SELECT FROM brain_memory_tags AS other WHERE other.memory_id = merged.id AND other.tag = w.tag
            )
        )
        ORDER BY "timestamp" DESC, id DESC LIMIT $5::bigint + 1
    ) AS range
    ORDER BY "timestamp" DESC, id DESC LIMIT $5::bigint + 1
),
sized AS (
    SELECT m.*, row_number() OVER page AS position, sum(m.size_bytes) OVER page AS running_bytes,
        count(*) OVER () AS candidate_count, min(m.expires_at) OVER () AS first_expiry
    FROM candidates AS c
    CROSS JOIN LATERAL (SELECT * FROM brain_memories AS m WHERE m.id = c.id LIMIT 1) AS m
    WINDOW page AS (ORDER BY c."timestamp" DESC, c.id DESC)
)
SELECT m.id, m.agent_id, m."timestamp", m.context, m.embeddings, m.tags, m.importance, m.expires_at, m.version,
    m.created_at, m.updated_at, m.candidate_count, m.first_expiry
FROM sized AS m
WHERE m.position <= $5::bigint
    AND (m.position = 1 OR m.running_bytes <= $7::bigint)
ORDER BY m.position;

-- name: page/agents/no-tags/no-importance
-- parameters: upperTimestamp upperID start limit agents budgetBytes
WITH candidates AS MATERIALIZED (
    SELECT range."timestamp", range.id
    FROM unnest($5::text[]) AS a (agent_id)
    CROSS JOIN LATERAL (
        SELECT m."timestamp", m.id AS id
        FROM brain_memories AS m
        WHERE m.agent_id = a.agent_id
            AND m."timestamp" >= $3::timestamptz
            AND (m."timestamp", m.id) < ($1::timestamptz, $2::text)
            AND m.expires_at > now()
            AND m.id <> ''
        ORDER BY "timestamp" DESC, id DESC LIMIT $4::bigint + 1
    ) AS range
    ORDER BY "timestamp" DESC, id DESC LIMIT $4::bigint + 1
),
sized AS (
    SELECT m.*, row_number() OVER page AS position, sum(m.size_bytes) OVER page AS running_bytes,
        count(*) OVER () AS candidate_count, min(m.expires_at) OVER () AS first_expiry
    FROM candidates AS c
    CROSS JOIN LATERAL (SELECT * FROM brain_memories AS m WHERE m.id = c.id LIMIT 1) AS m
    WINDOW page AS (ORDER BY c."timestamp" DESC, c.id DESC)
)
SELECT m.id, m.agent_id, m."timestamp", m.context, m.embeddings, m.tags, m.importance, m.expires_at, m.version,
    m.created_at, m.updated_at, m.candidate_count, m.first_expiry
FROM sized AS m
WHERE m.position <= $4::bigint
    AND (m.position = 1 OR m.running_bytes <= $6::bigint)
ORDER BY m.position;

-- name: page/agents/no-tags/importance
-- parameters: upperTimestamp upperID start minimumImportance limit agents budgetBytes
WITH candidates AS MATERIALIZED (
    SELECT range."timestamp", range.id
    FROM unnest($6::text[]) AS a (agent_id)
    CROSS JOIN LATERAL (
        SELECT merged."timestamp", merged.id
        FROM (
            (SELECT m."timestamp", m.id AS id
             FROM brain_memories AS m
             WHERE 10 >= $4::int
                 AND m.agent_id = a.agent_id
                 AND m.importance = 10
                 AND m."timestamp" >= $3::timestamptz
                 AND (m."timestamp", m.id) < ($1::timestamptz, $2::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.id DESC)
            UNION ALL
            (SELECT m."timestamp", m.id AS id
             FROM brain_memories AS m
             WHERE 9 >= $4::int
                 AND m.agent_id = a.agent_id
                 AND m.importance = 9
                 AND m."timestamp" >= $3::timestamptz
                 AND (m."timestamp", m.id) < ($1::timestamptz, $2::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.id DESC)
            UNION ALL
            (SELECT m."timestamp", m.id AS id
             FROM brain_memories AS m
             WHERE 8 >= $4::int
                 AND m.agent_id = a.agent_id
                 AND m.importance = 8
                 AND m."timestamp" >= $3::timestamptz
                 AND (m."timestamp", m.id) < ($1::timestamptz, $2::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.id DESC)
            UNION ALL
            (SELECT m."timestamp", m.id AS id
             FROM brain_memories AS m
             WHERE 7 >= $4::int
                 AND m.agent_id = a.agent_id
                 AND m.importance = 7
                 AND m."timestamp" >= $3::timestamptz
                 AND (m."timestamp", m.id) < ($1::timestamptz, $2::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.id DESC)
            UNION ALL
            (SELECT m."timestamp", m.id AS id
             FROM brain_memories AS m
             WHERE 6 >= $4::int
                 AND m.agent_id = a.agent_id
                 AND m.importance = 6
                 AND m."timestamp" >= $3::timestamptz
                 AND (m."timestamp", m.id) < ($1::timestamptz, $2::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.id DESC)
            UNION ALL
            (SELECT m."timestamp", m.id AS id
             FROM brain_memories AS m
             WHERE 5 >= $4::int
                 AND m.agent_id = a.agent_id
                 AND m.importance = 5
                 AND m."timestamp" >= $3::timestamptz
                 AND (m."timestamp", m.id) < ($1::timestamptz, $2::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.id DESC)
            UNION ALL
            (SELECT m."timestamp", m.id AS id
             FROM brain_memories AS m
             WHERE 4 >= $4::int
                 AND m.agent_id = a.agent_id
                 AND m.importance = 4
                 AND m."timestamp" >= $3::timestamptz
                 AND (m."timestamp", m.id) < ($1::timestamptz, $2::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.id DESC)
            UNION ALL
            (SELECT m."timestamp", m.id AS id
             FROM brain_memories AS m
             WHERE 3 >= $4::int
                 AND m.agent_id = a.agent_id
                 AND m.importance = 3
                 AND m."timestamp" >= $3::timestamptz
                 AND (m."timestamp", m.id) < ($1::timestamptz, $2::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.id DESC)
            UNION ALL
            (SELECT m."timestamp", m.id AS id
             FROM brain_memories AS m
             WHERE 2 >= $4::int
                 AND m.agent_id = a.agent_id
                 AND m.importance = 2
                 AND m."timestamp" >= $3::timestamptz
                 AND (m."timestamp", m.id) < ($1::timestamptz, $2::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.id DESC)
            UNION ALL
            (SELECT m."timestamp", m.id AS id
             FROM brain_memories AS m
             WHERE 1 >= $4::int
                 AND m.agent_id = a.agent_id
                 AND m.importance = 1
                 AND m."timestamp" >= $3::timestamptz
                 AND (m."timestamp", m.id) < ($1::timestamptz, $2::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.id DESC)
        ) AS merged
        ORDER BY "timestamp" DESC, id DESC LIMIT $5::bigint + 1
    ) AS range
    ORDER BY "timestamp" DESC, id DESC LIMIT $5::bigint + 1
),
sized AS (
    SELECT m.*, row_number() OVER page AS position, sum(m.size_bytes) OVER page AS running_bytes,
        count(*) OVER () AS candidate_count, min(m.expires_at) OVER () AS first_expiry
    FROM candidates AS c
    CROSS JOIN LATERAL (SELECT * FROM brain_memories AS m WHERE m.id = c.id LIMIT 1) AS m
    WINDOW page AS (ORDER BY c."timestamp" DESC, c.id DESC)
)
SELECT m.id, m.agent_id, m."timestamp", m.context, m.embeddings, m.tags, m.importance, m.expires_at, m.version,
    m.created_at, m.updated_at, m.candidate_count, m.first_expiry
FROM sized AS m
WHERE m.position <= $5::bigint
    AND (m.position = 1 OR m.running_bytes <= $7::bigint)
ORDER BY m.position;

-- name: page/agents/any-tag
-- parameters: upperTimestamp upperID start minimumImportance limit agents tags budgetBytes
WITH candidates AS MATERIALIZED (
    SELECT DISTINCT range."timestamp", range.id
    FROM unnest($6::text[]) AS a (agent_id)
    CROSS JOIN unnest($7::text[]) AS t (tag)
    CROSS JOIN LATERAL (
        SELECT merged."timestamp", merged.id
        FROM (
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 10 >= $4::int
                 AND m.agent_id = a.agent_id
                 AND m.tag = t.tag
                 AND m.importance = 10
                 AND m."timestamp" >= $3::timestamptz
                 AND (m."timestamp", m.memory_id) < ($1::timestamptz, $2::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
            UNION ALL
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 9 >= $4::int
                 AND m.agent_id = a.agent_id
                 AND m.tag = t.tag
                 AND m.importance = 9
                 AND m."timestamp" >= $3::timestamptz
                 AND (m."timestamp", m.memory_id) < ($1::timestamptz, $2::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
            UNION ALL
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 8 >= $4::int
                 AND m.agent_id = a.agent_id
                 AND m.tag = t.tag
                 AND m.importance = 8
                 AND m."timestamp" >= $3::timestamptz
                 AND (m."timestamp", m.memory_id) < ($1::timestamptz, $2::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
            UNION ALL
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 7 >= $4::int
                 AND m.agent_id = a.agent_id
                 AND m.tag = t.tag
                 AND m.importance = 7
                 AND m."timestamp" >= $3::timestamptz
                 AND (m."timestamp", m.memory_id) < ($1::timestamptz, $2::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
            UNION ALL
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 6 >= $4::int
                 AND m.agent_id = a.agent_id
                 AND m.tag = t.tag
                 AND m.importance = 6
                 AND m."timestamp" >= $3::timestamptz
                 AND (m."timestamp", m.memory_id) < ($1::timestamptz, $2::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
            UNION ALL
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 5 >= $4::int
                 AND m.agent_id = a.agent_id
                 AND m.tag = t.tag
                 AND m.importance = 5
                 AND m."timestamp" >= $3::timestamptz
                 AND (m."timestamp", m.memory_id) < ($1::timestamptz, $2::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
            UNION ALL
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 4 >= $4::int
                 AND m.agent_id = a.agent_id
                 AND m.tag = t.tag
                 AND m.importance = 4
                 AND m."timestamp" >= $3::timestamptz
                 AND (m."timestamp", m.memory_id) < ($1::timestamptz, $2::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
            UNION ALL
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 3 >= $4::int
                 AND m.agent_id = a.agent_id
                 AND m.tag = t.tag
                 AND m.importance = 3
                 AND m."timestamp" >= $3::timestamptz
                 AND (m."timestamp", m.memory_id) < ($1::timestamptz, $2::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
            UNION ALL
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 2 >= $4::int
                 AND m.agent_id = a.agent_id
                 AND m.tag = t.tag
                 AND m.importance = 2
                 AND m."timestamp" >= $3::timestamptz
                 AND (m."timestamp", m.memory_id) < ($1::timestamptz, $2::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
            UNION ALL
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 1 >= $4::int
                 AND m.agent_id = a.agent_id
                 AND m.tag = t.tag
                 AND m.importance = 1
                 AND m."timestamp" >= $3::timestamptz
                 AND (m."timestamp", m.memory_id) < ($1::timestamptz, $2::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
        ) AS merged
        ORDER BY "timestamp" DESC, id DESC LIMIT $5::bigint + 1
    ) AS range
    ORDER BY "timestamp" DESC, id DESC LIMIT $5::bigint + 1
),
sized AS (
    SELECT m.*, row_number() OVER page AS position, sum(m.size_bytes) OVER page AS running_bytes,
        count(*) OVER () AS candidate_count, min(m.expires_at) OVER () AS first_expiry
    FROM candidates AS c
    CROSS JOIN LATERAL (SELECT * FROM brain_memories AS m WHERE m.id = c.id LIMIT 1) AS m
    WINDOW page AS (ORDER BY c."timestamp" DESC, c.id DESC)
)
SELECT m.id, m.agent_id, m."timestamp", m.context, m.embeddings, m.tags, m.importance, m.expires_at, m.version,
    m.created_at, m.updated_at, m.candidate_count, m.first_expiry
FROM sized AS m
WHERE m.position <= $5::bigint
    AND (m.position = 1 OR m.running_bytes <= $8::bigint)
ORDER BY m.position;

-- name: page/agents/all-tags
-- parameters: upperTimestamp upperID start minimumImportance limit agents tags budgetBytes
WITH candidates AS MATERIALIZED (
    SELECT range."timestamp", range.id
    FROM unnest($6::text[]) AS a (agent_id)
    CROSS JOIN LATERAL (
        SELECT (array_agg(w.tag ORDER BY rarity.entries, w.tag))[1] AS tag,
            (array_agg(w.tag ORDER BY rarity.entries, w.tag))[2:] AS others
        FROM unnest($7::text[]) AS w (tag)
        CROSS JOIN LATERAL (
            SELECT count(*) AS entries
            FROM (
                SELECT FROM brain_memory_tags AS m
                WHERE m.agent_id = a.agent_id AND m.tag = w.tag AND m.importance >= $4::int
                LIMIT 1024
            ) AS counted
        ) AS rarity
    ) AS t
    CROSS JOIN LATERAL (
        SELECT merged."timestamp", merged.id
        FROM (
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 10 >= $4::int
                 AND m.agent_id = a.agent_id
                 AND m.tag = t.tag
                 AND m.importance = 10
                 AND m."timestamp" >= $3::timestamptz
                 AND (m."timestamp", m.memory_id) < ($1::timestamptz, $2::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
            UNION ALL
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 9 >= $4::int
                 AND m.agent_id = a.agent_id
                 AND m.tag = t.tag
                 AND m.importance = 9
                 AND m."timestamp" >= $3::timestamptz
                 AND (m."timestamp", m.memory_id) < ($1::timestamptz, $2::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
            UNION ALL
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 8 >= $4::int
                 AND m.agent_id = a.agent_id
                 AND m.tag = t.tag
                 AND m.importance = 8
                 AND m."timestamp" >= $3::timestamptz
                 AND (m."timestamp", m.memory_id) < ($1::timestamptz, $2::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
            UNION ALL
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 7 >= $4::int
                 AND m.agent_id = a.agent_id
                 AND m.tag = t.tag
                 AND m.importance = 7
                 AND m."timestamp" >= $3::timestamptz
                 AND (m."timestamp", m.memory_id) < ($1::timestamptz, $2::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
            UNION ALL
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 6 >= $4::int
                 AND m.agent_id = a.agent_id
                 AND m.tag = t.tag
                 AND m.importance = 6
                 AND m."timestamp" >= $3::timestamptz
                 AND (m."timestamp", m.memory_id) < ($1::timestamptz, $2::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
            UNION ALL
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 5 >= $4::int
                 AND m.agent_id = a.agent_id
                 AND m.tag = t.tag
                 AND m.importance = 5
                 AND m."timestamp" >= $3::timestamptz
                 AND (m."timestamp", m.memory_id) < ($1::timestamptz, $2::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
            UNION ALL
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 4 >= $4::int
                 AND m.agent_id = a.agent_id
                 AND m.tag = t.tag
                 AND m.importance = 4
                 AND m."timestamp" >= $3::timestamptz
                 AND (m."timestamp", m.memory_id) < ($1::timestamptz, $2::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
            UNION ALL
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 3 >= $4::int
                 AND m.agent_id = a.agent_id
                 AND m.tag = t.tag
                 AND m.importance = 3
                 AND m."timestamp" >= $3::timestamptz
                 AND (m."timestamp", m.memory_id) < ($1::timestamptz, $2::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
            UNION ALL
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 2 >= $4::int
                 AND m.agent_id = a.agent_id
                 AND m.tag = t.tag
                 AND m.importance = 2
                 AND m."timestamp" >= $3::timestamptz
                 AND (m."timestamp", m.memory_id) < ($1::timestamptz, $2::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
            UNION ALL
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 1 >= $4::int
                 AND m.agent_id = a.agent_id
                 AND m.tag = t.tag
                 AND m.importance = 1
                 AND m."timestamp" >= $3::timestamptz
                 AND (m."timestamp", m.memory_id) < ($1::timestamptz, $2::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
        ) AS merged
        WHERE NOT EXISTS (
            SELECT FROM unnest(t.others) AS w (tag)
            WHERE NOT EXISTS (
                SELECT FROM brain_memory_tags AS other WHERE other.memory_id = merged.id AND other.tag = w.tag
            )
        )
        ORDER BY "timestamp" DESC, id DESC LIMIT $5::bigint + 1
    ) AS range
    ORDER BY "timestamp" DESC, id DESC LIMIT $5::bigint + 1
),
sized AS (
    SELECT m.*, row_number() OVER page AS position, sum(m.size_bytes) OVER page AS running_bytes,
        count(*) OVER () AS candidate_count, min(m.expires_at) OVER () AS first_expiry
    FROM candidates AS c
    CROSS JOIN LATERAL (SELECT * FROM brain_memories AS m WHERE m.id = c.id LIMIT 1) AS m
    WINDOW page AS (ORDER BY c."timestamp" DESC, c.id DESC)
)
SELECT m.id, m.agent_id, m."timestamp", m.context, m.embeddings, m.tags, m.importance, m.expires_at, m.version,
    m.created_at, m.updated_at, m.candidate_count, m.first_expiry
FROM sized AS m
WHERE m.position <= $5::bigint
    AND (m.position = 1 OR m.running_bytes <= $8::bigint)
ORDER BY m.position;

-- name: page/ranges/no-tags/no-importance
-- parameters: rangeLows rangeUppers upperTimestamp upperID start limit budgetBytes
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
    SELECT range."timestamp", range.id
    FROM agents AS a
    CROSS JOIN LATERAL (
        SELECT m."timestamp", m.id AS id
        FROM brain_memories AS m
        WHERE m.agent_id = a.agent_id
            AND m."timestamp" >= $5::timestamptz
            AND (m."timestamp", m.id) < ($3::timestamptz, $4::text)
            AND m.expires_at > now()
            AND m.id <> ''
        ORDER BY "timestamp" DESC, id DESC LIMIT $6::bigint + 1
    ) AS range
    ORDER BY "timestamp" DESC, id DESC LIMIT $6::bigint + 1
),
sized AS (
    SELECT m.*, row_number() OVER page AS position, sum(m.size_bytes) OVER page AS running_bytes,
        count(*) OVER () AS candidate_count, min(m.expires_at) OVER () AS first_expiry
    FROM candidates AS c
    CROSS JOIN LATERAL (SELECT * FROM brain_memories AS m WHERE m.id = c.id LIMIT 1) AS m
    WINDOW page AS (ORDER BY c."timestamp" DESC, c.id DESC)
)
SELECT m.id, m.agent_id, m."timestamp", m.context, m.embeddings, m.tags, m.importance, m.expires_at, m.version,
    m.created_at, m.updated_at, m.candidate_count, m.first_expiry
FROM sized AS m
WHERE m.position <= $6::bigint
    AND (m.position = 1 OR m.running_bytes <= $7::bigint)
ORDER BY m.position;

-- name: page/ranges/no-tags/importance
-- parameters: rangeLows rangeUppers upperTimestamp upperID start minimumImportance limit budgetBytes
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
    SELECT range."timestamp", range.id
    FROM agents AS a
    CROSS JOIN LATERAL (
        SELECT merged."timestamp", merged.id
        FROM (
            (SELECT m."timestamp", m.id AS id
             FROM brain_memories AS m
             WHERE 10 >= $6::int
                 AND m.agent_id = a.agent_id
                 AND m.importance = 10
                 AND m."timestamp" >= $5::timestamptz
                 AND (m."timestamp", m.id) < ($3::timestamptz, $4::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.id DESC)
            UNION ALL
            (SELECT m."timestamp", m.id AS id
             FROM brain_memories AS m
             WHERE 9 >= $6::int
                 AND m.agent_id = a.agent_id
                 AND m.importance = 9
                 AND m."timestamp" >= $5::timestamptz
                 AND (m."timestamp", m.id) < ($3::timestamptz, $4::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.id DESC)
            UNION ALL
            (SELECT m."timestamp", m.id AS id
             FROM brain_memories AS m
             WHERE 8 >= $6::int
                 AND m.agent_id = a.agent_id
                 AND m.importance = 8
                 AND m."timestamp" >= $5::timestamptz
                 AND (m."timestamp", m.id) < ($3::timestamptz, $4::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.id DESC)
            UNION ALL
            (SELECT m."timestamp", m.id AS id
             FROM brain_memories AS m
             WHERE 7 >= $6::int
                 AND m.agent_id = a.agent_id
                 AND m.importance = 7
                 AND m."timestamp" >= $5::timestamptz
                 AND (m."timestamp", m.id) < ($3::timestamptz, $4::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.id DESC)
            UNION ALL
            (SELECT m."timestamp", m.id AS id
             FROM brain_memories AS m
             WHERE 6 >= $6::int
                 AND m.agent_id = a.agent_id
                 AND m.importance = 6
                 AND m."timestamp" >= $5::timestamptz
                 AND (m."timestamp", m.id) < ($3::timestamptz, $4::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.id DESC)
            UNION ALL
            (SELECT m."timestamp", m.id AS id
             FROM brain_memories AS m
             WHERE 5 >= $6::int
                 AND m.agent_id = a.agent_id
                 AND m.importance = 5
                 AND m."timestamp" >= $5::timestamptz
                 AND (m."timestamp", m.id) < ($3::timestamptz, $4::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.id DESC)
            UNION ALL
            (SELECT m."timestamp", m.id AS id
             FROM brain_memories AS m
             WHERE 4 >= $6::int
                 AND m.agent_id = a.agent_id
                 AND m.importance = 4
                 AND m."timestamp" >= $5::timestamptz
                 AND (m."timestamp", m.id) < ($3::timestamptz, $4::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.id DESC)
            UNION ALL
            (SELECT m."timestamp", m.id AS id
             FROM brain_memories AS m
             WHERE 3 >= $6::int
                 AND m.agent_id = a.agent_id
                 AND m.importance = 3
                 AND m."timestamp" >= $5::timestamptz
                 AND (m."timestamp", m.id) < ($3::timestamptz, $4::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.id DESC)
            UNION ALL
            (SELECT m."timestamp", m.id AS id
             FROM brain_memories AS m
             WHERE 2 >= $6::int
                 AND m.agent_id = a.agent_id
                 AND m.importance = 2
                 AND m."timestamp" >= $5::timestamptz
                 AND (m."timestamp", m.id) < ($3::timestamptz, $4::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.id DESC)
            UNION ALL
            (SELECT m."timestamp", m.id AS id
             FROM brain_memories AS m
             WHERE 1 >= $6::int
                 AND m.agent_id = a.agent_id
                 AND m.importance = 1
                 AND m."timestamp" >= $5::timestamptz
                 AND (m."timestamp", m.id) < ($3::timestamptz, $4::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.id DESC)
        ) AS merged
        ORDER BY "timestamp" DESC, id DESC LIMIT $7::bigint + 1
    ) AS range
    ORDER BY "timestamp" DESC, id DESC LIMIT $7::bigint + 1
),
sized AS (
    SELECT m.*, row_number() OVER page AS position, sum(m.size_bytes) OVER page AS running_bytes,
        count(*) OVER () AS candidate_count, min(m.expires_at) OVER () AS first_expiry
    FROM candidates AS c
    CROSS JOIN LATERAL (SELECT * FROM brain_memories AS m WHERE m.id = c.id LIMIT 1) AS m
    WINDOW page AS (ORDER BY c."timestamp" DESC, c.id DESC)
)
SELECT m.id, m.agent_id, m."timestamp", m.context, m.embeddings, m.tags, m.importance, m.expires_at, m.version,
    m.created_at, m.updated_at, m.candidate_count, m.first_expiry
FROM sized AS m
WHERE m.position <= $7::bigint
    AND (m.position = 1 OR m.running_bytes <= $8::bigint)
ORDER BY m.position;

-- name: page/ranges/any-tag
-- parameters: rangeLows rangeUppers upperTimestamp upperID start minimumImportance limit tags budgetBytes
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
    SELECT DISTINCT range."timestamp", range.id
    FROM agents AS a
    CROSS JOIN unnest($8::text[]) AS t (tag)
    CROSS JOIN LATERAL (
        SELECT merged."timestamp", merged.id
        FROM (
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 10 >= $6::int
                 AND m.agent_id = a.agent_id
                 AND m.tag = t.tag
                 AND m.importance = 10
                 AND m."timestamp" >= $5::timestamptz
                 AND (m."timestamp", m.memory_id) < ($3::timestamptz, $4::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
            UNION ALL
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 9 >= $6::int
                 AND m.agent_id = a.agent_id
                 AND m.tag = t.tag
                 AND m.importance = 9
                 AND m."timestamp" >= $5::timestamptz
                 AND (m."timestamp", m.memory_id) < ($3::timestamptz, $4::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
            UNION ALL
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 8 >= $6::int
                 AND m.agent_id = a.agent_id
                 AND m.tag = t.tag
                 AND m.importance = 8
                 AND m."timestamp" >= $5::timestamptz
                 AND (m."timestamp", m.memory_id) < ($3::timestamptz, $4::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
            UNION ALL
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 7 >= $6::int
                 AND m.agent_id = a.agent_id
                 AND m.tag = t.tag
                 AND m.importance = 7
                 AND m."timestamp" >= $5::timestamptz
                 AND (m."timestamp", m.memory_id) < ($3::timestamptz, $4::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
            UNION ALL
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 6 >= $6::int
                 AND m.agent_id = a.agent_id
                 AND m.tag = t.tag
                 AND m.importance = 6
                 AND m."timestamp" >= $5::timestamptz
                 AND (m."timestamp", m.memory_id) < ($3::timestamptz, $4::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
            UNION ALL
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 5 >= $6::int
                 AND m.agent_id = a.agent_id
                 AND m.tag = t.tag
                 AND m.importance = 5
                 AND m."timestamp" >= $5::timestamptz
                 AND (m."timestamp", m.memory_id) < ($3::timestamptz, $4::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
            UNION ALL
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 4 >= $6::int
                 AND m.agent_id = a.agent_id
                 AND m.tag = t.tag
                 AND m.importance = 4
                 AND m."timestamp" >= $5::timestamptz
                 AND (m."timestamp", m.memory_id) < ($3::timestamptz, $4::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
            UNION ALL
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 3 >= $6::int
                 AND m.agent_id = a.agent_id
                 AND m.tag = t.tag
                 AND m.importance = 3
                 AND m."timestamp" >= $5::timestamptz
                 AND (m."timestamp", m.memory_id) < ($3::timestamptz, $4::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
            UNION ALL
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 2 >= $6::int
                 AND m.agent_id = a.agent_id
                 AND m.tag = t.tag
                 AND m.importance = 2
                 AND m."timestamp" >= $5::timestamptz
                 AND (m."timestamp", m.memory_id) < ($3::timestamptz, $4::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
            UNION ALL
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 1 >= $6::int
                 AND m.agent_id = a.agent_id
                 AND m.tag = t.tag
                 AND m.importance = 1
                 AND m."timestamp" >= $5::timestamptz
                 AND (m."timestamp", m.memory_id) < ($3::timestamptz, $4::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
        ) AS merged
        ORDER BY "timestamp" DESC, id DESC LIMIT $7::bigint + 1
    ) AS range
    ORDER BY "timestamp" DESC, id DESC LIMIT $7::bigint + 1
),
sized AS (
    SELECT m.*, row_number() OVER page AS position, sum(m.size_bytes) OVER page AS running_bytes,
        count(*) OVER () AS candidate_count, min(m.expires_at) OVER () AS first_expiry
    FROM candidates AS c
    CROSS JOIN LATERAL (SELECT * FROM brain_memories AS m WHERE m.id = c.id LIMIT 1) AS m
    WINDOW page AS (ORDER BY c."timestamp" DESC, c.id DESC)
)
SELECT m.id, m.agent_id, m."timestamp", m.context, m.embeddings, m.tags, m.importance, m.expires_at, m.version,
    m.created_at, m.updated_at, m.candidate_count, m.first_expiry
FROM sized AS m
WHERE m.position <= $7::bigint
    AND (m.position = 1 OR m.running_bytes <= $9::bigint)
ORDER BY m.position;

-- name: page/ranges/all-tags
-- parameters: rangeLows rangeUppers upperTimestamp upperID start minimumImportance limit tags budgetBytes
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
    SELECT range."timestamp", range.id
    FROM agents AS a
    CROSS JOIN LATERAL (
        SELECT (array_agg(w.tag ORDER BY rarity.entries, w.tag))[1] AS tag,
            (array_agg(w.tag ORDER BY rarity.entries, w.tag))[2:] AS others
        FROM unnest($8::text[]) AS w (tag)
        CROSS JOIN LATERAL (
            SELECT count(*) AS entries
            FROM (
                SELECT FROM brain_memory_tags AS m
                WHERE m.agent_id = a.agent_id AND m.tag = w.tag AND m.importance >= $6::int
                LIMIT 1024
            ) AS counted
        ) AS rarity
    ) AS t
    CROSS JOIN LATERAL (
        SELECT merged."timestamp", merged.id
        FROM (
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 10 >= $6::int
                 AND m.agent_id = a.agent_id
                 AND m.tag = t.tag
                 AND m.importance = 10
                 AND m."timestamp" >= $5::timestamptz
                 AND (m."timestamp", m.memory_id) < ($3::timestamptz, $4::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
            UNION ALL
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 9 >= $6::int
                 AND m.agent_id = a.agent_id
                 AND m.tag = t.tag
                 AND m.importance = 9
                 AND m."timestamp" >= $5::timestamptz
                 AND (m."timestamp", m.memory_id) < ($3::timestamptz, $4::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
            UNION ALL
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 8 >= $6::int
                 AND m.agent_id = a.agent_id
                 AND m.tag = t.tag
                 AND m.importance = 8
                 AND m."timestamp" >= $5::timestamptz
                 AND (m."timestamp", m.memory_id) < ($3::timestamptz, $4::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
            UNION ALL
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 7 >= $6::int
                 AND m.agent_id = a.agent_id
                 AND m.tag = t.tag
                 AND m.importance = 7
                 AND m."timestamp" >= $5::timestamptz
                 AND (m."timestamp", m.memory_id) < ($3::timestamptz, $4::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
            UNION ALL
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 6 >= $6::int
                 AND m.agent_id = a.agent_id
                 AND m.tag = t.tag
                 AND m.importance = 6
                 AND m."timestamp" >= $5::timestamptz
                 AND (m."timestamp", m.memory_id) < ($3::timestamptz, $4::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
            UNION ALL
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 5 >= $6::int
                 AND m.agent_id = a.agent_id
                 AND m.tag = t.tag
                 AND m.importance = 5
                 AND m."timestamp" >= $5::timestamptz
                 AND (m."timestamp", m.memory_id) < ($3::timestamptz, $4::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
            UNION ALL
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 4 >= $6::int
                 AND m.agent_id = a.agent_id
                 AND m.tag = t.tag
                 AND m.importance = 4
                 AND m."timestamp" >= $5::timestamptz
                 AND (m."timestamp", m.memory_id) < ($3::timestamptz, $4::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
            UNION ALL
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 3 >= $6::int
                 AND m.agent_id = a.agent_id
                 AND m.tag = t.tag
                 AND m.importance = 3
                 AND m."timestamp" >= $5::timestamptz
                 AND (m."timestamp", m.memory_id) < ($3::timestamptz, $4::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
            UNION ALL
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 2 >= $6::int
                 AND m.agent_id = a.agent_id
                 AND m.tag = t.tag
                 AND m.importance = 2
                 AND m."timestamp" >= $5::timestamptz
                 AND (m."timestamp", m.memory_id) < ($3::timestamptz, $4::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
            UNION ALL
            (SELECT m."timestamp", m.memory_id AS id
             FROM brain_memory_tags AS m
             WHERE 1 >= $6::int
                 AND m.agent_id = a.agent_id
                 AND m.tag = t.tag
                 AND m.importance = 1
                 AND m."timestamp" >= $5::timestamptz
                 AND (m."timestamp", m.memory_id) < ($3::timestamptz, $4::text)
                 AND m.expires_at > now()
             ORDER BY m."timestamp" DESC, m.memory_id DESC)
        ) AS merged
        WHERE NOT EXISTS (
            SELECT FROM unnest(t.others) AS w (tag)
            WHERE NOT EXISTS (
                SELECT FROM brain_memory_tags AS other WHERE other.memory_id = merged.id AND other.tag = w.tag
            )
        )
        ORDER BY "timestamp" DESC, id DESC LIMIT $7::bigint + 1
    ) AS range
    ORDER BY "timestamp" DESC, id DESC LIMIT $7::bigint + 1
),
sized AS (
    SELECT m.*, row_number() OVER page AS position, sum(m.size_bytes) OVER page AS running_bytes,
        count(*) OVER () AS candidate_count, min(m.expires_at) OVER () AS first_expiry
    FROM candidates AS c
    CROSS JOIN LATERAL (SELECT * FROM brain_memories AS m WHERE m.id = c.id LIMIT 1) AS m
    WINDOW page AS (ORDER BY c."timestamp" DESC, c.id DESC)
)
SELECT m.id, m.agent_id, m."timestamp", m.context, m.embeddings, m.tags, m.importance, m.expires_at, m.version,
    m.created_at, m.updated_at, m.candidate_count, m.first_expiry
FROM sized AS m
WHERE m.position <= $7::bigint
    AND (m.position = 1 OR m.running_bytes <= $9::bigint)
ORDER BY m.position;
