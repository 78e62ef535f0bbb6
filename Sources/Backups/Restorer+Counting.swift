import ManagedPostgres

extension Restorer {
    /// Counts what the restored server holds.
    func count(in replacement: ClusterReplacement, from backup: String) async throws -> RestoreReport {
        let lines = try await replacement.query(Self.counts, database: "brain", bound: .seconds(3_600))
        guard let numbers = lines.last?.split(separator: "|").map({ Int64($0) ?? -1 }), numbers.count == 3,
            numbers.allSatisfy({ $0 >= 0 })
        else { throw RestoreError(.failed, "the restored server does not say how many memories it holds: \(lines)") }
        return RestoreReport(
            backup: backup, memories: numbers[0], agents: numbers[1], tags: numbers[2], asOf: "", timeline: nil,
            duration: .zero, replaced: nil)
    }

    /// In whichever schema the memories are; none at all counts as none. One pass over the table: the sorted aggregates that
    /// `count(DISTINCT …)` makes of it take several times as long.
    private static let counts = """
        SET work_mem = '256MB';
        SELECT coalesce((SELECT format('SET search_path = %I', n.nspname)
            FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
            WHERE c.relname = 'brain_memories' AND c.relkind = 'r' ORDER BY n.nspname = 'public' DESC LIMIT 1),
            'CREATE TEMPORARY TABLE brain_memories (agent_id text, tags text[])')
        \\gexec
        SELECT (SELECT count(*) FROM brain_memories),
            (SELECT count(*) FROM (SELECT agent_id FROM brain_memories GROUP BY 1) AS a),
            (SELECT count(*) FROM (SELECT unnest(t.tags) FROM (SELECT tags FROM brain_memories GROUP BY 1) AS t GROUP BY 1)
                AS tag);
        """
}

extension ClusterReplacement {
    /// Makes the database of a cluster that was none of a daemon's the one that a daemon looks for: named `brain`, and its
    /// memories owned by role `brain`. Returns what it could not do.
    func adoptDatabase() async throws -> [String] {
        let names = try await query("SELECT datname FROM pg_database WHERE datallowconn AND NOT datistemplate")
        if names.contains("brain") {
            _ = try await query(Self.role)
            return []
        }
        var holders: [(database: String, schema: String)] = []
        for name in names {
            let schemas = try await query(
                """
                SELECT n.nspname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
                WHERE c.relname = 'brain_memories' AND c.relkind = 'r'
                """, database: name)
            holders += schemas.map { (name, $0) }
        }
        guard holders.count == 1 else {
            return [
                "\(holders.isEmpty ? "no database" : "more than one database") of the restored cluster holds memories, so "
                    + "none was made the daemon's: rename the right one to brain, and give it to role brain"
            ]
        }
        let (database, schema) = holders[0]
        _ = try await query(Self.role)
        _ = try await query(Self.ownership(of: schema), database: database)
        let quoted = "\"" + database.replacing("\"", with: "\"\"") + "\""
        var statements = ["ALTER DATABASE \(quoted) RENAME TO brain", "ALTER DATABASE brain OWNER TO brain"]
        if database == "postgres" { statements.append("CREATE DATABASE postgres") }
        if schema != "public" {
            let name = schema.replacing("\"", with: "\"\"")
            statements.append("ALTER DATABASE brain SET search_path = \"\(name)\", public")
        }
        _ = try await query(statements.joined(separator: ";\n") + ";", database: "template1")
        return []
    }

    /// The daemon's role.
    private static let role = """
        SELECT 'CREATE ROLE brain LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'brain')
        \\gexec
        """

    /// Gives the daemon's tables, with what belongs to them, and its functions to its role.
    private static func ownership(of schema: String) -> String {
        let name = "'" + schema.replacing("'", with: "''") + "'"
        return """
            SELECT format('ALTER %s %I.%I OWNER TO brain',
                CASE c.relkind WHEN 'S' THEN 'SEQUENCE' WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END, n.nspname, c.relname)
            FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
            WHERE n.nspname = \(name) AND c.relname LIKE 'brain\\_%' AND c.relkind IN ('r', 'p', 'S', 'v')
                AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.objid = c.oid AND d.deptype IN ('a', 'i')
                    AND c.relkind = 'S')
            UNION ALL
            SELECT format('ALTER ROUTINE %s OWNER TO brain', p.oid::regprocedure)
            FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
            WHERE n.nspname = \(name) AND p.proname LIKE 'brain\\_%'
            \\gexec
            GRANT CREATE, USAGE ON SCHEMA "\(schema.replacing("\"", with: "\"\""))" TO brain;
            """
    }
}
