import MemoryModel

/// A scope as ranges of agent ids that don't overlap, in ascending order.
struct AgentRanges: Equatable {
    /// The lowest id of each range.
    private(set) var lows: [String] = []

    /// What the ids of each range are below.
    private(set) var uppers: [String] = []

    init(_ scope: AgentScope) {
        switch scope {
        case .all: append(low: "", upper: Self.aboveAll)
        case .only(let agents, let prefixes):
            // An id that has a listed prefix is in that prefix's range already.
            let ranges =
                prefixes.filter { prefix in !prefixes.contains { $0 != prefix && Self.begins(prefix, with: $0) } }
                .map { ($0, $0 + Self.aboveAll) }
                + agents.filter { agent in !prefixes.contains { Self.begins(agent.value, with: $0) } }
                .map { ($0.value, $0.value + Self.belowAll) }
            for range in ranges.sorted(by: { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }) {
                append(low: range.0, upper: range.1)
            }
        }
    }

    /// Sorts after whatever an agent id can go on with: the last character of the rule is `z`.
    private static let aboveAll = "~"

    /// Sorts before whatever an agent id can go on with: the first character of the rule is `-`.
    private static let belowAll = " "

    private static func begins(_ text: String, with prefix: String) -> Bool { text.utf8.starts(with: prefix.utf8) }

    private mutating func append(low: String, upper: String) {
        lows.append(low)
        uppers.append(upper)
    }
}
