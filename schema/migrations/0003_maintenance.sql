-- 0003: statistics that follow what changes, and what daemons on one database agree on: who runs which worker, and how
-- well their caches did.
--
-- A refresh of brain_memory_stats used to read every memory. Now the triggers that see each write note what it added and
-- took away in brain_memory_changes, and a refresh adds that up. The note is part of the write: if it fails, so does the
-- write, so that statistics can't drift. What a refresh builds on is unlogged, since it can be made anew from memories: a
-- crash of PostgreSQL empties all of it together, brain_stats_base included, and without that a refresh is a full one.

ALTER TABLE brain_memory_stats ADD COLUMN importance_sum bigint NOT NULL DEFAULT 0;
-- Near enough until the next refresh, which is a full one.
UPDATE brain_memory_stats SET importance_sum = round(mean_importance * memory_count);
ALTER TABLE brain_memory_stats ADD CONSTRAINT brain_memory_stats_importance_sum_check CHECK (importance_sum >= 0);
COMMENT ON COLUMN brain_memory_stats.importance_sum IS 'Sum of their importance.';
COMMENT ON COLUMN brain_memory_stats.refreshed_at IS 'When this row was last brought up to date; older than the last'
    ' refresh when nothing of the agent''s had changed.';

CREATE UNLOGGED TABLE brain_memory_changes (
    sign smallint NOT NULL,
    importance smallint NOT NULL,
    size_bytes integer NOT NULL,
    expires_at timestamptz NOT NULL,
    agent_id text COLLATE "C" NOT NULL,
    tags text[] COLLATE "C" NOT NULL
)
WITH (
    -- Read whole by each refresh, so its dead rows should go soon.
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 500
);
COMMENT ON TABLE brain_memory_changes IS
    'What was added to brain_memories (1) and taken away (-1) since the last refresh of statistics, which empties it.'
    ' Triggers write it; without an index, since it is only ever read whole. Unlogged: see brain_stats_base.';
COMMENT ON COLUMN brain_memory_changes.sign IS '1: a memory like this was added; -1: it was taken away.';
COMMENT ON COLUMN brain_memory_changes.importance IS 'The memory''s importance.';
COMMENT ON COLUMN brain_memory_changes.size_bytes IS 'The memory''s size_bytes.';
COMMENT ON COLUMN brain_memory_changes.expires_at IS 'The memory''s expires_at.';
COMMENT ON COLUMN brain_memory_changes.agent_id IS 'The memory''s agent_id.';
COMMENT ON COLUMN brain_memory_changes.tags IS 'The memory''s tags.';

CREATE UNLOGGED TABLE brain_memory_tag_stats (
    agent_id text COLLATE "C" NOT NULL,
    tag text COLLATE "C" NOT NULL,
    memory_count bigint NOT NULL,
    CONSTRAINT brain_memory_tag_stats_pkey PRIMARY KEY (agent_id, tag),
    CONSTRAINT brain_memory_tag_stats_memory_count_check CHECK (memory_count > 0)
);
COMMENT ON TABLE brain_memory_tag_stats IS
    'How many unexpired memories have a tag, as of the last refresh: what distinct tags are counted by. Unlogged: see'
    ' brain_stats_base.';
COMMENT ON COLUMN brain_memory_tag_stats.agent_id IS 'The agent; empty for all agents together.';
COMMENT ON COLUMN brain_memory_tag_stats.tag IS 'The tag.';
COMMENT ON COLUMN brain_memory_tag_stats.memory_count IS 'Unexpired memories of the agent that have the tag.';

CREATE UNLOGGED TABLE brain_stats_base (
    only_row boolean NOT NULL DEFAULT true,
    refreshed_at timestamptz NOT NULL,
    CONSTRAINT brain_stats_base_pkey PRIMARY KEY (only_row),
    CONSTRAINT brain_stats_base_only_row_check CHECK (only_row)
);
COMMENT ON TABLE brain_stats_base IS
    'The refresh that brain_memory_changes and brain_memory_tag_stats continue. The three are unlogged, so a crash of'
    ' PostgreSQL, or a restored base backup, empties them together. Without a row here, or with another instant than'
    ' brain_stats_refresh has, the next refresh reads all memories.';
COMMENT ON COLUMN brain_stats_base.only_row IS 'Always true: there is one row at most.';
COMMENT ON COLUMN brain_stats_base.refreshed_at IS 'When that refresh was.';

