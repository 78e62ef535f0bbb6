extension RepositorySQL {
    /// Adds to the reads of all time. Comes first in its transaction, for refreshes keep others off this table, and what
    /// follows writes rows that they write. Parameters: hits, misses.
    static let addCacheReads = """
        UPDATE brain_stats_refresh SET cache_hits = cache_hits + $1::bigint, cache_misses = cache_misses + $2::bigint
        """

    /// Adds to the reads of this minute. Parameters: hits, misses.
    static let addCacheHistory = """
        INSERT INTO brain_cache_history AS h (bucket, hits, misses)
        VALUES (date_trunc('minute', now()), $1::bigint, $2::bigint)
        ON CONFLICT (bucket) DO UPDATE SET hits = h.hits + excluded.hits, misses = h.misses + excluded.misses
        """

    /// Adds to the reads of agents that have statistics, a row for each. Parameters: agents, their hits, their misses.
    static let addAgentCacheReads = """
        UPDATE brain_memory_stats AS s SET
            cache_hits = s.cache_hits + d.hits,
            cache_misses = s.cache_misses + d.misses
        FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS d (agent_id, hits, misses)
        WHERE s.agent_id = d.agent_id
        RETURNING s.agent_id
        """

    /// Drops what is too old to be asked for.
    static let pruneCacheHistory = "DELETE FROM brain_cache_history WHERE bucket < now() - interval '31 days'"

    /// The reads since an instant, in buckets that begin at multiples of their length since 1970; no row for one without
    /// reads. Parameters: the instant, seconds of a bucket.
    static let cacheHistory = """
        SELECT date_bin($2::bigint * interval '1 second', h.bucket, '1970-01-01Z'::timestamptz) AS start,
            sum(h.hits)::bigint, sum(h.misses)::bigint
        FROM brain_cache_history AS h
        WHERE h.bucket >= $1::timestamptz
        GROUP BY start
        ORDER BY start
        """

    /// How many rows of memories were written since PostgreSQL last lost its count.
    static let writeCount = """
        SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::bigint
        FROM pg_stat_user_tables
        WHERE relid = 'brain_memories'::regclass
        """
}
