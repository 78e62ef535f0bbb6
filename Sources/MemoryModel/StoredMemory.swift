/// The agent and the tags by which queries find a memory.
public struct MemoryPlace: Hashable, Sendable {
    /// The agent that holds the memory.
    public var agentID: AgentID

    /// Its tags.
    public var tags: [Tag]

    /// Makes a place of its parts.
    public init(agentID: AgentID, tags: [Tag]) {
        self.agentID = agentID
        self.tags = tags
    }
}

/// What a write of one memory came to, and what answers it changed.
public struct StoredMemory: Hashable, Sendable {
    /// What the caller is told.
    public var outcome: StoreOutcome

    /// Where queries found the memory until then, as far as that differs; nil for a new memory.
    public var replaced: MemoryPlace?

    /// The memory as the store holds it now, when it was asked for.
    public var record: MemoryRecord?

    /// Makes a result of its parts.
    public init(outcome: StoreOutcome, replaced: MemoryPlace? = nil, record: MemoryRecord? = nil) {
        self.outcome = outcome
        self.replaced = replaced
        self.record = record
    }
}
