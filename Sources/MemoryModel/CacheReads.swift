/// Reads that a cache could and could not answer, in some time.
public struct CacheReads: Hashable, Sendable {
    /// All of them.
    public var total: CacheCounters

    /// Those of them that are known to have been about one agent's memories.
    public var byAgent: [AgentID: CacheCounters]

    /// Makes counts of their parts.
    public init(total: CacheCounters = CacheCounters(), byAgent: [AgentID: CacheCounters] = [:]) {
        self.total = total
        self.byAgent = byAgent
    }

    /// Whether there were none.
    public var isEmpty: Bool { total == CacheCounters() && byAgent.isEmpty }
}

extension CacheCounters {
    /// The counts of both.
    public static func + (left: CacheCounters, right: CacheCounters) -> CacheCounters {
        CacheCounters(hits: left.hits + right.hits, misses: left.misses + right.misses)
    }

    /// Adds the counts of `right`.
    public static func += (left: inout CacheCounters, right: CacheCounters) { left = left + right }
}
