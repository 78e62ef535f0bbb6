extension MemoryFilterSQL {
    /// A read that a filter takes part in.
    enum Read: String, CaseIterable, Sendable {
        /// A page in the order of answers.
        case page
        /// How many memories match.
        case count
        /// A page in the order of insights.
        case insights
        /// How many memories of each agent match.
        case byAgent = "by-agent"
        /// Tags of matches of two agents or more: for few matches, by looking each up.
        case sharedTagsOfFew = "shared-tags-of-few"
        /// The same for many matches, by reading all entries of the tag index; filters with tags don't need it.
        case sharedTagsOfMany = "shared-tags-of-many"
    }

    /// The statement of a read for one shape of filter.
    static func statement(_ read: Read, _ shape: FilterShape) -> FilterStatement {
        var sql = MemoryFilterSQL(shape)
        let text =
            switch read {
            case .page: sql.page(order: "c.\"timestamp\" DESC, c.id DESC", candidates: { $0.newest() })
            case .insights:
                sql.page(
                    order: "c.importance DESC, c.\"timestamp\" DESC, c.id DESC", candidates: { $0.mostImportant() })
            case .count: sql.count()
            case .byAgent: sql.byAgent()
            case .sharedTagsOfFew: sql.sharedTags(ofMany: false)
            case .sharedTagsOfMany: sql.sharedTags(ofMany: true)
            }
        return FilterStatement(text: text, parameters: sql.parameters)
    }

    /// The columns of a record, in the order `RowDecoding` expects them.
    static let recordColumns = """
        m.id, m.agent_id, m."timestamp", m.context, m.embeddings, m.tags, m.importance, m.expires_at, m.version,
        m.created_at, m.updated_at
        """

    /// The records of a page. Every row also says how many candidates there were, one more than the limit at most: more
    /// than the rows that came means that more match; and when the first of the candidates expires. Rows stop where
    /// their sizes add up to more than the budget.
    private mutating func page(order: String, candidates: (inout MemoryFilterSQL) -> String) -> String {
        let preamble = preamble()
        let candidates = candidates(&self)
        return """
            \(with) \(preamble)candidates AS MATERIALIZED (
                \(candidates.indented(by: 4))
            ),
            sized AS (
                SELECT m.*, row_number() OVER page AS position, sum(m.size_bytes) OVER page AS running_bytes,
                    count(*) OVER () AS candidate_count, min(m.expires_at) OVER () AS first_expiry
                FROM candidates AS c
                CROSS JOIN LATERAL (SELECT * FROM brain_memories AS m WHERE m.id = c.id LIMIT 1) AS m
                WINDOW page AS (ORDER BY \(order))
            )
            SELECT \(Self.recordColumns.indented(by: 4)), m.candidate_count, m.first_expiry
            FROM sized AS m
            WHERE m.position <= \(placeholder(.limit))
                AND (m.position = 1 OR m.running_bytes <= \(placeholder(.budgetBytes)))
            ORDER BY m.position
            """
    }

    /// How many match, and when the first of them expires.
    private mutating func count() -> String {
        let preamble = preamble()
        let distinct = shape.tags == .any ? "SELECT DISTINCT id, expires_at" : "SELECT expires_at"
        return """
            \(preamble.isEmpty ? "" : with + " " + preamble.dropLast(2) + "\n")SELECT count(*), min(counted.expires_at)
            FROM (
                \(distinct) FROM (
                    \(matches().indented(by: 8))
                ) AS matches
            ) AS counted
            """
    }

    /// How many of each agent match, and when the first of those expires.
    private mutating func byAgent() -> String {
        let preamble = preamble()
        let distinct = shape.tags == .any ? "SELECT DISTINCT id, agent_id, expires_at" : "SELECT agent_id, expires_at"
        return """
            \(preamble.isEmpty ? "" : with + " " + preamble.dropLast(2) + "\n")SELECT counted.agent_id, count(*),
                min(counted.expires_at)
            FROM (
                \(distinct) FROM (
                    \(matches().indented(by: 8))
                ) AS matches
            ) AS counted
            GROUP BY counted.agent_id
            """
    }
}
