-- name: stored-totals
-- parameters: none
SELECT tag_count, refreshed_at, now(), xmin::text::bigint FROM brain_stats_refresh;

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

-- name: lock-sources
-- parameters: none
LOCK TABLE brain_memories, brain_memory_changes IN ACCESS SHARE MODE;

-- name: exact-situation
-- parameters: int8
SELECT r.refreshed_at, now(), b.refreshed_at IS NOT NULL, r.tag_count, r.xmin::text::bigint,
    pg_relation_size('brain_memory_changes'), pg_relation_size('brain_memories_time_idx'), (
        SELECT count(*)
        FROM (
            SELECT FROM brain_memories AS m
            WHERE m.expires_at > r.refreshed_at AND m.expires_at <= now() AND m.expires_at < 'infinity'
            LIMIT $1::bigint
        ) AS expired
    )
FROM brain_stats_refresh AS r
LEFT JOIN brain_stats_base AS b ON b.refreshed_at = r.refreshed_at;

-- name: changes-since-refresh
-- parameters: timestamptz
WITH moved AS MATERIALIZED (
    SELECT c.agent_id, c.tags, c.size_bytes, c.importance, c.sign::integer AS held,
        c.sign * (c.expires_at < $1::timestamptz + interval '24 hours')::integer AS soon
    FROM brain_memory_changes AS c
    WHERE c.expires_at > $1::timestamptz
    UNION ALL
    SELECT m.agent_id, m.tags, m.size_bytes, m.importance, -1,
        -(m.expires_at < $1::timestamptz + interval '24 hours')::integer
    FROM brain_memories AS m
    WHERE m.expires_at > $1::timestamptz AND m.expires_at <= now() AND m.expires_at < 'infinity'
),
tag_changes AS (
    SELECT '' AS agent_id, m.tag, sum(m.held) AS held
    FROM (SELECT agent_id, unnest(tags) AS tag, held FROM moved) AS m
    GROUP BY m.tag
    HAVING sum(m.held) <> 0
),
tags AS MATERIALIZED (
    SELECT c.agent_id, c.tag, coalesce(standing.memory_count, 0) AS count_then,
        coalesce(standing.memory_count, 0) + c.held AS count_now
    FROM tag_changes AS c
    LEFT JOIN LATERAL (
        SELECT t.memory_count FROM brain_memory_tag_stats AS t
        WHERE t.agent_id = c.agent_id AND t.tag = c.tag
        LIMIT 1
    ) AS standing ON true
)
SELECT m.agent_id, sum(m.held)::bigint
FROM moved AS m
GROUP BY m.agent_id
HAVING sum(m.held) <> 0
UNION ALL
SELECT '', CASE WHEN coalesce(min(t.count_now), 0) >= 0
    THEN coalesce(sum((t.count_now > 0)::integer - (t.count_then > 0)::integer), 0)::bigint END
FROM tags AS t;

-- name: refresh-situation
-- parameters: none
SELECT r.refreshed_at, now(), b.refreshed_at IS NOT NULL, pg_relation_size('brain_memory_changes')
FROM brain_stats_refresh AS r
LEFT JOIN brain_stats_base AS b ON b.refreshed_at = r.refreshed_at;

