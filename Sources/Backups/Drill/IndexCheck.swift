/// Whether a restored database's indexes answer as its tables do.
struct IndexCheck: Sendable {
    let schema: String
    /// How many memories there are.
    let memories: Int64

    /// Each with a query that must be answered from an index, and the number it must answer.
    private var checks: [(name: String, sql: String, expected: Int64)] {
        let table = TableName(schema: schema, table: "brain_memories").quoted
        return [
            (
                "the primary key",
                "SELECT count(*) FROM (SELECT id FROM \(table) LIMIT 100) AS sample "
                    + "JOIN LATERAL (SELECT FROM \(table) AS same WHERE same.id = sample.id OFFSET 0) AS found ON true",
                min(100, memories)
            ),
            ("the indexes by agent", "SELECT count(*) FROM \(table) WHERE agent_id > ''", memories),
        ]
    }

    /// - Parameter query: runs statements and returns the lines of the answer.
    func run(_ query: (String) async throws(BackupError) -> [String]) async throws(BackupError) {
        let settings = "SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_material = off; "
        for check in checks {
            let plan = try await query(settings + "EXPLAIN (COSTS OFF) " + check.sql)
            guard plan.contains(where: { $0.contains("Index") }) else {
                throw BackupError(.mismatch, "\(check.name) of brain_memories can't be used in the restored database")
            }
            let answer = try await query(settings + check.sql)
            guard answer.first.flatMap({ Int64($0) }) == check.expected else {
                throw BackupError(
                    .mismatch,
                    "\(check.name) of brain_memories finds \(answer.first ?? "nothing") memories in the "
                        + "restored database instead of \(check.expected)")
            }
        }
    }
}
