public import MemoryModel

/// What `get` answers.
public struct MemoryLookup: Hashable, Sendable {
    /// The memory; nil when there is none.
    public var memory: MemoryRecord?

    /// Which part of the daemon answered.
    public var servedFrom: MethodResult.ServedFrom

    /// Makes an answer of its parts.
    public init(memory: MemoryRecord?, servedFrom: MethodResult.ServedFrom) {
        self.memory = memory
        self.servedFrom = servedFrom
    }
}

/// One page of a query's answers.
public struct QueryPage: Hashable, Sendable {
    /// The memories: newest timestamp first, then greatest id.
    public var memories: [MemoryRecord]

    /// What asks for the next page, with the same filters; nil when nothing more matches.
    public var nextCursor: String?

    /// Which part of the daemon answered.
    public var servedFrom: MethodResult.ServedFrom

    /// Makes a page of its parts.
    public init(memories: [MemoryRecord], nextCursor: String?, servedFrom: MethodResult.ServedFrom) {
        self.memories = memories
        self.nextCursor = nextCursor
        self.servedFrom = servedFrom
    }
}

/// One page of agents, by id.
public struct AgentListPage: Hashable, Sendable {
    /// The agents.
    public var agents: [AgentListing]

    /// What asks for the next page; nil when there are no more.
    public var nextCursor: String?

    /// Makes a page of its parts.
    public init(agents: [AgentListing], nextCursor: String?) {
        self.agents = agents
        self.nextCursor = nextCursor
    }
}

/// What `getStats` answers.
public struct StatisticsReport: Hashable, Sendable {
    /// How much is remembered, and as of when.
    public var statistics: MemoryStatistics

    /// How often reads were answered by the cache.
    public var cache: CacheCounters

    /// Makes a report of its parts.
    public init(statistics: MemoryStatistics, cache: CacheCounters) {
        self.statistics = statistics
        self.cache = cache
    }
}

/// What `storeContext` answers.
public struct StoredContext: Hashable, Sendable {
    /// The memory's id and version, and whether it was created.
    public var outcome: StoreOutcome

    /// The timestamp that the server gave.
    public var timestamp: Timestamp

    /// Makes an answer of its parts.
    public init(outcome: StoreOutcome, timestamp: Timestamp) {
        self.outcome = outcome
        self.timestamp = timestamp
    }
}
