public import MemoryModel

/// What a method answers, ready to be written.
public enum MethodResult: Sendable {
    case stored(StoreOutcome)
    case storedBatch([StoreOutcome])
    case storedContext(StoreOutcome, timestamp: Timestamp)
    case memory(MemoryRecord?, servedFrom: ServedFrom?)
    case memories([MemoryRecord?])
    case page(MemoryPage, filter: MemoryFilter, servedFrom: ServedFrom?)
    case count(Int64)
    case deleted(Bool)
    case deletedCount(Int64)
    case statistics(MemoryStatistics, cache: CacheCounters)
    case registered(AgentID, RegistrationOutcome)
    case agents(AgentPage)
    case insights(CrossAgentInsights)
    case health(HealthReport)
    case workers([WorkerReport])
    case workerStarted(WorkerStart)
    case cacheHistory(CacheHistory)
    case backups(BackupReport)
    case metrics(MetricsReport)
    case empty

    /// A result whose members were encoded before, without braces and without `servedFrom`; `agent` is the one that a
    /// single memory in it belongs to.
    case encoded(members: [UInt8], servedFrom: ServedFrom?, agent: AgentID? = nil)

    /// Which part of the daemon an answer came from.
    public enum ServedFrom: String, Hashable, Sendable {
        case cache, store
    }

    /// The result with its source told, where it tells one.
    public func served(from source: ServedFrom?) -> MethodResult {
        switch self {
        case .memory(let record, _): .memory(record, servedFrom: source)
        case .page(let page, let filter, _): .page(page, filter: filter, servedFrom: source)
        case .encoded(let members, _, let agent): .encoded(members: members, servedFrom: source, agent: agent)
        default: self
        }
    }

    /// The agent whose one memory it is; nil when it is none's, or that of several perhaps.
    public var agent: AgentID? {
        switch self {
        case .memory(let record, _): record?.draft.agentID
        case .encoded(_, _, let agent): agent
        default: nil
        }
    }
}
