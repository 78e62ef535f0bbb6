/// The psql script that writes the content of tables to standard output in the form of `pg_restore`, for
/// ``CopyTextReader``.
enum ContentScript {
    /// - Parameters:
    ///   - snapshot: the exported snapshot to read; nil: a new one.
    /// - Throws: for a name with a line break, which can't be told from the script.
    static func text(schema: String, tables: [String], snapshot: String?) throws(BackupError) -> String {
        var script = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;\n"
        if let snapshot { script += "SET TRANSACTION SNAPSHOT \(literal(snapshot));\n" }
        for table in tables {
            let name = TableName(schema: schema, table: table).quoted
            guard !name.utf8.contains(where: { $0 < 0x20 }) else {
                throw BackupError(.unsupported, "the name of table \(name) has a control character")
            }
            let heading = "COPY \(name) FROM stdin;".replacing("\\", with: "\\\\").replacing("'", with: "''")
            script += "\\echo '\(heading)'\nCOPY \(name) TO STDOUT;\n\\echo '\\\\.'\n"
        }
        return script + "COMMIT;\n"
    }

    /// A string constant; safe for any setting of standard_conforming_strings since a backslash is refused by none here.
    private static func literal(_ text: String) -> String {
        "'" + text.replacing("'", with: "''") + "'"
    }
}
