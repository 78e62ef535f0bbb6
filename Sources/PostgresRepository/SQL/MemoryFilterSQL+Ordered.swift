extension MemoryFilterSQL {
    /// The first `limit + 1` matches, newest timestamp first, then greatest id: rows of timestamp and id.
    mutating func newest() -> String {
        let merged = mergedRanges()
        let limit = "LIMIT \(placeholder(.limit)) + 1"
        let order = "ORDER BY \"timestamp\" DESC, id DESC"
        let axes = axes()
        guard !axes.isEmpty else { return "\(merged)\n\(order) \(limit)" }
        let distinct = shape.tags == .any ? "SELECT DISTINCT" : "SELECT"
        return """
            \(distinct) range."timestamp", range.id
            FROM \(axes.joined(separator: "\nCROSS JOIN "))
            CROSS JOIN LATERAL (
                \(merged.indented(by: 4))
                \(order) \(limit)
            ) AS range
            \(order) \(limit)
            """
    }

    /// The ranges of one agent and tag as one, in order: a merge of one for each importance. Not more of a range is
    /// read than the merge needs.
    private mutating func mergedRanges() -> String {
        guard isSplitByImportance else { return range(importance: nil, isOrdered: false) }
        let ranges = (1...10).reversed().map { "(\(range(importance: $0, isOrdered: true).indented(by: 1)))" }
        let union = """
            SELECT merged."timestamp", merged.id
            FROM (
                \(ranges.joined(separator: "\nUNION ALL\n").indented(by: 4))
            ) AS merged
            """
        guard let remainder = remainder(id: "merged.id") else { return union }
        return union + "\nWHERE \(remainder)"
    }

    private mutating func range(importance: Int?, isOrdered: Bool) -> String {
        var conditions = conditions(importance: importance.map(String.init))
        if let importance { conditions.insert("\(importance) >= \(placeholder(.minimumImportance))", at: 0) }
        let order = isOrdered ? "\nORDER BY m.\"timestamp\" DESC, m.\(id) DESC" : ""
        return """
            SELECT m."timestamp", m.\(id) AS id
            FROM \(table) AS m
            WHERE \(conditions.joined(separator: "\n    AND "))\(order)
            """
    }

    /// The first `limit + 1` matches, most important first, then newest, then greatest id: rows of importance,
    /// timestamp and id.
    mutating func mostImportant() -> String {
        let limit = "LIMIT \(placeholder(.limit)) + 1"
        let axes = axes() + [importances()]
        var conditions = conditions(importance: "i.importance")
        if let remainder = remainder(id: "m.\(id)") { conditions.append(remainder.indented(by: 4)) }
        let distinct = shape.tags == .any ? "SELECT DISTINCT" : "SELECT"
        return """
            \(distinct) i.importance, range."timestamp", range.id
            FROM \(axes.joined(separator: "\nCROSS JOIN "))
            CROSS JOIN LATERAL (
                SELECT m."timestamp", m.\(id) AS id
                FROM \(table) AS m
                WHERE \(conditions.joined(separator: "\n    AND ").indented(by: 4))
                ORDER BY m."timestamp" DESC, m.\(id) DESC \(limit)
            ) AS range
            ORDER BY importance DESC, "timestamp" DESC, id DESC \(limit)
            """
    }

    /// The importances that can match, as rows called `i`.
    mutating func importances() -> String {
        "generate_series(\(placeholder(.minimumImportance)), 10) AS i (importance)"
    }

    /// Every match, in no order: rows of id, agent and expiry. With several tags asked for, a memory comes once for each it
    /// has.
    mutating func matches() -> String {
        let axes = axes() + (isSplitByImportance ? [importances()] : [])
        var conditions = conditions(importance: isSplitByImportance ? "i.importance" : nil)
        if let remainder = remainder(id: "m.\(id)") { conditions.append(remainder.indented(by: 4)) }
        let range = """
            SELECT m.\(id) AS id, m.agent_id, m.expires_at
            FROM \(table) AS m
            WHERE \(conditions.joined(separator: "\n    AND "))
            """
        guard !axes.isEmpty else { return range }
        return """
            SELECT range.id, range.agent_id, range.expires_at
            FROM \(axes.joined(separator: "\nCROSS JOIN "))
            CROSS JOIN LATERAL (
                \(range.indented(by: 4))
                OFFSET 0
            ) AS range
            """
    }
}
