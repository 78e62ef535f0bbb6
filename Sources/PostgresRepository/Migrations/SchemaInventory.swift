import PostgresDriver

/// Every object of a schema that the migrations may make, by what it is called, with its definition.
struct SchemaInventory: Equatable, Sendable {
    var definitions: [String: String] = [:]

    init(_ definitions: [String: String] = [:]) { self.definitions = definitions }

    /// Reads the catalogs for the schema that `search_path` puts first.
    init(_ session: PostgresSession) throws {
        let rows = try session.execute(Self.statement)
        for row in 0..<rows.rowCount {
            definitions[try rows.text(row, 0)] = try rows.text(row, 1)
        }
    }

    /// How this one differs from what it should be, a line an object, in order of the objects' names.
    func differences(from expected: SchemaInventory) -> [String] {
        Set(definitions.keys).union(expected.definitions.keys).sorted().compactMap { object in
            switch (definitions[object], expected.definitions[object]) {
            case (nil, _): "\(object) is missing"
            case (_, nil): "\(object) does not belong there"
            case (let found?, let wanted?)
            where ExpressionText.flattened(found) != ExpressionText.flattened(wanted):
                "\(object) is \(found), and should be \(wanted)"
            default: nil
            }
        }
    }

    /// Objects of tables named `brain_…`, and functions named so. Definitions are told without the schema's name, which
    /// may be any.
    private static let statement = PostgresStatement(
        name: "schema-inventory",
        sql: """
            WITH tables AS (
                SELECT c.oid, c.relname, c.relkind, c.relpersistence, c.reloptions
                FROM pg_class AS c
                WHERE c.relnamespace = current_schema()::regnamespace
                    AND c.relkind IN ('r', 'p', 'f', 'v', 'm')
                    AND c.relname LIKE 'brain\\_%'
                    AND c.relname <> 'brain_schema_migrations'
            ),
            objects AS (
                SELECT 'table ' || t.relname AS object,
                    format('%s %s %s', t.relkind, t.relpersistence, t.reloptions) AS definition
                FROM tables AS t
                UNION ALL
                SELECT format('column %s.%s', t.relname, a.attname),
                    concat_ws(
                        ' ', format_type(a.atttypid, a.atttypmod),
                        (SELECT 'collate ' || l.collname FROM pg_collation AS l
                         WHERE l.oid = a.attcollation AND l.collname <> 'default'),
                        CASE WHEN a.attnotnull THEN 'not null' END,
                        nullif(a.attgenerated::text, '') || ' generated',
                        nullif(a.attidentity::text, '') || ' identity',
                        'storage ' || a.attstorage::text, 'default ' || pg_get_expr(d.adbin, d.adrelid))
                FROM tables AS t
                JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
                LEFT JOIN pg_attrdef AS d ON d.adrelid = t.oid AND d.adnum = a.attnum
                UNION ALL
                SELECT format('constraint %s of %s', k.conname, t.relname),
                    pg_get_constraintdef(k.oid) || CASE WHEN k.convalidated THEN '' ELSE ' not valid' END
                FROM tables AS t
                JOIN pg_constraint AS k ON k.conrelid = t.oid
                UNION ALL
                SELECT format('index %s of %s', i.relname, t.relname),
                    pg_get_indexdef(x.indexrelid) || CASE WHEN x.indisvalid THEN '' ELSE ' invalid' END
                FROM tables AS t
                JOIN pg_index AS x ON x.indrelid = t.oid
                JOIN pg_class AS i ON i.oid = x.indexrelid
                UNION ALL
                SELECT format('trigger %s of %s', CASE WHEN g.tgisinternal THEN p.proname ELSE g.tgname END, t.relname),
                    string_agg(
                        CASE WHEN g.tgisinternal THEN '' ELSE pg_get_triggerdef(g.oid) || ' ' END
                        || CASE g.tgenabled
                            WHEN 'O' THEN 'enabled' WHEN 'D' THEN 'disabled' ELSE 'replica ' || g.tgenabled::text END,
                        ', ')
                FROM tables AS t
                JOIN pg_trigger AS g ON g.tgrelid = t.oid
                JOIN pg_proc AS p ON p.oid = g.tgfoid
                GROUP BY 1
                UNION ALL
                SELECT format('function %s(%s)', p.proname, pg_get_function_identity_arguments(p.oid)),
                    concat_ws(
                        ' ', 'returns', pg_get_function_result(p.oid), 'language', l.lanname, p.provolatile,
                        p.proparallel,
                        CASE WHEN p.proisstrict THEN 'strict' END, CASE WHEN p.prosecdef THEN 'security definer' END,
                        (SELECT string_agg(s, ' ' ORDER BY s) FROM unnest(p.proconfig) AS s
                         WHERE s NOT LIKE 'search_path=%'),
                        'body', encode(sha256(convert_to(p.prosrc, 'UTF8')), 'hex'))
                FROM pg_proc AS p
                JOIN pg_language AS l ON l.oid = p.prolang
                WHERE p.pronamespace = current_schema()::regnamespace AND p.proname LIKE 'brain\\_%'
                UNION ALL
                SELECT format('rule %s of %s', r.rulename, t.relname), 'rule'
                FROM tables AS t
                JOIN pg_rewrite AS r ON r.ev_class = t.oid AND t.relkind = 'r'
            )
            SELECT object, replace(definition, quote_ident(current_schema()) || '.', '') FROM objects
            """,
        isWrite: false)
}
