/// Compares what tables hold with what they should hold.
enum ContentComparison {
    /// The tables of a schema whose name begins with `brain_`, by name.
    static func tables(
        named names: [String], schema: String, in content: [TableName: CopyTextReader.Table]
    ) -> [BackupManifest.Table] {
        names.sorted().compactMap { name in
            content[TableName(schema: schema, table: name)].map {
                BackupManifest.Table(name: name, rows: $0.rows, digest: $0.digest.hexadecimal)
            }
        }
    }

    /// Each difference in words; none: they hold the same. No row is quoted.
    static func differences(expected: [BackupManifest.Table], found: [BackupManifest.Table]) -> [String] {
        let byName = Dictionary(found.map { ($0.name, $0) }) { first, _ in first }
        return expected.compactMap { table in
            guard let other = byName[table.name] else { return "table \(table.name) is missing" }
            if other.rows != table.rows {
                return "table \(table.name) has \(other.rows) rows instead of \(table.rows)"
            }
            return other.digest == table.digest ? nil : "the \(table.rows) rows of table \(table.name) differ"
        }
    }
}
