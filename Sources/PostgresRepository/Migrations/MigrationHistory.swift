import SchemaFiles

/// The migrations that a database says it has had, against those that this program knows.
struct MigrationHistory {
    /// One row of `brain_schema_migrations`.
    struct Entry: Hashable {
        var version: Int
        var name: String
        /// SHA-256 of the file's text, in hexadecimal.
        var checksum: String
    }

    let recorded: [Entry]
    let known: [Entry]

    /// Why the two don't go together; empty when `recorded` is how `known` begins.
    var differences: [String] {
        let known = Dictionary(uniqueKeysWithValues: known.map { ($0.version, $0) })
        let newest = self.known.last?.version ?? 0
        return recorded.flatMap { entry -> [String] in
            guard let ours = known[entry.version] else {
                return [
                    "migration \(entry.version) (\(entry.name)) has been applied, and this program knows none after"
                        + " \(newest): the schema is newer than the program"
                ]
            }
            if entry == ours { return [] }
            if entry.name != ours.name {
                return ["migration \(entry.version) is recorded as \(entry.name), and this program's is \(ours.name)"]
            }
            return [
                "migration \(ours.name) was altered after it was applied: its checksum was \(entry.checksum), and this"
                    + " program's file has \(ours.checksum)"
            ]
        } + gaps
    }

    private var gaps: [String] {
        zip(recorded, known).contains { $0.version > $1.version }
            ? ["the recorded migrations \(recorded.map(\.version)) leave one out"] : []
    }

    /// The first known migration that is not recorded.
    var next: Entry? { known.count > recorded.count ? known[recorded.count] : nil }
}
