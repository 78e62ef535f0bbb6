extension RepositorySQL {
    /// The drafts, one row each: arrays of ids, agents, timestamps, contexts, tags as literals of `text[]`, importances,
    /// expiry instants, and where in `$10` a draft's embeddings begin and end; null for both if it has none.
    private static let drafts = """
        unnest(
            $1::text[], $2::text[], $3::timestamptz[], $4::jsonb[], $5::text[], $6::smallint[], $7::timestamptz[],
            $8::integer[], $9::integer[]
        ) AS d (id, agent_id, "timestamp", context, tags, importance, expires_at, first_number, last_number)
        """

    /// A draft's embeddings: its part of those of all drafts, one after the other.
    private static let embeddings = "($10::real[])[d.first_number:d.last_number]"

    /// All drafts, ordered by id, so that two batches don't wait for each other in a circle. `patience` is the placeholder
    /// for how long the statement may wait for a lock: the sort sees to it that this is set before the first is taken.
    private static func allDrafts(patience: String? = nil) -> String {
        """
        SELECT d.id, d.agent_id, d."timestamp", d.context, \(embeddings), d.tags::text[],
            d.importance, d.expires_at
        FROM \(drafts)\(patience.map { ",\n    (SELECT set_config('lock_timeout', \($0)::text, true)) AS patience" } ?? "")
        ORDER BY d.id COLLATE "C"
        """
    }

    /// One draft as eight parameters, and `patience` as above.
    private static func oneDraft(patience: String) -> String {
        """
        SELECT $1::text, $2::text, $3::timestamptz, $4::jsonb, $5::real[], $6::text[], $7::smallint, $8::timestamptz
        FROM (SELECT set_config('lock_timeout', \(patience)::text, true)) AS patience
        """
    }

    /// Inserts drafts, and replaces the memories of those ids that `mayReplace` allows. An expired memory is no more
    /// than a free id. `content` is the placeholder that says whether the rows come back with what they hold.
    private static func insert(_ rows: String, mayReplace condition: String, content: String) -> String {
        """
        INSERT INTO brain_memories AS m
            (id, agent_id, "timestamp", context, embeddings, tags, importance, expires_at)
        \(rows)
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
    /// Parameters: the drafts (10), scope (3), whether content is asked for.
    static let store = insert(
        allDrafts(), mayReplace: "m.expires_at <= now() OR \(isInScope(first: 11))", content: "$14")

    /// The same, which fails with 55P03 when it has to wait for a lock for long. Parameters: those of `store`, and how long,
    /// as `lock_timeout` takes it.
    static let storeGroup = insert(
        allDrafts(patience: "$15"), mayReplace: "m.expires_at <= now() OR \(isInScope(first: 11))", content: "$14")

    /// `storeGroup` of one draft, without what it takes to unfold many. Parameters: the draft (8), scope (3), whether content
    /// is asked for, and how long it may wait.
    static let storeOne = insert(
        oneDraft(patience: "$13"), mayReplace: "m.expires_at <= now() OR \(isInScope(first: 9))", content: "$12")

    /// Stores drafts of free ids only. Parameters: the drafts (10), whether content is asked for.
    static let storeNew = insert(
        allDrafts(), mayReplace: "m.expires_at <= now()", content: "$11")

    /// Replaces one memory if it has a version. Parameters: the draft (10), scope (3), the version, whether content is
    /// asked for.
    static let storeVersion = """
        UPDATE brain_memories AS m SET
            agent_id = d.agent_id,
            "timestamp" = d."timestamp",
            context = d.context,
            embeddings = \(embeddings),
            tags = d.tags::text[],
            importance = d.importance,
            expires_at = d.expires_at,
            version = m.version + 1
        FROM \(drafts)
        WHERE m.id = d.id
            AND m.version = $14::bigint
            AND \(isLive)
            AND \(isInScope(first: 11))
        \(returning("$15"))
        """
}
