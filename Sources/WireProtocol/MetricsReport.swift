public import MemoryModel

/// What `getMetrics` tells: how the daemon is at work.
public struct MetricsReport: Hashable, Sendable {
    /// How busy one agent is.
    public struct AgentActivity: Hashable, Sendable {
        /// The agent.
        public var agentID: AgentID

        /// Requests about it over the last minute, about: older ones count for less and less.
        public var requests: Double

        /// How many of these failed.
        public var errors: Double

        /// Makes an activity of its parts.
        public init(agentID: AgentID, requests: Double, errors: Double) {
            self.agentID = agentID
            self.requests = requests
            self.errors = errors
        }
    }

    /// Every series in Prometheus' text format, version 0.0.4.
    public var text: String

    /// The agents with the most requests, the busiest first; at most ``maximumAgents``. They are no series, since there may
    /// be any number of agents.
    public var agents: [AgentActivity]

    /// How many agents are told of.
    public static let maximumAgents = 64

    /// Makes a report of its parts.
    public init(text: String, agents: [AgentActivity] = []) {
        self.text = text
        self.agents = agents
    }
}
