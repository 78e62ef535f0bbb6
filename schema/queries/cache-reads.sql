-- name: add-cache-reads
-- parameters: int8 int8
UPDATE brain_stats_refresh SET cache_hits = cache_hits + $1::bigint, cache_misses = cache_misses + $2::bigint;

-- name: add-cache-history
-- parameters: int8 int8
INSERT INTO brain_cache_history AS h (bucket, hits, misses)
VALUES (date_trunc('minute', now()), $1::bigint, $2::bigint)
ON CONFLICT (bucket) DO UPDATE SET hits = h.hits + excluded.hits, misses = h.misses + excluded.misses;

-- name: add-agent-cache-reads
-- parameters: textArray int8Array int8Array
UPDATE brain_memory_stats AS s SET
    cache_hits = s.cache_hits + d.hits,
    cache_misses = s.cache_misses + d.misses
FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS d (agent_id, hits, misses)
WHERE s.agent_id = d.agent_id
RETURNING s.agent_id;

-- name: prune-cache-history
-- parameters: none
DELETE FROM brain_cache_history WHERE bucket < now() - interval '31 days';

-- name: cache-history
-- parameters: timestamptz int8
SELECT date_bin($2::bigint * interval '1 second', h.bucket, '1970-01-01Z'::timestamptz) AS start,
    sum(h.hits)::bigint, sum(h.misses)::bigint
FROM brain_cache_history AS h
WHERE h.bucket >= $1::timestamptz
GROUP BY start
ORDER BY start;

-- name: write-count
-- parameters: none
SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::bigint
FROM pg_stat_user_tables
WHERE relid = 'brain_memories'::regclass;
