-- name: memory-by-id
-- parameters: text bool textArray textArray
SELECT m.id, m.agent_id, m."timestamp", m.context, m.embeddings, m.tags, m.importance, m.expires_at, m.version,
    m.created_at, m.updated_at
FROM brain_memories AS m
WHERE m.id = $1::text
    AND m.expires_at > now()
    AND ($2::boolean OR m.agent_id = ANY ($3::text[]) OR m.agent_id ^@ ANY ($4::text[]));

-- name: memories-by-id
-- parameters: textArray bool textArray textArray int8
WITH sized AS (
    SELECT m.*, w.position, row_number() OVER asked AS ordinal, sum(m.size_bytes) OVER asked AS running_bytes,
        count(*) OVER () AS found_count
    FROM unnest($1::text[]) WITH ORDINALITY AS w (id, position)
    CROSS JOIN LATERAL (
        SELECT * FROM brain_memories AS m
        WHERE m.id = w.id
            AND m.expires_at > now()
            AND ($2::boolean OR m.agent_id = ANY ($3::text[]) OR m.agent_id ^@ ANY ($4::text[]))
        LIMIT 1
    ) AS m
    WINDOW asked AS (ORDER BY w.position)
)
SELECT m.id, m.agent_id, m."timestamp", m.context, m.embeddings, m.tags, m.importance, m.expires_at, m.version,
    m.created_at, m.updated_at, m.position, m.found_count
FROM sized AS m
WHERE m.ordinal = 1 OR m.running_bytes <= $5::bigint
ORDER BY m.position;

-- name: standing
-- parameters: textArray bool textArray textArray
SELECT m.version, ($2::boolean OR m.agent_id = ANY ($3::text[]) OR m.agent_id ^@ ANY ($4::text[])) AS is_in_scope
FROM unnest($1::text[]) AS w (id)
CROSS JOIN LATERAL (
    SELECT * FROM brain_memories AS m WHERE m.id = w.id AND m.expires_at > now() LIMIT 1
) AS m;

-- name: store
-- parameters: textArray textArray timestamptzArray jsonbArray textArray int2Array timestamptzArray int4Array int4Array float4Array bool textArray textArray bool
INSERT INTO brain_memories AS m
    (id, agent_id, "timestamp", context, embeddings, tags, importance, expires_at)
SELECT d.id, d.agent_id, d."timestamp", d.context, ($10::real[])[d.first_number:d.last_number], d.tags::text[],
    d.importance, d.expires_at
FROM unnest(
    $1::text[], $2::text[], $3::timestamptz[], $4::jsonb[], $5::text[], $6::smallint[], $7::timestamptz[],
    $8::integer[], $9::integer[]
) AS d (id, agent_id, "timestamp", context, tags, importance, expires_at, first_number, last_number)
ORDER BY d.id COLLATE "C"
ON CONFLICT (id) DO UPDATE SET
    agent_id = excluded.agent_id,
    "timestamp" = excluded."timestamp",
    context = excluded.context,
    embeddings = excluded.embeddings,
    tags = excluded.tags,
    importance = excluded.importance,
    expires_at = excluded.expires_at,
    version = CASE WHEN m.expires_at > now() THEN m.version + 1 ELSE 1 END,
    created_at = CASE WHEN m.expires_at > now() THEN m.created_at ELSE now() END
WHERE m.expires_at <= now() OR ($11::boolean OR m.agent_id = ANY ($12::text[]) OR m.agent_id ^@ ANY ($13::text[]))
RETURNING m.id, m.version, m.replaced_agent_id, m.replaced_tags, m.created_at, m.updated_at,
    CASE WHEN $14::boolean THEN m.context END;

-- name: store-group
-- parameters: textArray textArray timestamptzArray jsonbArray textArray int2Array timestamptzArray int4Array int4Array float4Array bool textArray textArray bool text
INSERT INTO brain_memories AS m
    (id, agent_id, "timestamp", context, embeddings, tags, importance, expires_at)
SELECT d.id, d.agent_id, d."timestamp", d.context, ($10::real[])[d.first_number:d.last_number], d.tags::text[],
    d.importance, d.expires_at
FROM unnest(
    $1::text[], $2::text[], $3::timestamptz[], $4::jsonb[], $5::text[], $6::smallint[], $7::timestamptz[],
    $8::integer[], $9::integer[]
) AS d (id, agent_id, "timestamp", context, tags, importance, expires_at, first_number, last_number),
    (SELECT set_config('lock_timeout', $15::text, true)) AS patience
ORDER BY d.id COLLATE "C"
ON CONFLICT (id) DO UPDATE SET
    agent_id = excluded.agent_id,
    "timestamp" = excluded."timestamp",
    context = excluded.context,
    embeddings = excluded.embeddings,
    tags = excluded.tags,
    importance = excluded.importance,
    expires_at = excluded.expires_at,
    version = CASE WHEN m.expires_at > now() THEN m.version + 1 ELSE 1 END,
    created_at = CASE WHEN m.expires_at > now() THEN m.created_at ELSE now() END
WHERE m.expires_at <= now() OR ($11::boolean OR m.agent_id = ANY ($12::text[]) OR m.agent_id ^@ ANY ($13::text[]))
RETURNING m.id, m.version, m.replaced_agent_id, m.replaced_tags, m.created_at, m.updated_at,
    CASE WHEN $14::boolean THEN m.context END;

-- name: store-one
-- parameters: text text timestamptz jsonb float4Array textArray int2 timestamptz bool textArray textArray bool text
INSERT INTO brain_memories AS m
    (id, agent_id, "timestamp", context, embeddings, tags, importance, expires_at)
