-- 0001: memories, their tags, agents' registrations and statistics.
--
-- Text that is compared, sorted or indexed is COLLATE "C": the protocol compares and sorts strings code point by code
-- point, which for UTF-8 is byte order. Which index serves which query, with measurements: schema/QUERY-PLANS.md.

DO $$
BEGIN
    IF current_setting('server_encoding') <> 'UTF8' THEN
        RAISE EXCEPTION 'the database must be encoded in UTF8, it is %', current_setting('server_encoding')
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
END
$$;

-- True when the elements are not null, distinct and ascending: how tags and capabilities are kept.
CREATE FUNCTION brain_is_sorted_set(elements text[]) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
BEGIN
    IF cardinality(elements) > 0 AND (array_ndims(elements) <> 1 OR array_lower(elements, 1) <> 1) THEN
        RETURN false;
    END IF;
    IF array_position(elements, NULL) IS NOT NULL THEN
        RETURN false;
    END IF;
    FOR position IN 2 .. cardinality(elements) LOOP
        IF elements[position] COLLATE "C" <= elements[position - 1] THEN
            RETURN false;
        END IF;
    END LOOP;
    RETURN true;
END
$$;
COMMENT ON FUNCTION brain_is_sorted_set(text[]) IS
    'Whether an array is one-dimensional, without nulls, its elements distinct and ascending in code point order.';

