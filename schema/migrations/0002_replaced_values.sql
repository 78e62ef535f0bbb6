-- 0002: what an update replaced, for whoever keeps answers of queries.
--
-- A write of a memory changes the answers of queries by the agent and the tags that it has, and by those that it had
-- until then. Only the updating statement itself knows the latter for sure, since another writer may have changed them
-- while it waited for the row; and RETURNING can't tell of the old row before PostgreSQL 18. So the trigger that sees
-- both notes the old values in the row, where they differ from the new ones.

ALTER TABLE brain_memories
    ADD COLUMN replaced_agent_id text COLLATE "C",
    ADD COLUMN replaced_tags text[] COLLATE "C";

COMMENT ON COLUMN brain_memories.replaced_agent_id IS
    'The agent before the last update, null when that did not change it; set by trigger.';
COMMENT ON COLUMN brain_memories.replaced_tags IS
    'The tags before the last update, null when that did not change them; set by trigger.';

CREATE OR REPLACE FUNCTION brain_touch_memory() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    NEW.updated_at := greatest(OLD.updated_at, NEW.created_at, statement_timestamp());
    NEW.replaced_agent_id := nullif(OLD.agent_id, NEW.agent_id);
    NEW.replaced_tags := nullif(OLD.tags, NEW.tags);
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION brain_touch_memory() IS
    'Sets updated_at, which never goes backwards, even if the clock does, and notes what the update replaced.';
