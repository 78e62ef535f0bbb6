import WireProtocol

extension ProtocolMethod {
    /// Its place in `allCases`, so that what belongs to a method is found in an array: a request is counted in less time
    /// than a dictionary takes to hash its method's name.
    var ordinal: Int {
        switch self {
        case .store: 0
        case .storeBatch: 1
        case .get: 2
        case .getBatch: 3
        case .query: 4
        case .count: 5
        case .delete: 6
        case .clear: 7
        case .getStats: 8
        case .cleanupExpired: 9
        case .registerAgent: 10
        case .unregisterAgent: 11
        case .listAgents: 12
        case .storeContext: 13
        case .queryContext: 14
        case .getAgentMemories: 15
        case .getCrossAgentInsights: 16
        case .getHealth: 17
        case .ping: 18
        case .getWorkers: 19
        case .runWorker: 20
        case .getCacheHistory: 21
        case .listBackups: 22
        case .verifyBackup: 23
        case .getMetrics: 24
        }
    }
}
