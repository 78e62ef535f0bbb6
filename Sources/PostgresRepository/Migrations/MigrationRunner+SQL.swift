import PostgresDriver

extension MigrationRunner {
    static let makeHistoryTable = """
        CREATE TABLE IF NOT EXISTS brain_schema_migrations (
            version integer NOT NULL,
            name text NOT NULL,
            checksum text NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT statement_timestamp(),
            CONSTRAINT brain_schema_migrations_pkey PRIMARY KEY (version),
            CONSTRAINT brain_schema_migrations_version_check CHECK (version >= 1),
            CONSTRAINT brain_schema_migrations_checksum_check CHECK (checksum ~ '^[0-9a-f]{64}$')
        );
        COMMENT ON TABLE brain_schema_migrations IS
            'The migrations this database has had, with the SHA-256 of each file''s text.'
        """

    /// Undone in any case, so its name only has to be free.
    static let makeScratchSchema = """
        DO $$
        DECLARE
            scratch text := 'brain_comparison_' || pg_backend_pid();
        BEGIN
            EXECUTE format('CREATE SCHEMA %I', scratch);
            PERFORM set_config('search_path', quote_ident(scratch), true);
        END
        $$
        """

    /// The key is arbitrary; it is the bytes of "brainmem".
    static let takeLock = PostgresStatement(
        name: "migration-lock", sql: "SELECT pg_advisory_xact_lock(7093839468514076013)::text", isWrite: false)

    static let hasHistory = PostgresStatement(
        name: "migration-has-history",
        sql: """
            SELECT EXISTS (
                SELECT FROM pg_class
                WHERE relname = 'brain_schema_migrations' AND relnamespace = current_schema()::regnamespace
            )
            """, isWrite: false)

    static let recorded = PostgresStatement(
        name: "migration-recorded", sql: "SELECT version, name, checksum FROM brain_schema_migrations ORDER BY version",
        isWrite: false)

    static let checksum = PostgresStatement(
        name: "migration-checksum", sql: "SELECT encode(sha256(convert_to($1, 'UTF8')), 'hex')",
        parameterTypes: [.text], isWrite: false)

    static let record = PostgresStatement(
        name: "migration-record",
        sql: "INSERT INTO brain_schema_migrations (version, name, checksum) VALUES ($1, $2, $3)",
        parameterTypes: [.int4, .text, .text], isWrite: true)

    static let indexCounts = PostgresStatement(
        name: "migration-index-counts",
        sql: """
            SELECT c.relname::text, (SELECT count(*) FROM pg_index AS i WHERE i.indrelid = c.oid)
            FROM pg_class AS c
            WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND c.relname LIKE 'brain\\_%'
            ORDER BY c.relname COLLATE "C"
            """, isWrite: false)
}
