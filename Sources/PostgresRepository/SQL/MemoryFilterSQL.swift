/// The one place where a filter becomes SQL: every read that can match several memories is made of its parts, so that
/// none can forget whose memories the caller may see, or that some have expired.
///
/// Each read is a set of index ranges, one for every agent, tag and importance that can match; within a range the index
/// holds the memories in the order of answers. An ordered read takes a page from each range and merges them.
/// `schema/QUERY-PLANS.md` says why, and what it costs.
struct MemoryFilterSQL {
    let shape: FilterShape
    private(set) var parameters: [FilterParameter] = []

    init(_ shape: FilterShape) {
        self.shape = shape
    }

    /// The placeholder of a parameter, in order of first use.
    mutating func placeholder(_ parameter: FilterParameter) -> String {
        let index = parameters.firstIndex(of: parameter) ?? parameters.endIndex
        if index == parameters.endIndex { parameters.append(parameter) }
        return "$\(index + 1)::\(parameter.type)"
    }

    // MARK: One index range

    /// The table the ranges are of, always called `m`.
    var table: String { shape.tags == .untagged ? "brain_memories" : Self.tagTable }

    static let tagTable = "brain_memory_tags"

    /// The column of `table` that holds a memory's id.
    var id: String { shape.tags == .untagged ? "id" : "memory_id" }

    /// Whether ranges are of one importance each.
    var isSplitByImportance: Bool { shape.hasMinimumImportance || shape.tags != .untagged }

    /// What a memory must meet to be in a range. `importance` is an SQL expression, nil for any importance.
    mutating func conditions(importance: String?) -> [String] {
        var conditions: [String] = []
        if shape.scope != .everyone { conditions.append("m.agent_id = a.agent_id") }
        if shape.tags != .untagged { conditions.append("m.tag = t.tag") }
        if let importance { conditions.append("m.importance = \(importance)") }
        return conditions + bounds(id: id) + indexChoice(splitByImportance: importance != nil)
    }

    /// The conditions that every read has: the dates, the place where the page before ended, and expiry.
    mutating func bounds(id: String) -> [String] {
        let upper = "(\(placeholder(.upperTimestamp)), \(placeholder(.upperID)))"
        return [
            "m.\"timestamp\" >= \(placeholder(.start))", "(m.\"timestamp\", m.\(id)) < \(upper)", Self.isLive,
        ]
    }

    /// Memory `m` has not expired. now() is when the transaction began, so that all its statements see the same.
    static let isLive = "m.expires_at > now()"

    /// Conditions that are always true, and without which the planner may not use an index: three indexes that would
    /// serve a query badly carry them as predicates, so that it has no choice, whatever it believes about the data.
    func indexChoice(splitByImportance: Bool) -> [String] {
        var conditions: [String] = []
        if shape.scope == .everyone { conditions.append("m.agent_id <> ''") }
        if !splitByImportance { conditions.append("m.id <> ''") }
        return conditions
    }

    // MARK: The ranges that can match

    /// `WITH` clauses that the read needs, each ended by a comma.
    mutating func preamble() -> String {
        guard shape.scope == .ranges else { return "" }
        return """
            agents AS (
                -- From each range's first agent to the next, and so on: one index probe an agent.
                SELECT span.upper, first.agent_id
                FROM unnest(\(placeholder(.rangeLows)), \(placeholder(.rangeUppers))) AS span (low, upper)
                CROSS JOIN LATERAL (
                    SELECT m.agent_id FROM brain_memories AS m
                    WHERE m.agent_id >= span.low AND m.agent_id < span.upper AND m.id <> ''
                    ORDER BY m.agent_id LIMIT 1
                ) AS first
                UNION ALL
                SELECT agents.upper, next.agent_id
                FROM agents
                CROSS JOIN LATERAL (
                    SELECT m.agent_id FROM brain_memories AS m
                    WHERE m.agent_id > agents.agent_id AND m.agent_id < agents.upper AND m.id <> ''
                    ORDER BY m.agent_id LIMIT 1
                ) AS next
            ),

            """
    }

    /// The keyword before the `WITH` clauses.
    var with: String { shape.scope == .ranges ? "WITH RECURSIVE" : "WITH" }

    /// The agents and tags whose ranges are read: a `FROM` list whose rows are called `a` and `t`.
    mutating func axes() -> [String] {
        var axes: [String] = []
        switch shape.scope {
        case .everyone: break
        case .agents: axes.append("unnest(\(placeholder(.agents))) AS a (agent_id)")
        case .ranges: axes.append("agents AS a")
        }
        switch shape.tags {
        case .untagged: break
        case .any: axes.append("unnest(\(placeholder(.tags))) AS t (tag)")
        case .all: axes.append(rarestTag())
        }
        return axes
    }

    /// Of tags that a memory must all have, the rarest leads and the others are looked up, rarest first, for each entry
    /// of it. To find out which is rare, each is counted up to a bound.
    private mutating func rarestTag() -> String {
        let agent = shape.scope == .everyone ? "m.agent_id <> ''" : "m.agent_id = a.agent_id"
        return """
            LATERAL (
                SELECT (array_agg(w.tag ORDER BY rarity.entries, w.tag))[1] AS tag,
                    (array_agg(w.tag ORDER BY rarity.entries, w.tag))[2:] AS others
                FROM unnest(\(placeholder(.tags))) AS w (tag)
                CROSS JOIN LATERAL (
                    SELECT count(*) AS entries
                    FROM (
                        SELECT FROM brain_memory_tags AS m
                        WHERE \(agent) AND m.tag = w.tag AND m.importance >= \(placeholder(.minimumImportance))
                        LIMIT \(Self.countedEntries)
                    ) AS counted
                ) AS rarity
            ) AS t
            """
    }

    /// How many entries of a tag are counted at most, to find the rarest one.
    static let countedEntries = 1_024

    /// With every tag asked for, what a memory of the leading tag's range must still meet; `id` is an SQL expression.
    func remainder(id: String) -> String? {
        guard shape.tags == .all else { return nil }
        return """
            NOT EXISTS (
                SELECT FROM unnest(t.others) AS w (tag)
                WHERE NOT EXISTS (
                    SELECT FROM brain_memory_tags AS other WHERE other.memory_id = \(id) AND other.tag = w.tag
                )
            )
            """
    }
}

extension String {
    /// The text with each line but the first moved right, to stand at an indented place of another text.
    func indented(by spaces: Int) -> String {
        let margin = String(repeating: " ", count: spaces)
        return split(separator: "\n", omittingEmptySubsequences: false)
            .enumerated().map { $0.offset == 0 || $0.element.isEmpty ? String($0.element) : margin + $0.element }
            .joined(separator: "\n")
    }
}
