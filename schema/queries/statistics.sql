-- name: stored-totals
-- parameters: none
SELECT tag_count, refreshed_at, now() FROM brain_stats_refresh;

-- name: stored-statistics
-- parameters: bool textArray textArray
SELECT m.agent_id, m.memory_count, m.tag_count
FROM brain_memory_stats AS m
WHERE ($1::boolean OR m.agent_id = ANY ($2::text[]) OR m.agent_id ^@ ANY ($3::text[]));

-- name: tag-count-of-everyone
-- parameters: none
WITH RECURSIVE found AS (
    (SELECT m.tag FROM brain_memory_tags AS m WHERE m.agent_id <> '' AND m.expires_at > now() ORDER BY m.tag LIMIT 1)
    UNION ALL
    SELECT next.tag
    FROM found
    CROSS JOIN LATERAL (
        SELECT m.tag FROM brain_memory_tags AS m
        WHERE m.tag > found.tag AND m.agent_id <> '' AND m.expires_at > now()
        ORDER BY m.tag LIMIT 1
    ) AS next
)
SELECT count(*), now() FROM found;

-- name: tag-count-of-agents
-- parameters: textArray
WITH RECURSIVE found AS (
    SELECT a.agent_id, first.tag
    FROM unnest($1::text[]) AS a (agent_id)
    CROSS JOIN LATERAL (
        SELECT m.tag FROM brain_memory_tags AS m
        WHERE m.agent_id = a.agent_id AND m.expires_at > now()
        ORDER BY m.tag LIMIT 1
    ) AS first
    UNION ALL
    SELECT found.agent_id, next.tag
    FROM found
    CROSS JOIN LATERAL (
        SELECT m.tag FROM brain_memory_tags AS m
        WHERE m.agent_id = found.agent_id AND m.tag > found.tag AND m.expires_at > now()
        ORDER BY m.tag LIMIT 1
    ) AS next
)
SELECT count(DISTINCT tag), now() FROM found;

-- name: tag-count-by-agent
-- parameters: none
SELECT carried.agent_id, count(*)
FROM (
    SELECT m.agent_id, m.tag FROM brain_memory_tags AS m WHERE m.expires_at > now() GROUP BY m.agent_id, m.tag
) AS carried
GROUP BY carried.agent_id;

-- name: lock-statistics
-- parameters: none
SELECT refreshed_at, now() FROM brain_stats_refresh FOR UPDATE;

-- name: refresh-statistics
-- parameters: textArray int8Array int8
WITH held AS MATERIALIZED (
    SELECT m.agent_id, count(*) AS memory_count, sum(m.size_bytes) AS size_bytes,
        count(*) FILTER (WHERE m.expires_at < now() + interval '1 day') AS expiring_within_day,
        avg(m.importance) AS mean_importance, min(m."timestamp") AS oldest, max(m."timestamp") AS newest
    FROM brain_memories AS m
    WHERE m.expires_at > now()
    GROUP BY m.agent_id
),
written AS (
    INSERT INTO brain_memory_stats AS s
        (agent_id, memory_count, size_bytes, tag_count, expiring_within_day, mean_importance, oldest, newest,
        refreshed_at)
    SELECT held.agent_id, held.memory_count, held.size_bytes, coalesce(tags.tag_count, 0),
        held.expiring_within_day, held.mean_importance, held.oldest, held.newest, now()
    FROM held
    LEFT JOIN unnest($1::text[], $2::bigint[]) AS tags (agent_id, tag_count) ON tags.agent_id = held.agent_id
    ON CONFLICT (agent_id) DO UPDATE SET
        memory_count = excluded.memory_count,
        size_bytes = excluded.size_bytes,
        tag_count = excluded.tag_count,
        expiring_within_day = excluded.expiring_within_day,
        mean_importance = excluded.mean_importance,
        oldest = excluded.oldest,
        newest = excluded.newest,
        refreshed_at = excluded.refreshed_at
),
vanished AS (
    DELETE FROM brain_memory_stats AS s WHERE NOT EXISTS (SELECT FROM held WHERE held.agent_id = s.agent_id)
)
UPDATE brain_stats_refresh SET refreshed_at = now(), tag_count = $3::bigint
RETURNING refreshed_at;