CREATE OR REPLACE FUNCTION brain_tags_of_new_memories() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path FROM CURRENT
AS $$
BEGIN
    -- One statement, since each has its cost.
    WITH logged AS (
        INSERT INTO brain_memory_changes (sign, importance, size_bytes, expires_at, agent_id, tags)
        SELECT 1, fresh.importance, fresh.size_bytes, fresh.expires_at, fresh.agent_id, fresh.tags FROM fresh
    )
    INSERT INTO brain_memory_tags (memory_id, tag, agent_id, "timestamp", expires_at, importance)
    SELECT fresh.id, element.tag, fresh.agent_id, fresh."timestamp", fresh.expires_at, fresh.importance
    FROM fresh CROSS JOIN LATERAL unnest(fresh.tags) AS element (tag);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION brain_tags_of_new_memories() IS
    'Writes the brain_memory_tags rows of inserted memories, and notes the change for statistics.';

CREATE OR REPLACE FUNCTION brain_tags_of_changed_memories() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path FROM CURRENT
    SET enable_seqscan = off
    SET enable_hashjoin = off
    SET enable_mergejoin = off
AS $$
BEGIN
    -- INSERT … ON CONFLICT comes here also when it updated nothing.
    IF NOT EXISTS (SELECT FROM fresh) THEN
        RETURN NULL;
    END IF;

    WITH logged AS (
        INSERT INTO brain_memory_changes (sign, importance, size_bytes, expires_at, agent_id, tags)
        SELECT -1, stale.importance, stale.size_bytes, stale.expires_at, stale.agent_id, stale.tags FROM stale
        UNION ALL
        SELECT 1, fresh.importance, fresh.size_bytes, fresh.expires_at, fresh.agent_id, fresh.tags FROM fresh
    )
    DELETE FROM brain_memory_tags AS carried
    USING fresh
    WHERE carried.memory_id = fresh.id AND carried.tag <> ALL (fresh.tags);

    INSERT INTO brain_memory_tags (memory_id, tag, agent_id, "timestamp", expires_at, importance)
    SELECT fresh.id, element.tag, fresh.agent_id, fresh."timestamp", fresh.expires_at, fresh.importance
    FROM fresh CROSS JOIN LATERAL unnest(fresh.tags) AS element (tag)
    WHERE NOT EXISTS (
        SELECT FROM brain_memory_tags AS same
        WHERE same.memory_id = fresh.id AND same.tag = element.tag
            AND same.agent_id = fresh.agent_id AND same."timestamp" = fresh."timestamp"
            AND same.expires_at = fresh.expires_at AND same.importance = fresh.importance
    )
    ON CONFLICT (memory_id, tag) DO UPDATE SET
        agent_id = excluded.agent_id,
        "timestamp" = excluded."timestamp",
        expires_at = excluded.expires_at,
        importance = excluded.importance;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION brain_tags_of_changed_memories() IS
    'Brings the brain_memory_tags rows of updated memories up to date, and notes the change for statistics; rows that are'
    ' right already are not written.';

DROP TRIGGER brain_memories_tags_update ON brain_memories;
CREATE TRIGGER brain_memories_tags_update
    AFTER UPDATE ON brain_memories
    REFERENCING OLD TABLE AS stale NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION brain_tags_of_changed_memories();

CREATE FUNCTION brain_note_deleted_memories() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path FROM CURRENT
AS $$
BEGIN
    INSERT INTO brain_memory_changes (sign, importance, size_bytes, expires_at, agent_id, tags)
    SELECT -1, stale.importance, stale.size_bytes, stale.expires_at, stale.agent_id, stale.tags FROM stale;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION brain_note_deleted_memories() IS 'Notes for statistics that memories were deleted.';

CREATE TRIGGER brain_memories_note_delete
    AFTER DELETE ON brain_memories
    REFERENCING OLD TABLE AS stale
    FOR EACH STATEMENT EXECUTE FUNCTION brain_note_deleted_memories();

CREATE FUNCTION brain_forget_stats_base() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path FROM CURRENT
AS $$
BEGIN
    DELETE FROM brain_stats_base;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION brain_forget_stats_base() IS 'Makes the next refresh of statistics read all memories.';

-- TRUNCATE tells no trigger what it took away.
CREATE TRIGGER brain_memories_note_truncate
    AFTER TRUNCATE ON brain_memories
    FOR EACH STATEMENT EXECUTE FUNCTION brain_forget_stats_base();

