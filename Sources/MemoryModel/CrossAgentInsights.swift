/// What memories of several agents have in common.
public struct CrossAgentInsights: Hashable, Sendable {
    /// A tag that memories of two agents or more carry.
    public struct SharedTag: Hashable, Sendable {
        /// The tag.
        public var tag: Tag

        /// The agents whose memories carry it, sorted.
        public var agents: [AgentID]

        /// How many memories carry it.
        public var count: Int64

        /// Makes a shared tag of its parts.
        public init(tag: Tag, agents: [AgentID], count: Int64) {
            self.tag = tag
            self.agents = agents
            self.count = count
        }
    }

    /// The most important memories, then newest, then greatest id.
    public var memories: [MemoryRecord]

    /// How many memories match, by agent.
    public var countByAgent: [AgentID: Int64]

    /// By most agents, then most memories, then tag.
    public var sharedTags: [SharedTag]

    /// When the first memory that matches expires, and the insights with it; nil when none does.
    public var firstExpiry: Timestamp?

    /// Makes insights of their parts.
    public init(
        memories: [MemoryRecord], countByAgent: [AgentID: Int64], sharedTags: [SharedTag], firstExpiry: Timestamp? = nil
    ) {
        self.memories = memories
        self.countByAgent = countByAgent
        self.sharedTags = sharedTags
        self.firstExpiry = firstExpiry
    }
}
