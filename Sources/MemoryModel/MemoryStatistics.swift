/// How much is remembered.
public struct MemoryStatistics: Hashable, Sendable {
    /// Memories of each agent that has any.
    public var memoriesByAgent: [AgentID: Int64]

    /// Distinct tags over all of them.
    public var tagCount: Int64

    /// The instant at which this was true.
    public var refreshedAt: Timestamp

    /// Makes statistics of their parts.
    public init(memoriesByAgent: [AgentID: Int64], tagCount: Int64, refreshedAt: Timestamp) {
        self.memoriesByAgent = memoriesByAgent
        self.tagCount = tagCount
        self.refreshedAt = refreshedAt
    }

    /// Memories of all agents.
    public var totalMemories: Int64 { memoriesByAgent.values.reduce(0, +) }
}

/// How often reads were answered by the cache.
public struct CacheCounters: Hashable, Sendable {
    /// Reads answered by the cache.
    public var hits: Int64

    /// Reads answered by the store.
    public var misses: Int64

    /// Makes counters of their parts.
    public init(hits: Int64 = 0, misses: Int64 = 0) {
        self.hits = hits
        self.misses = misses
    }

    /// hits / (hits + misses); 0 when there were no reads.
    public var hitRate: Double {
        hits + misses == 0 ? 0 : Double(hits) / Double(hits + misses)
    }
}