CREATE TABLE brain_workers (
    name text COLLATE "C" NOT NULL,
    schedule text NOT NULL,
    next_run_at timestamptz,
    token bigint NOT NULL DEFAULT 0,
    holder text,
    lease_until timestamptz,
    started_at timestamptz,
    taken_over_from text,
    finished_at timestamptz,
    last_success boolean,
    last_detail text,
    last_duration interval,
    successes bigint NOT NULL DEFAULT 0,
    failures bigint NOT NULL DEFAULT 0,
    CONSTRAINT brain_workers_pkey PRIMARY KEY (name),
    CONSTRAINT brain_workers_name_check CHECK (name ~ '^[a-z][a-z0-9-]*$' AND octet_length(name) <= 64),
    CONSTRAINT brain_workers_counts_check CHECK (token >= 0 AND successes >= 0 AND failures >= 0),
    CONSTRAINT brain_workers_holder_check CHECK ((holder IS NULL) = (lease_until IS NULL)),
    CONSTRAINT brain_workers_outcome_check CHECK (
        (finished_at IS NULL) = (last_success IS NULL) AND (finished_at IS NULL) = (last_detail IS NULL)
        AND (finished_at IS NULL) = (last_duration IS NULL)
    )
);
COMMENT ON TABLE brain_workers IS
    'What daemons do on their own, one row a worker: when it is due, who runs it, and how the last run ended. A row is'
    ' claimed by updating it; all instants are those of PostgreSQL''s clock.';
COMMENT ON COLUMN brain_workers.name IS 'The worker.';
COMMENT ON COLUMN brain_workers.schedule IS 'Its schedule in words, as the last daemon to register it said.';
COMMENT ON COLUMN brain_workers.next_run_at IS 'When it is due; null: only when asked for.';
COMMENT ON COLUMN brain_workers.token IS 'Number of the last claim; each has one more than the one before.';
COMMENT ON COLUMN brain_workers.holder IS 'The daemon that runs it now, null when none does.';
COMMENT ON COLUMN brain_workers.lease_until IS
    'From then on another daemon may take it over, unless the holder has prolonged it.';
COMMENT ON COLUMN brain_workers.started_at IS 'When the last run began, one under way included.';
COMMENT ON COLUMN brain_workers.taken_over_from IS
    'The daemon whose lease had run out when the last claim was made; null when it had ended its run.';
COMMENT ON COLUMN brain_workers.finished_at IS 'When the last run that ended did so; null: none has.';
COMMENT ON COLUMN brain_workers.last_success IS 'Whether that run did what it should.';
COMMENT ON COLUMN brain_workers.last_detail IS 'What that run did, or why it failed.';
COMMENT ON COLUMN brain_workers.last_duration IS 'How long that run took.';
COMMENT ON COLUMN brain_workers.successes IS 'Runs that ended well.';
COMMENT ON COLUMN brain_workers.failures IS 'Runs that failed, those that were taken over included.';

CREATE TABLE brain_worker_runs (
    name text COLLATE "C" NOT NULL,
    token bigint NOT NULL,
    holder text NOT NULL,
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    success boolean,
    detail text,
    CONSTRAINT brain_worker_runs_pkey PRIMARY KEY (name, token),
    CONSTRAINT brain_worker_runs_name_fkey FOREIGN KEY (name) REFERENCES brain_workers (name) ON DELETE CASCADE,
    CONSTRAINT brain_worker_runs_outcome_check CHECK (
        (finished_at IS NULL) = (success IS NULL) AND (finished_at IS NULL) = (detail IS NULL)
    )
);
COMMENT ON TABLE brain_worker_runs IS
    'Every run of a worker in the last 30 days, and the last 1,000 at most; older ones go when a run ends.';
COMMENT ON COLUMN brain_worker_runs.name IS 'The worker.';
COMMENT ON COLUMN brain_worker_runs.token IS 'Number of the run''s claim.';
COMMENT ON COLUMN brain_worker_runs.holder IS 'The daemon that ran it.';
COMMENT ON COLUMN brain_worker_runs.started_at IS 'When it began.';
COMMENT ON COLUMN brain_worker_runs.finished_at IS 'When it ended, or was taken over; null: it is under way.';
COMMENT ON COLUMN brain_worker_runs.success IS 'Whether it did what it should; null: it is under way.';
COMMENT ON COLUMN brain_worker_runs.detail IS 'What it did, or why it failed; null: it is under way.';

CREATE TABLE brain_cache_history (
    bucket timestamptz NOT NULL,
    hits bigint NOT NULL,
    misses bigint NOT NULL,
    CONSTRAINT brain_cache_history_pkey PRIMARY KEY (bucket),
    CONSTRAINT brain_cache_history_counts_check CHECK (hits >= 0 AND misses >= 0)
);
COMMENT ON TABLE brain_cache_history IS
    'Reads that caches could and could not answer, by the minute, of all daemons together; for 31 days.';
COMMENT ON COLUMN brain_cache_history.bucket IS 'The minute, by its beginning. A minute without reads has no row.';
COMMENT ON COLUMN brain_cache_history.hits IS 'Reads that daemons told of in this minute, answered from the cache.';
COMMENT ON COLUMN brain_cache_history.misses IS 'Reads that daemons told of in this minute, not so answered.';
