public import MemoryModel

/// What an answer is an answer to.
public enum CacheKey: Hashable, Sendable {
    /// `get` of one memory, by anyone: who may see it is decided when it is answered.
    case memory(MemoryID)

    /// A read of all memories that match a filter.
    case query(CachedQuery)

    /// The one agent whose memories are read, where that is known beforehand.
    var agentID: AgentID? {
        if case .query(let query) = self { query.filter.agentID } else { nil }
    }
}

/// A read of all memories that match a filter, with all that its answer depends on.
public struct CachedQuery: Hashable, Sendable {
    /// Which read.
    public enum Method: String, Hashable, Sendable {
        case query, count, insights
    }

    /// Which read.
    public var method: Method

    /// Which memories.
    public var filter: MemoryFilter

    /// The most memories of the answer; 0 for a count.
    public var limit: Int

    /// After which memory the page begins.
    public var position: PagePosition?

    /// The agents whose memories the caller may read.
    public var scope: AgentScope

    /// Makes a read of its parts.
    public init(
        method: Method, filter: MemoryFilter, limit: Int = 0, position: PagePosition? = nil, scope: AgentScope
    ) {
        self.method = method
        self.filter = filter
        self.limit = limit
        self.position = position
        self.scope = scope
    }
}