SELECT $1::text, $2::text, $3::timestamptz, $4::jsonb, $5::real[], $6::text[], $7::smallint, $8::timestamptz
FROM (SELECT set_config('lock_timeout', $13::text, true)) AS patience
ON CONFLICT (id) DO UPDATE SET
    agent_id = excluded.agent_id,
    "timestamp" = excluded."timestamp",
    context = excluded.context,
    embeddings = excluded.embeddings,
    tags = excluded.tags,
    importance = excluded.importance,
    expires_at = excluded.expires_at,
    version = CASE WHEN m.expires_at > now() THEN m.version + 1 ELSE 1 END,
    created_at = CASE WHEN m.expires_at > now() THEN m.created_at ELSE now() END
WHERE m.expires_at <= now() OR ($9::boolean OR m.agent_id = ANY ($10::text[]) OR m.agent_id ^@ ANY ($11::text[]))
RETURNING m.id, m.version, m.replaced_agent_id, m.replaced_tags, m.created_at, m.updated_at,
    CASE WHEN $12::boolean THEN m.context END;

-- name: store-new
-- parameters: textArray textArray timestamptzArray jsonbArray textArray int2Array timestamptzArray int4Array int4Array float4Array bool
INSERT INTO brain_memories AS m
    (id, agent_id, "timestamp", context, embeddings, tags, importance, expires_at)
SELECT d.id, d.agent_id, d."timestamp", d.context, ($10::real[])[d.first_number:d.last_number], d.tags::text[],
    d.importance, d.expires_at
FROM unnest(
    $1::text[], $2::text[], $3::timestamptz[], $4::jsonb[], $5::text[], $6::smallint[], $7::timestamptz[],
    $8::integer[], $9::integer[]
) AS d (id, agent_id, "timestamp", context, tags, importance, expires_at, first_number, last_number)
ORDER BY d.id COLLATE "C"
ON CONFLICT (id) DO UPDATE SET
    agent_id = excluded.agent_id,
    "timestamp" = excluded."timestamp",
    context = excluded.context,
    embeddings = excluded.embeddings,
    tags = excluded.tags,
    importance = excluded.importance,
    expires_at = excluded.expires_at,
    version = CASE WHEN m.expires_at > now() THEN m.version + 1 ELSE 1 END,
    created_at = CASE WHEN m.expires_at > now() THEN m.created_at ELSE now() END
WHERE m.expires_at <= now()
RETURNING m.id, m.version, m.replaced_agent_id, m.replaced_tags, m.created_at, m.updated_at,
    CASE WHEN $11::boolean THEN m.context END;

-- name: store-version
-- parameters: textArray textArray timestamptzArray jsonbArray textArray int2Array timestamptzArray int4Array int4Array float4Array bool textArray textArray int8 bool
UPDATE brain_memories AS m SET
    agent_id = d.agent_id,
    "timestamp" = d."timestamp",
    context = d.context,
    embeddings = ($10::real[])[d.first_number:d.last_number],
    tags = d.tags::text[],
    importance = d.importance,
    expires_at = d.expires_at,
    version = m.version + 1
FROM unnest(
    $1::text[], $2::text[], $3::timestamptz[], $4::jsonb[], $5::text[], $6::smallint[], $7::timestamptz[],
    $8::integer[], $9::integer[]
) AS d (id, agent_id, "timestamp", context, tags, importance, expires_at, first_number, last_number)
WHERE m.id = d.id
    AND m.version = $14::bigint
    AND m.expires_at > now()
    AND ($11::boolean OR m.agent_id = ANY ($12::text[]) OR m.agent_id ^@ ANY ($13::text[]))
RETURNING m.id, m.version, m.replaced_agent_id, m.replaced_tags, m.created_at, m.updated_at,
    CASE WHEN $15::boolean THEN m.context END;

-- name: delete
-- parameters: text bool textArray textArray int8
DELETE FROM brain_memories AS m
WHERE m.id = $1::text
    AND m.expires_at > now()
    AND ($2::boolean OR m.agent_id = ANY ($3::text[]) OR m.agent_id ^@ ANY ($4::text[]))
    AND ($5::bigint IS NULL OR m.version = $5::bigint)
RETURNING m.agent_id, m.tags;

-- name: delete-expired
-- parameters: int8
WITH expired AS MATERIALIZED (
    SELECT m.id
    FROM brain_memories AS m
    WHERE m.expires_at <= now() AND m.expires_at < 'infinity'
    ORDER BY m.expires_at
    LIMIT $1::bigint
    FOR UPDATE SKIP LOCKED
)
DELETE FROM brain_memories AS m USING expired WHERE m.id = expired.id;

-- name: clear-everyone
-- parameters: none
WITH doomed AS MATERIALIZED (
    SELECT m.id
    FROM brain_memories AS m
    ORDER BY m.id
    FOR UPDATE OF m
),
gone AS (
    DELETE FROM brain_memories AS m USING doomed
    WHERE m.id = doomed.id
    RETURNING m.expires_at > now() AS was_live
)
SELECT count(*) FILTER (WHERE was_live) FROM gone;

-- name: clear-ranges
-- parameters: textArray textArray
WITH doomed AS MATERIALIZED (
    SELECT m.id
    FROM unnest($1::text[], $2::text[]) AS span (low, upper)
    JOIN brain_memories AS m ON m.agent_id >= span.low AND m.agent_id < span.upper AND m.id <> ''
    ORDER BY m.id
    FOR UPDATE OF m
),
gone AS (
    DELETE FROM brain_memories AS m USING doomed
    WHERE m.id = doomed.id
    RETURNING m.expires_at > now() AS was_live
)
SELECT count(*) FILTER (WHERE was_live) FROM gone;