CREATE TABLE brain_memories (
    id text COLLATE "C" NOT NULL,
    agent_id text COLLATE "C" NOT NULL,
    "timestamp" timestamptz NOT NULL,
    context jsonb NOT NULL,
    embeddings real[],
    tags text[] COLLATE "C" NOT NULL DEFAULT '{}',
    importance smallint NOT NULL DEFAULT 5,
    expires_at timestamptz NOT NULL DEFAULT 'infinity',
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT statement_timestamp(),
    updated_at timestamptz NOT NULL DEFAULT statement_timestamp(),
    size_bytes integer NOT NULL GENERATED ALWAYS AS (
        512 + octet_length(context::text) + 4 * coalesce(cardinality(embeddings), 0) + 64 * cardinality(tags)
    ) STORED,
    CONSTRAINT brain_memories_pkey PRIMARY KEY (id),
    CONSTRAINT brain_memories_id_check CHECK (
        id ~ '^[A-Za-z0-9][A-Za-z0-9._-]*$' AND octet_length(id) <= 128
    ),
    CONSTRAINT brain_memories_agent_id_check CHECK (
        agent_id ~ '^[A-Za-z0-9][A-Za-z0-9._:@/-]*$' AND octet_length(agent_id) <= 128
    ),
    CONSTRAINT brain_memories_timestamp_check CHECK (
        "timestamp" >= '0001-01-01 00:00:00+00' AND "timestamp" < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT brain_memories_context_check CHECK (jsonb_typeof(context) = 'object'),
    CONSTRAINT brain_memories_embeddings_check CHECK (
        embeddings IS NULL
        OR (
            array_ndims(embeddings) = 1 AND cardinality(embeddings) BETWEEN 1 AND 4096
            AND array_position(embeddings, NULL) IS NULL
            AND NOT '{NaN,Infinity,-Infinity}'::real[] && embeddings
        )
    ),
    CONSTRAINT brain_memories_tags_check CHECK (cardinality(tags) <= 64 AND brain_is_sorted_set(tags)),
    CONSTRAINT brain_memories_importance_check CHECK (importance BETWEEN 1 AND 10),
    CONSTRAINT brain_memories_expires_at_check CHECK (
        expires_at >= '0001-01-01 00:00:00+00'
        AND (expires_at < '10000-01-01 00:00:00+00' OR expires_at = 'infinity')
    ),
    CONSTRAINT brain_memories_version_check CHECK (version >= 1),
    CONSTRAINT brain_memories_updated_at_check CHECK (updated_at >= created_at)
)
WITH (
    -- The index-only scans of every query need a fresh visibility map, and the planner fresh statistics.
    autovacuum_vacuum_scale_factor = 0.05,
    autovacuum_vacuum_insert_scale_factor = 0.05,
    autovacuum_analyze_scale_factor = 0.05
);
-- Floats hardly compress: don't spend time on trying.
ALTER TABLE brain_memories ALTER COLUMN embeddings SET STORAGE EXTERNAL;

-- The WHERE clauses below exclude no row. A query says `id <> ''` or `agent_id <> ''` when the index that has the
-- clause is the right one for it, and otherwise can't be planned with it: among indexes that look equally good to the
-- planner, as many do before the first ANALYZE and some do after, the choice is made here.
CREATE INDEX brain_memories_agent_time_idx
    ON brain_memories (agent_id, "timestamp", id) INCLUDE (expires_at)
    WHERE id <> '';
CREATE INDEX brain_memories_time_idx
    ON brain_memories ("timestamp", id) INCLUDE (agent_id, expires_at)
    WHERE agent_id <> '' AND id <> '';
CREATE INDEX brain_memories_agent_importance_idx
    ON brain_memories (agent_id, importance, "timestamp", id) INCLUDE (expires_at);
CREATE INDEX brain_memories_importance_idx
    ON brain_memories (importance, "timestamp", id) INCLUDE (agent_id, expires_at)
    WHERE agent_id <> '';
CREATE INDEX brain_memories_expiry_idx
    ON brain_memories (expires_at) WHERE expires_at < 'infinity';

COMMENT ON TABLE brain_memories IS
    'What agents remember, one row a memory. A row whose expires_at has passed counts as absent.';
COMMENT ON COLUMN brain_memories.id IS 'Name of the memory, unique over all agents.';
COMMENT ON COLUMN brain_memories.agent_id IS 'The agent that holds the memory.';
COMMENT ON COLUMN brain_memories."timestamp" IS 'When it happened, as the agent says.';
COMMENT ON COLUMN brain_memories.context IS 'What is remembered: any JSON object.';
COMMENT ON COLUMN brain_memories.embeddings IS 'Vector of float32, null when the agent gave none.';
COMMENT ON COLUMN brain_memories.tags IS
    'Distinct tags, ascending in code point order; brain_memory_tags follows by trigger.';
COMMENT ON COLUMN brain_memories.importance IS 'From 1 (least) to 10.';
COMMENT ON COLUMN brain_memories.expires_at IS 'From this instant on no answer has it; infinity: never expires.';
COMMENT ON COLUMN brain_memories.version IS '1 when created, one more with each write of the id.';
COMMENT ON COLUMN brain_memories.created_at IS 'When the id was first written since it was last free.';
COMMENT ON COLUMN brain_memories.updated_at IS 'When the row was last written; set by trigger, never goes backwards.';
COMMENT ON COLUMN brain_memories.size_bytes IS
    'Estimate of the bytes a record takes on its way out of the database; bounds a page before it is fetched.';

-- agent_id, importance, timestamp and expires_at are copies of the memory's: with them in its indexes, a query by tag
-- reads in the order it answers and never looks at a memory that it does not return.
CREATE TABLE brain_memory_tags (
    memory_id text COLLATE "C" NOT NULL,
    tag text COLLATE "C" NOT NULL,
    agent_id text COLLATE "C" NOT NULL,
    "timestamp" timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    importance smallint NOT NULL,
    CONSTRAINT brain_memory_tags_pkey PRIMARY KEY (memory_id, tag),
    CONSTRAINT brain_memory_tags_memory_id_fkey
        FOREIGN KEY (memory_id) REFERENCES brain_memories (id) ON DELETE CASCADE,
    CONSTRAINT brain_memory_tags_tag_check CHECK (
        char_length(tag) BETWEEN 1 AND 128 AND tag !~ '[\u0001-\u001F\u007F-\u009F]'
    )
)
WITH (
    autovacuum_vacuum_scale_factor = 0.05,
    autovacuum_vacuum_insert_scale_factor = 0.05,
    autovacuum_analyze_scale_factor = 0.05
);
CREATE INDEX brain_memory_tags_agent_idx
    ON brain_memory_tags (agent_id, tag, importance, "timestamp", memory_id) INCLUDE (expires_at);
CREATE INDEX brain_memory_tags_tag_idx
    ON brain_memory_tags (tag, importance, "timestamp", memory_id) INCLUDE (agent_id, expires_at)
    WHERE agent_id <> '';

COMMENT ON TABLE brain_memory_tags IS
    'One row for each tag of each memory. Triggers on brain_memories keep it: never write it by hand.';
COMMENT ON COLUMN brain_memory_tags.memory_id IS 'The memory; deleting that deletes this.';
COMMENT ON COLUMN brain_memory_tags.tag IS '1 to 128 code points, without control characters.';
COMMENT ON COLUMN brain_memory_tags.agent_id IS 'Copy of the memory''s agent_id.';
COMMENT ON COLUMN brain_memory_tags."timestamp" IS 'Copy of the memory''s timestamp.';
COMMENT ON COLUMN brain_memory_tags.expires_at IS 'Copy of the memory''s expires_at.';
COMMENT ON COLUMN brain_memory_tags.importance IS 'Copy of the memory''s importance.';

CREATE FUNCTION brain_touch_memory() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    NEW.updated_at := greatest(OLD.updated_at, NEW.created_at, statement_timestamp());
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION brain_touch_memory() IS 'Sets updated_at. It never goes backwards, even if the clock does.';

CREATE TRIGGER brain_memories_touch
    BEFORE UPDATE ON brain_memories
    FOR EACH ROW EXECUTE FUNCTION brain_touch_memory();

-- The settings of both functions below hold their plans to index lookups: a plan made while the tables are small would
-- otherwise be kept while they grow. search_path: they work whatever the writer's own is.
CREATE FUNCTION brain_tags_of_new_memories() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path FROM CURRENT
AS $$
BEGIN
    INSERT INTO brain_memory_tags (memory_id, tag, agent_id, "timestamp", expires_at, importance)
    SELECT fresh.id, element.tag, fresh.agent_id, fresh."timestamp", fresh.expires_at, fresh.importance
    FROM fresh CROSS JOIN LATERAL unnest(fresh.tags) AS element (tag);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION brain_tags_of_new_memories() IS 'Writes the brain_memory_tags rows of inserted memories.';

CREATE FUNCTION brain_tags_of_changed_memories() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path FROM CURRENT
    SET enable_seqscan = off
    SET enable_hashjoin = off
    SET enable_mergejoin = off
AS $$
BEGIN
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
    'Brings the brain_memory_tags rows of updated memories up to date; rows that are right already are not written.';

-- Statement triggers with their own statements inside: each of those sees what was committed while the writer waited
-- for a memory's row, which a common table expression of the writing statement would not.
CREATE TRIGGER brain_memories_tags_insert
    AFTER INSERT ON brain_memories
    REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION brain_tags_of_new_memories();
CREATE TRIGGER brain_memories_tags_update
    AFTER UPDATE ON brain_memories
    REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION brain_tags_of_changed_memories();

CREATE TABLE brain_agents (
    agent_id text COLLATE "C" NOT NULL,
    name text,
    capabilities text[] COLLATE "C" NOT NULL DEFAULT '{}',
    metadata jsonb NOT NULL DEFAULT '{}',
    registered_at timestamptz NOT NULL DEFAULT statement_timestamp(),
    updated_at timestamptz NOT NULL DEFAULT statement_timestamp(),
    CONSTRAINT brain_agents_pkey PRIMARY KEY (agent_id),
    CONSTRAINT brain_agents_agent_id_check CHECK (
        agent_id ~ '^[A-Za-z0-9][A-Za-z0-9._:@/-]*$' AND octet_length(agent_id) <= 128
    ),
    CONSTRAINT brain_agents_name_check CHECK (char_length(name) <= 128),
    CONSTRAINT brain_agents_capabilities_check CHECK (
        cardinality(capabilities) <= 64 AND brain_is_sorted_set(capabilities)
    ),
    CONSTRAINT brain_agents_metadata_check CHECK (jsonb_typeof(metadata) = 'object')
);
COMMENT ON TABLE brain_agents IS
    'Registrations of agents. An agent may have memories without one, and one without memories.';
COMMENT ON COLUMN brain_agents.agent_id IS 'The agent.';
COMMENT ON COLUMN brain_agents.name IS 'Name for people, null when none was given.';
COMMENT ON COLUMN brain_agents.capabilities IS 'Distinct capabilities, ascending in code point order.';
COMMENT ON COLUMN brain_agents.metadata IS 'Any JSON object the agent wants to say about itself.';
COMMENT ON COLUMN brain_agents.registered_at IS 'When the agent first registered; registering again keeps it.';
COMMENT ON COLUMN brain_agents.updated_at IS 'When the agent last registered.';

CREATE TABLE brain_memory_stats (
    agent_id text COLLATE "C" NOT NULL,
    memory_count bigint NOT NULL,
    size_bytes bigint NOT NULL,
    tag_count bigint NOT NULL,
    expiring_within_day bigint NOT NULL,
    mean_importance real NOT NULL,
    oldest timestamptz NOT NULL,
    newest timestamptz NOT NULL,
    cache_hits bigint NOT NULL DEFAULT 0,
    cache_misses bigint NOT NULL DEFAULT 0,
    refreshed_at timestamptz NOT NULL,
    CONSTRAINT brain_memory_stats_pkey PRIMARY KEY (agent_id),
    CONSTRAINT brain_memory_stats_counts_check CHECK (
        memory_count > 0 AND size_bytes >= 0 AND tag_count >= 0 AND cache_hits >= 0 AND cache_misses >= 0
        AND expiring_within_day BETWEEN 0 AND memory_count
    ),
    CONSTRAINT brain_memory_stats_importance_check CHECK (mean_importance BETWEEN 1 AND 10),
    CONSTRAINT brain_memory_stats_times_check CHECK (oldest <= newest)
);
COMMENT ON TABLE brain_memory_stats IS 'Statistics of each agent that has memories, as of refreshed_at.';
COMMENT ON COLUMN brain_memory_stats.agent_id IS 'The agent.';
COMMENT ON COLUMN brain_memory_stats.memory_count IS 'Unexpired memories.';
COMMENT ON COLUMN brain_memory_stats.size_bytes IS 'Sum of their size_bytes.';
COMMENT ON COLUMN brain_memory_stats.tag_count IS 'Distinct tags on them.';
COMMENT ON COLUMN brain_memory_stats.expiring_within_day IS 'How many of them expire within 24 hours.';
COMMENT ON COLUMN brain_memory_stats.mean_importance IS 'Mean of their importance.';
COMMENT ON COLUMN brain_memory_stats.oldest IS 'Their earliest timestamp.';
COMMENT ON COLUMN brain_memory_stats.newest IS 'Their latest timestamp.';
COMMENT ON COLUMN brain_memory_stats.cache_hits IS 'Reads of this agent''s memories answered from the cache so far.';
COMMENT ON COLUMN brain_memory_stats.cache_misses IS 'Reads of this agent''s memories that the cache could not answer.';
COMMENT ON COLUMN brain_memory_stats.refreshed_at IS 'When this row was computed.';

CREATE TABLE brain_stats_refresh (
    only_row boolean NOT NULL DEFAULT true,
    refreshed_at timestamptz,
    tag_count bigint NOT NULL DEFAULT 0,
    cache_hits bigint NOT NULL DEFAULT 0,
    cache_misses bigint NOT NULL DEFAULT 0,
    CONSTRAINT brain_stats_refresh_pkey PRIMARY KEY (only_row),
    CONSTRAINT brain_stats_refresh_only_row_check CHECK (only_row),
    CONSTRAINT brain_stats_refresh_counts_check CHECK (tag_count >= 0 AND cache_hits >= 0 AND cache_misses >= 0)
);
INSERT INTO brain_stats_refresh DEFAULT VALUES;
COMMENT ON TABLE brain_stats_refresh IS
    'One row: what does not add up over agents. Whoever refreshes brain_memory_stats locks it first.';
COMMENT ON COLUMN brain_stats_refresh.only_row IS 'Always true: there is one row.';
COMMENT ON COLUMN brain_stats_refresh.refreshed_at IS 'When brain_memory_stats was last refreshed; null: never yet.';
COMMENT ON COLUMN brain_stats_refresh.tag_count IS 'Distinct tags on the unexpired memories of all agents.';
COMMENT ON COLUMN brain_stats_refresh.cache_hits IS 'Reads answered from the cache so far, over all agents.';
COMMENT ON COLUMN brain_stats_refresh.cache_misses IS 'Reads that the cache could not answer so far, over all agents.';
