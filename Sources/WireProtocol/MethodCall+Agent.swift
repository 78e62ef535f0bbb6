public import MemoryModel

extension MethodCall {
    /// The agent that the request is about; nil when it is about none, or several.
    public var agent: AgentID? {
        switch self {
        case .store(let record, _), .storeContext(let record): record.agentID
        case .storeBatch(let records): Set(records.map(\.agentID)).count == 1 ? records.first?.agentID : nil
        case .query(let parameters): parameters.filter.agentID
        case .count(let filter), .getCrossAgentInsights(let filter, _): filter.agentID
        case .clear(.agent(let agent)), .unregisterAgent(let agent): agent
        case .registerAgent(let registration): registration.agentID
        case .get, .getBatch, .delete, .clear(.all), .getStats, .cleanupExpired, .listAgents, .getHealth, .ping,
            .getWorkers, .runWorker, .getCacheHistory, .listBackups, .verifyBackup, .getMetrics:
            nil
        }
    }
}

extension MethodCall {
    /// Whether the request needs root, the daemon's own user or the administrators' group.
    public var isAdministrative: Bool {
        switch self {
        case .clear(.all), .cleanupExpired, .runWorker, .listBackups, .verifyBackup, .getMetrics: true
        default: false
        }
    }

    /// Whether the request is written down in the log, whatever comes of it: the administrative ones, but for the one that
    /// a monitor sends all the time and that tells of nobody's memories.
    public var isAudited: Bool {
        switch self {
        case .getMetrics: false
        default: isAdministrative
        }
    }
}
