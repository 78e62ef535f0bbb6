public import MemoryModel

/// A request whose parameters were checked against the protocol's rules.
public enum MethodCall: Sendable {
    case store(RecordParameters, ifVersion: Int64?)
    case storeBatch([RecordParameters])
    case get(MemoryID)
    case getBatch([MemoryID])
    case query(QueryParameters)
    case count(MemoryFilter)
    case delete(MemoryID, ifVersion: Int64?)
    case clear(ClearTarget)
    case getStats(fresh: Bool)
    case cleanupExpired
    case registerAgent(AgentRegistration)
    case unregisterAgent(AgentID)
    case listAgents(after: AgentID?, limit: Int)
    case storeContext(RecordParameters)
    case getCrossAgentInsights(MemoryFilter, limit: Int)
    case getHealth
    case ping
    case getWorkers
    case runWorker(String)
    case getCacheHistory(hours: Int)
    case listBackups
    case verifyBackup(String?)
    case getMetrics

    /// What `clear` deletes.
    public enum ClearTarget: Hashable, Sendable {
        /// The memories of one agent.
        case agent(AgentID)

        /// Every memory.
        case all
    }

    /// What `query`, `queryContext` and `getAgentMemories` ask.
    public struct QueryParameters: Hashable, Sendable {
        /// Which memories.
        public var filter: MemoryFilter

        /// The most memories of the page.
        public var limit: Int

        /// Where the page begins; nil for the first.
        public var position: PagePosition?
    }

    /// The memory ids that the request names. Requests of one connection with an id in common take effect in order.
    public var namedMemories: [MemoryID] {
        switch self {
        case .store(let record, _), .storeContext(let record): record.id.map { [$0] } ?? []
        case .storeBatch(let records): records.compactMap(\.id)
        case .get(let id), .delete(let id, _): [id]
        case .getBatch(let ids): ids
        default: []
        }
    }
}