-- name: refresh-incrementally
-- parameters: timestamptz
WITH consumed AS (
    DELETE FROM brain_memory_changes AS c RETURNING c.*
),
moved AS MATERIALIZED (
    SELECT c.agent_id, c.tags, c.size_bytes, c.importance, c.sign::integer AS held,
        c.sign * (c.expires_at < $1::timestamptz + interval '24 hours')::integer AS soon
    FROM consumed AS c
    WHERE c.expires_at > $1::timestamptz
    UNION ALL
    SELECT m.agent_id, m.tags, m.size_bytes, m.importance, -1,
        -(m.expires_at < $1::timestamptz + interval '24 hours')::integer
    FROM brain_memories AS m
    WHERE m.expires_at > $1::timestamptz AND m.expires_at <= now() AND m.expires_at < 'infinity'
    UNION ALL
    SELECT m.agent_id, '{}', m.size_bytes, m.importance, 0, 1
    FROM brain_memories AS m
    WHERE m.expires_at >= greatest($1::timestamptz + interval '24 hours', now() + interval '1 microsecond')
        AND m.expires_at < now() + interval '24 hours' AND m.expires_at < 'infinity'
),
tag_changes AS (
    SELECT coalesce(m.agent_id, '') AS agent_id, m.tag, sum(m.held) AS held
    FROM (SELECT agent_id, unnest(tags) AS tag, held FROM moved) AS m
    GROUP BY GROUPING SETS ((m.agent_id, m.tag), (m.tag))
    HAVING sum(m.held) <> 0
),
tags AS MATERIALIZED (
    SELECT c.agent_id, c.tag, coalesce(standing.memory_count, 0) AS count_then,
        coalesce(standing.memory_count, 0) + c.held AS count_now
    FROM tag_changes AS c
    LEFT JOIN LATERAL (
        SELECT t.memory_count FROM brain_memory_tag_stats AS t
        WHERE t.agent_id = c.agent_id AND t.tag = c.tag
        LIMIT 1
    ) AS standing ON true
),
sums AS MATERIALIZED (
    SELECT part.agent_id, sum(part.held) AS memory_count, sum(part.size_bytes) AS size_bytes,
        sum(part.importance) AS importance_sum, sum(part.soon) AS expiring_within_day,
        sum(part.tags) AS tag_count
    FROM (
        SELECT m.agent_id, m.held, m.held::bigint * m.size_bytes AS size_bytes, m.held * m.importance AS importance,
            m.soon, 0 AS tags
        FROM moved AS m
        UNION ALL
        SELECT t.agent_id, 0, 0, 0, 0, (t.count_now > 0)::integer - (t.count_then > 0)::integer
        FROM tags AS t
    ) AS part
    GROUP BY part.agent_id
),
agents AS MATERIALIZED (
    SELECT c.agent_id, (coalesce(s.memory_count, 0) + c.memory_count)::bigint AS memory_count,
        (coalesce(s.size_bytes, 0) + c.size_bytes)::bigint AS size_bytes,
        (coalesce(s.tag_count, 0) + c.tag_count)::bigint AS tag_count,
        (coalesce(s.expiring_within_day, 0) + c.expiring_within_day)::bigint AS expiring_within_day,
        (coalesce(s.importance_sum, 0) + c.importance_sum)::bigint AS importance_sum
    FROM sums AS c
    LEFT JOIN LATERAL (
        SELECT * FROM brain_memory_stats AS s WHERE s.agent_id = c.agent_id LIMIT 1
    ) AS s ON true
    WHERE c.agent_id <> ''
),
tags_written AS (
    INSERT INTO brain_memory_tag_stats (agent_id, tag, memory_count)
    SELECT agent_id, tag, count_now FROM tags WHERE count_now <> 0
    ON CONFLICT (agent_id, tag) DO UPDATE SET memory_count = excluded.memory_count
),
tags_gone AS (
    DELETE FROM brain_memory_tag_stats AS t USING tags
    WHERE t.agent_id = tags.agent_id AND t.tag = tags.tag AND tags.count_now = 0
),
agents_written AS (
    INSERT INTO brain_memory_stats AS s (agent_id, memory_count, size_bytes, tag_count, expiring_within_day, importance_sum, mean_importance, oldest,
    newest, refreshed_at)
    SELECT a.agent_id, a.memory_count, a.size_bytes, a.tag_count, a.expiring_within_day, a.importance_sum,
        (a.importance_sum::double precision / a.memory_count)::real, oldest."timestamp", newest."timestamp", now()
    FROM agents AS a
    LEFT JOIN LATERAL (
        SELECT m."timestamp" FROM brain_memories AS m
        WHERE m.agent_id = a.agent_id AND m.id <> '' AND m.expires_at > now()
        ORDER BY m."timestamp" ASC, m.id ASC
        LIMIT 1
    ) AS oldest ON true
    LEFT JOIN LATERAL (
        SELECT m."timestamp" FROM brain_memories AS m
        WHERE m.agent_id = a.agent_id AND m.id <> '' AND m.expires_at > now()
        ORDER BY m."timestamp" DESC, m.id DESC
        LIMIT 1
    ) AS newest ON true
    WHERE a.memory_count <> 0
    ON CONFLICT (agent_id) DO UPDATE SET
        memory_count = excluded.memory_count,
        size_bytes = excluded.size_bytes,
        tag_count = excluded.tag_count,
        expiring_within_day = excluded.expiring_within_day,
        importance_sum = excluded.importance_sum,
        mean_importance = excluded.mean_importance,
        oldest = excluded.oldest,
        newest = excluded.newest,
        refreshed_at = excluded.refreshed_at
),
agents_gone AS (
    DELETE FROM brain_memory_stats AS s USING agents
    WHERE s.agent_id = agents.agent_id AND agents.memory_count = 0
),
based AS (
    UPDATE brain_stats_base SET refreshed_at = now()
)
UPDATE brain_stats_refresh AS r SET
    refreshed_at = now(),
    tag_count = r.tag_count + coalesce((SELECT sums.tag_count FROM sums WHERE sums.agent_id = ''), 0)
