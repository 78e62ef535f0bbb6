-- name: register-workers
-- parameters: textArray textArray timestamptzArray
INSERT INTO brain_workers AS w (name, schedule, next_run_at)
SELECT d.name, d.schedule, d.next_run_at
FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS d (name, schedule, next_run_at)
ORDER BY d.name COLLATE "C"
ON CONFLICT (name) DO UPDATE SET schedule = excluded.schedule, next_run_at = excluded.next_run_at
WHERE w.schedule <> excluded.schedule;

-- name: workers
-- parameters: text
SELECT w.name, w.schedule, w.next_run_at, w.holder, w.lease_until, w.started_at, w.finished_at, w.last_success,
    w.last_detail, (extract(epoch FROM w.last_duration) * 1000000)::bigint, w.successes, w.failures, now()
FROM brain_workers AS w
WHERE $1::text IS NULL OR w.name = $1::text
ORDER BY w.name;

-- name: claim-worker
-- parameters: text text int8 timestamptz bool text
WITH claimed AS (
    UPDATE brain_workers AS w SET
        token = w.token + 1,
        holder = $2::text,
        lease_until = now() + $3::bigint * interval '1 microsecond',
        started_at = now(),
        taken_over_from = w.holder,
        next_run_at = $4::timestamptz,
        failures = w.failures + (w.holder IS NOT NULL)::integer,
        finished_at = CASE WHEN w.holder IS NULL THEN w.finished_at ELSE now() END,
        last_success = CASE WHEN w.holder IS NULL THEN w.last_success ELSE false END,
        last_detail = CASE
            WHEN w.holder IS NULL THEN w.last_detail
            ELSE format('%s did not end it; its lease was until %s', w.holder, w.lease_until)
        END,
        last_duration = CASE WHEN w.holder IS NULL THEN w.last_duration ELSE now() - w.started_at END
    WHERE w.name = $1::text
        AND CASE
            WHEN w.holder IS NULL THEN $5::boolean OR w.next_run_at <= now()
            ELSE w.lease_until <= now() OR w.holder = $6::text
        END
    RETURNING w.token, w.started_at, w.taken_over_from IS NOT NULL AS is_taken_over, w.last_detail
),
lapsed AS (
    UPDATE brain_worker_runs AS r SET finished_at = now(), success = false, detail = claimed.last_detail
    FROM claimed
    WHERE r.name = $1::text AND r.token = claimed.token - 1 AND claimed.is_taken_over
),
begun AS (
    INSERT INTO brain_worker_runs (name, token, holder, started_at)
    SELECT $1::text, claimed.token, $2::text, claimed.started_at FROM claimed
)
SELECT token, started_at, is_taken_over FROM claimed;

-- name: renew-worker
-- parameters: text int8 int8
UPDATE brain_workers SET lease_until = now() + $3::bigint * interval '1 microsecond'
WHERE name = $1::text AND token = $2::bigint AND holder IS NOT NULL;

-- name: finish-worker
-- parameters: text int8 bool text int8 timestamptz
WITH ended AS (
    UPDATE brain_workers AS w SET
        holder = NULL,
        lease_until = NULL,
        next_run_at = least(w.next_run_at, $6::timestamptz),
        finished_at = now(),
        last_success = $3::boolean,
        last_detail = left($4::text, 2000),
        last_duration = $5::bigint * interval '1 microsecond',
        successes = w.successes + $3::boolean::integer,
        failures = w.failures + (NOT $3::boolean)::integer
    WHERE w.name = $1::text AND w.token = $2::bigint AND w.holder IS NOT NULL
    RETURNING w.name, w.token, w.last_detail
),
noted AS (
    UPDATE brain_worker_runs AS r SET finished_at = now(), success = $3::boolean, detail = ended.last_detail
    FROM ended
    WHERE r.name = ended.name AND r.token = ended.token
),
old AS MATERIALIZED (
    SELECT r.name, r.token
    FROM (
        SELECT * FROM brain_worker_runs AS r
        WHERE r.name = $1::text AND r.token < $2::bigint
        ORDER BY r.token
        LIMIT 16
    ) AS r
    WHERE r.token <= $2::bigint - 1000 OR r.started_at < now() - interval '30 days'
),
pruned AS (
    DELETE FROM brain_worker_runs AS r USING old, ended WHERE r.name = old.name AND r.token = old.token
)
SELECT count(*) = 1 FROM ended;

-- name: worker-runs
-- parameters: text int8
SELECT r.token, r.holder, r.started_at, r.finished_at, r.success, r.detail
FROM brain_worker_runs AS r
WHERE r.name = $1::text
ORDER BY r.token DESC
LIMIT $2::bigint;
