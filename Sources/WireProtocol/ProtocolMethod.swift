/// The methods of the wire protocol, version 1.
public enum ProtocolMethod: String, Hashable, Sendable, CaseIterable {
    case store, storeBatch, get, getBatch, query, count, delete, clear, getStats, cleanupExpired
    case registerAgent, unregisterAgent, listAgents
    case storeContext, queryContext, getAgentMemories, getCrossAgentInsights
    case getHealth, ping
    case getWorkers, runWorker, getCacheHistory, listBackups, verifyBackup
    case getMetrics

    /// Whether the method changes anything, so that calling it twice may differ from calling it once.
    public var isWrite: Bool {
        switch self {
        case .store, .storeBatch, .delete, .clear, .cleanupExpired, .registerAgent, .unregisterAgent, .storeContext,
            .runWorker:
            true
        default: false
        }
    }
}
