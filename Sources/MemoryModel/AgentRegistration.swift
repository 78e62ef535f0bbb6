public import StrictJSON

/// What an agent says of itself.
public struct AgentRegistration: Hashable, Sendable {
    /// The agent.
    public var agentID: AgentID

    /// A name for people, at most `Limits.agentNameLength` code points.
    public var name: String?

    /// What it can do; distinct and sorted, at most `Limits.tags`.
    public var capabilities: [Tag]

    /// A JSON object of at most `Limits.agentMetadataBytes`.
    public var metadata: JSONText

    /// Makes a registration of values that were checked before.
    public init(agentID: AgentID, name: String? = nil, capabilities: [Tag] = [], metadata: JSONText = .emptyObject) {
        self.agentID = agentID
        self.name = name
        self.capabilities = capabilities
        self.metadata = metadata
    }
}

/// What became of a registration.
public struct RegistrationOutcome: Hashable, Sendable {
    /// Whether the agent was not registered before.
    public var created: Bool

    /// When it was registered first.
    public var registeredAt: Timestamp

    /// Makes an outcome of its parts.
    public init(created: Bool, registeredAt: Timestamp) {
        self.created = created
        self.registeredAt = registeredAt
    }
}

/// One agent in a list: registered, or known by its memories only.
public struct AgentListing: Hashable, Sendable {
    /// What it said of itself; for an agent that is not registered, no name, no capabilities and `{}`.
    public var registration: AgentRegistration

    /// When it was registered; nil when it is not.
    public var registeredAt: Timestamp?

    /// How many memories it has.
    public var memories: Int64

    /// Makes a listing of its parts.
    public init(registration: AgentRegistration, registeredAt: Timestamp?, memories: Int64) {
        self.registration = registration
        self.registeredAt = registeredAt
        self.memories = memories
    }
}

/// One page of agents by id.
public struct AgentPage: Hashable, Sendable {
    /// The agents, in order.
    public var agents: [AgentListing]

    /// After which the next page begins; nil when there are no more.
    public var next: AgentID?

    /// Makes a page of its parts.
    public init(agents: [AgentListing], next: AgentID?) {
        self.agents = agents
        self.next = next
    }
}
