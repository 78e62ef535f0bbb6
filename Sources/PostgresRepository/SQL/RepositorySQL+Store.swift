extension RepositorySQL {
    /// The drafts, one row each: arrays of ids, agents, timestamps, contexts, embeddings as literals of `real[]`, tags
    /// as literals of `text[]`, importances and expiry instants.
    private static let drafts = """
        unnest(
            $1::text[], $2::text[], $3::timestamptz[], $4::jsonb[], $5::text[], $6::text[], $7::smallint[],
            $8::timestamptz[]
        ) AS d (id, agent_id, "timestamp", context, embeddings, tags, importance, expires_at)
        """

    /// Inserts drafts, and replaces the memories of those ids that `mayReplace` allows. An expired memory is no more
    /// than a free id. Ordered by id, so that two batches don't wait for each other in a circle. `content` is the
    /// placeholder that says whether the rows come back with what they hold.
    private static func insert(mayReplace condition: String, content: String) -> String {
        """
        INSERT INTO brain_memories AS m
            (id, agent_id, "timestamp", context, embeddings, tags, importance, expires_at)
        SELECT d.id, d.agent_id, d."timestamp", d.context, d.embeddings::real[], d.tags::text[], d.importance,
            d.expires_at
        FROM \(drafts)
        ORDER BY d.id COLLATE "C"
        ON CONFLICT (id) DO UPDATE SET
            agent_id = excluded.agent_id,
            "timestamp" = excluded."timestamp",
            context = excluded.context,
            embeddings = excluded.embeddings,
            tags = excluded.tags,
            importance = excluded.importance,
            expires_at = excluded.expires_at,
            version = CASE WHEN \(isLive) THEN m.version + 1 ELSE 1 END,
            created_at = CASE WHEN \(isLive) THEN m.created_at ELSE now() END
        WHERE \(condition)
        \(returning(content))
        """
    }

    /// The columns of `PostgresRows.storedMemory`: id and version, what an update replaced, and when content is asked
    /// for what the row holds now, as PostgreSQL keeps it.
    private static func returning(_ content: String) -> String {
        """
        RETURNING m.id, m.version, m.replaced_agent_id, m.replaced_tags, m.created_at, m.updated_at,
            CASE WHEN \(content)::boolean THEN m.context END
        """
    }

    /// Stores drafts whatever there is; a row for each that was written, with version 1 when it was created.
    /// Parameters: the drafts (8), scope (3), whether content is asked for.
    static let store = insert(mayReplace: "m.expires_at <= now() OR \(isInScope(first: 9))", content: "$12")

    /// Stores drafts of free ids only. Parameters: the drafts (8), whether content is asked for.
    static let storeNew = insert(mayReplace: "m.expires_at <= now()", content: "$9")

    /// Replaces one memory if it has a version. Parameters: the draft (8), scope (3), the version, whether content is
    /// asked for.
    static let storeVersion = """
        UPDATE brain_memories AS m SET
            agent_id = d.agent_id,
            "timestamp" = d."timestamp",
            context = d.context,
            embeddings = d.embeddings::real[],
            tags = d.tags::text[],
            importance = d.importance,
            expires_at = d.expires_at,
            version = m.version + 1
        FROM \(drafts)
        WHERE m.id = d.id
            AND m.version = $12::bigint
            AND \(isLive)
            AND \(isInScope(first: 9))
        \(returning("$13"))
        """
}
