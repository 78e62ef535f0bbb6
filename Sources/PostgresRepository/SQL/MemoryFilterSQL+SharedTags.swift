extension MemoryFilterSQL {
    /// Tags that matches of two agents or more carry: the tag, the agents in order, and how many matches carry it. By
    /// most agents, then most matches, then tag.
    mutating func sharedTags(ofMany: Bool) -> String {
        let preamble = preamble()
        let source = ofMany ? tagsByIndex() : tagsByMemory()
        return """
            \(with) \(preamble)carried AS (
                SELECT source.tag, source.agent_id, count(*) AS memories
                FROM (
                    \(source.indented(by: 8))
                ) AS source
                GROUP BY source.agent_id, source.tag
            ),
            shared AS (
                SELECT tag, count(*) AS agents, sum(memories)::bigint AS memories,
                    array_agg(agent_id) AS agent_ids,
                    sum(octet_length(agent_id) + 3) + octet_length(tag) + 64 AS size_bytes
                FROM carried
                GROUP BY tag
                HAVING count(*) >= 2
            ),
            sized AS (
                SELECT *, sum(size_bytes) OVER ranking AS running_bytes
                FROM shared
                WINDOW ranking AS (ORDER BY agents DESC, memories DESC, tag)
            )
            SELECT tag, ARRAY(SELECT a FROM unnest(agent_ids) AS a ORDER BY a), memories, running_bytes::bigint
            FROM sized
            -- One row past the budget says that there are more.
            WHERE running_bytes - size_bytes <= \(placeholder(.budgetBytes))
            ORDER BY agents DESC, memories DESC, tag
            """
    }

    /// The tags of each match: a probe of the primary key for every match.
    private mutating func tagsByMemory() -> String {
        let distinct = shape.tags == .any ? "SELECT DISTINCT id, agent_id" : "SELECT id, agent_id"
        return """
            SELECT tags.tag, matches.agent_id
            FROM (
                \(distinct) FROM (
                    \(self.matches().indented(by: 8))
                ) AS every
            ) AS matches
            CROSS JOIN LATERAL (
                SELECT x.tag FROM brain_memory_tags AS x WHERE x.memory_id = matches.id OFFSET 0
            ) AS tags
            """
    }

    /// The same, by reading all tags of the agents in the order of their index: everyone's by agent and tag, which is
    /// the order in which to count them.
    private mutating func tagsByIndex() -> String {
        let importance = shape.hasMinimumImportance ? ["m.importance >= \(placeholder(.minimumImportance))"] : []
        let owner = shape.scope == .everyone ? [] : ["m.agent_id = a.agent_id"]
        let conditions = owner + importance + bounds(id: "memory_id")
        let range = """
            SELECT m.tag, m.agent_id
            FROM \(Self.tagTable) AS m
            WHERE \(conditions.joined(separator: "\n    AND "))
            ORDER BY m.agent_id, m.tag
            OFFSET 0
            """
        let axes = axes()
        guard !axes.isEmpty else { return range }
        return """
            SELECT range.tag, range.agent_id
            FROM \(axes.joined(separator: "\nCROSS JOIN "))
            CROSS JOIN LATERAL (
                \(range.indented(by: 4))
            ) AS range
            """
    }
}
