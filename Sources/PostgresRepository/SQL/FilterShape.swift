/// Which parts a filter has. Each shape is one SQL text, and so one prepared statement; what varies within a shape
/// are its parameters.
struct FilterShape: Hashable, Sendable {
    /// Whose memories are looked at.
    enum Scope: String, CaseIterable, Sendable {
        /// Every agent's.
        case everyone
        /// Those of a list of agents.
        case agents
        /// Those of all agents whose ids are in some ranges: ``AgentRanges``.
        case ranges
    }

    /// What is asked of a memory's tags.
    enum Tags: String, CaseIterable, Sendable {
        case untagged = "no-tags"
        case any = "any-tag"
        case all = "all-tags"
    }

    var scope: Scope
    var tags: Tags
    /// Whether there is a least importance. A filter with tags always has one: 1 is as good as none.
    var hasMinimumImportance: Bool

    /// What the shape is called in `schema/queries`.
    var name: String {
        let parts = [scope.rawValue, tags.rawValue]
        return (tags == .untagged ? parts + [hasMinimumImportance ? "importance" : "no-importance"] : parts)
            .joined(separator: "/")
    }

    /// Every shape there is.
    static let all: [FilterShape] = Scope.allCases.flatMap { scope in
        [
            FilterShape(scope: scope, tags: .untagged, hasMinimumImportance: false),
            FilterShape(scope: scope, tags: .untagged, hasMinimumImportance: true),
            FilterShape(scope: scope, tags: .any, hasMinimumImportance: true),
            FilterShape(scope: scope, tags: .all, hasMinimumImportance: true),
        ]
    }
}

/// A value that a filter's SQL takes.
enum FilterParameter: CaseIterable, Sendable {
    case agents
    case rangeLows
    case rangeUppers
    case tags
    case minimumImportance
    case start
    case upperTimestamp
    case upperID
    case limit
    case budgetBytes

    /// The type its placeholder is cast to.
    var type: String {
        switch self {
        case .agents, .rangeLows, .rangeUppers, .tags: "text[]"
        case .minimumImportance: "int"
        case .start, .upperTimestamp: "timestamptz"
        case .upperID: "text"
        case .limit, .budgetBytes: "bigint"
        }
    }
}

/// A statement's text, and the value that each `$n` stands for.
struct FilterStatement: Sendable {
    var text: String
    var parameters: [FilterParameter]
}
