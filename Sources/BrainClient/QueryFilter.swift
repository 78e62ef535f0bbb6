public import MemoryModel

/// Which memories a query, a count or insights are about. What is nil or empty does not filter.
public struct QueryFilter: Hashable, Sendable {
    /// The agent whose memories match.
    public var agentID: String?

    /// At most `Limits.tags`.
    public var tags: [String]

    /// Whether one of the tags is enough.
    public var tagMode: MemoryFilter.TagMode

    /// The earliest timestamp, inclusive.
    public var start: Timestamp?

    /// The latest timestamp, inclusive.
    public var end: Timestamp?

    /// The least importance, 1 to 10.
    public var minimumImportance: Int?

    /// A filter of its parts.
    public init(
        agentID: String? = nil, tags: [String] = [], tagMode: MemoryFilter.TagMode = .any, start: Timestamp? = nil,
        end: Timestamp? = nil, minimumImportance: Int? = nil
    ) {
        self.agentID = agentID
        self.tags = tags
        self.tagMode = tagMode
        self.start = start
        self.end = end
        self.minimumImportance = minimumImportance
    }
}
