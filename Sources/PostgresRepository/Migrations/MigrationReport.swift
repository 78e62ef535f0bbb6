/// What a migration run found and did.
public struct MigrationReport: Sendable, Hashable, CustomStringConvertible {
    /// One table and how many indexes it has, its primary key's included.
    public struct Table: Sendable, Hashable {
        /// The table's name.
        public let name: String

        /// Its indexes.
        public let indexCount: Int
    }

    /// The migrations that this run applied, by name; empty when the schema was up to date.
    public let applied: [String]

    /// The version the schema has now.
    public let version: Int

    /// The tables, by name.
    public let tables: [Table]

    /// For people: what was applied, then a line a table.
    public var description: String {
        let head = applied.map { "applied \($0)" } + ["schema version \(version)"]
        let width = tables.map(\.name.count).max() ?? 0
        let lines = tables.map { table in
            let name = table.name + String(repeating: " ", count: width - table.name.count)
            return "  \(name)  \(table.indexCount) \(table.indexCount == 1 ? "index" : "indexes")"
        }
        return (head + lines).joined(separator: "\n")
    }
}

/// Why the migrations were not applied, or the schema is not what they make.
public enum MigrationError: Error, Sendable, CustomStringConvertible {
    /// The database's schema is not the one this program needs, or its role lacks a right; a line each.
    case refused([String])

    /// A migration failed and was undone.
    case failed(migration: String, reason: String)

    /// The database can't be reached, or did not answer in time.
    case unavailable(String)

    /// The error for a person, one difference a line.
    public var description: String {
        switch self {
        case .refused(let differences):
            (["the database is not one that this program may use:"] + differences).joined(separator: "\n  - ")
        case .failed(let migration, let reason): "migration \(migration) failed and was undone: \(reason)"
        case .unavailable(let reason): "the schema can't be checked: \(reason)"
        }
    }
}
