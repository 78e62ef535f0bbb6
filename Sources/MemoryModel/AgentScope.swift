/// Which agents a pattern of the access rules stands for.
public enum AgentPattern: Hashable, Sendable, CustomStringConvertible {
    /// Every agent: `*`.
    case any

    /// The agents whose id begins so: `team-*`.
    case prefix(String)

    /// One agent.
    case exact(AgentID)

    /// Whether the pattern stands for `agent`.
    public func matches(_ agent: AgentID) -> Bool {
        switch self {
        case .any: true
        case .prefix(let prefix): agent.value.utf8.starts(with: prefix.utf8)
        case .exact(let exact): exact == agent
        }
    }

    /// The pattern as the configuration spells it.
    public var description: String {
        switch self {
        case .any: "*"
        case .prefix(let prefix): prefix + "*"
        case .exact(let agent): agent.value
        }
    }
}

/// The agents whose memories a caller may touch.
public enum AgentScope: Hashable, Sendable {
    /// Every agent.
    case all

    /// The agents with these ids and those whose id begins with one of the prefixes; with both empty, none.
    case only(agents: Set<AgentID>, prefixes: Set<String>)

    /// No agent at all.
    public static let none = AgentScope.only(agents: [], prefixes: [])

    /// The scope that `patterns` add up to.
    public init(_ patterns: some Sequence<AgentPattern>) {
        var agents: Set<AgentID> = []
        var prefixes: Set<String> = []
        for pattern in patterns {
            switch pattern {
            case .any:
                self = .all
                return
            case .prefix(let prefix): prefixes.insert(prefix)
            case .exact(let agent): agents.insert(agent)
            }
        }
        self = .only(agents: agents, prefixes: prefixes)
    }

    /// Whether `agent` is in the scope.
    public func contains(_ agent: AgentID) -> Bool {
        switch self {
        case .all: true
        case .only(let agents, let prefixes):
            agents.contains(agent) || prefixes.contains { agent.value.utf8.starts(with: $0.utf8) }
        }
    }

    /// The part of the scope that is `agent`: that agent alone, or none.
    public func narrowed(to agent: AgentID) -> AgentScope {
        contains(agent) ? .only(agents: [agent], prefixes: []) : .none
    }

    /// Whether no agent can be in the scope.
    public var isEmpty: Bool { self == .none }
}
