/// Which memories a query is about. Absent parts don't filter.
public struct MemoryFilter: Hashable, Sendable {
    /// How several tags combine.
    public enum TagMode: String, Hashable, Sendable, CaseIterable {
        /// A memory with at least one of the tags matches.
        case any

        /// A memory with every one of the tags matches.
        case all
    }

    /// The agent whose memories match.
    public var agentID: AgentID?

    /// At most `Limits.tags`, distinct and sorted; empty for no filter.
    public var tags: [Tag]

    /// How the tags combine.
    public var tagMode: TagMode

    /// The earliest timestamp, inclusive.
    public var start: Timestamp?

    /// The latest timestamp, inclusive.
    public var end: Timestamp?

    /// The least importance, 1 to 10.
    public var minimumImportance: Int?

    /// Makes a filter of values that were checked before.
    public init(
        agentID: AgentID? = nil, tags: [Tag] = [], tagMode: TagMode = .any, start: Timestamp? = nil,
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

/// A place in the order of answers (newest timestamp first, then greatest id): a page goes on after it.
public struct PagePosition: Hashable, Sendable {
    /// The timestamp of the last memory before the place.
    public var timestamp: Timestamp

    /// Its id.
    public var id: MemoryID

    /// Makes a place of its parts.
    public init(timestamp: Timestamp, id: MemoryID) {
        self.timestamp = timestamp
        self.id = id
    }
}

/// One page of memories, and where the next begins.
public struct MemoryPage: Hashable, Sendable {
    /// The memories, in order.
    public var memories: [MemoryRecord]

    /// After which the next page begins; nil when nothing more matches.
    public var next: PagePosition?

    /// When the first memory expires that has a part in the page, the one that begins the next page included; nil when
    /// none does. Until then only writes change the page.
    public var firstExpiry: Timestamp?

    /// Makes a page of its parts.
    public init(memories: [MemoryRecord], next: PagePosition?, firstExpiry: Timestamp? = nil) {
        self.memories = memories
        self.next = next
        self.firstExpiry = firstExpiry
    }
}

/// How many memories match.
public struct MemoryCount: Hashable, Sendable {
    /// The number.
    public var value: Int64

    /// When the first of them expires; nil when none does.
    public var firstExpiry: Timestamp?

    /// Makes a count of its parts.
    public init(value: Int64, firstExpiry: Timestamp? = nil) {
        self.value = value
        self.firstExpiry = firstExpiry
    }
}