RETURNING (SELECT count(*) FROM consumed), (SELECT count(*) FROM agents), r.refreshed_at;

-- name: forget-changes
-- parameters: none
DELETE FROM brain_memory_changes;

-- name: forget-tag-statistics
-- parameters: none
DELETE FROM brain_memory_tag_stats;

-- name: count-tags
-- parameters: none
WITH by_agent AS MATERIALIZED (
    SELECT m.agent_id, m.tag, count(*) AS memory_count
    FROM brain_memory_tags AS m
    WHERE m.expires_at > now()
    GROUP BY m.agent_id, m.tag
)
INSERT INTO brain_memory_tag_stats (agent_id, tag, memory_count)
SELECT agent_id, tag, memory_count FROM by_agent
UNION ALL
SELECT '', tag, sum(memory_count)::bigint FROM by_agent GROUP BY tag;

-- name: refresh-fully
-- parameters: none
WITH held AS MATERIALIZED (
    SELECT m.agent_id, count(*) AS memory_count, sum(m.size_bytes)::bigint AS size_bytes,
        count(*) FILTER (WHERE m.expires_at < now() + interval '24 hours') AS expiring_within_day,
        sum(m.importance)::bigint AS importance_sum, min(m."timestamp") AS oldest,
        max(m."timestamp") AS newest
    FROM brain_memories AS m
    WHERE m.expires_at > now()
    GROUP BY m.agent_id
),
tags AS (
    SELECT t.agent_id, count(*) AS tag_count FROM brain_memory_tag_stats AS t GROUP BY t.agent_id
),
written AS (
    INSERT INTO brain_memory_stats AS s (agent_id, memory_count, size_bytes, tag_count, expiring_within_day, importance_sum, mean_importance, oldest,
    newest, refreshed_at)
    SELECT held.agent_id, held.memory_count, held.size_bytes, coalesce(tags.tag_count, 0),
        held.expiring_within_day, held.importance_sum, (held.importance_sum::double precision / held.memory_count)::real, held.oldest,
        held.newest, now()
    FROM held
    LEFT JOIN tags ON tags.agent_id = held.agent_id
    ON CONFLICT (agent_id) DO UPDATE SET
        memory_count = excluded.memory_count,
        size_bytes = excluded.size_bytes,
        tag_count = excluded.tag_count,
        expiring_within_day = excluded.expiring_within_day,
        importance_sum = excluded.importance_sum,
        mean_importance = excluded.mean_importance,
        oldest = excluded.oldest,
        newest = excluded.newest,
        refreshed_at = excluded.refreshed_at
),
vanished AS (
    DELETE FROM brain_memory_stats AS s WHERE NOT EXISTS (SELECT FROM held WHERE held.agent_id = s.agent_id)
),
based AS (
    INSERT INTO brain_stats_base (refreshed_at) VALUES (now())
    ON CONFLICT (only_row) DO UPDATE SET refreshed_at = excluded.refreshed_at
)
UPDATE brain_stats_refresh SET
    refreshed_at = now(),
    tag_count = coalesce((SELECT tag_count FROM tags WHERE agent_id = ''), 0)
RETURNING (SELECT count(*) FROM held), refreshed_at;

-- name: changes-size
-- parameters: none
SELECT pg_relation_size('brain_memory_changes');
