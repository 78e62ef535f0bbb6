public import MemoryModel

/// What a method answers, ready to be written.
public enum MethodResult: Sendable {
    case stored(StoreOutcome)
    case storedBatch([StoreOutcome])
    case storedContext(StoreOutcome, timestamp: Timestamp)
    case memory(MemoryRecord?, servedFrom: ServedFrom)
    case memories([MemoryRecord?])
    case page(MemoryPage, filter: MemoryFilter, servedFrom: ServedFrom)
    case count(Int64)
    case deleted(Bool)
    case deletedCount(Int64)
    case statistics(MemoryStatistics, cache: CacheCounters)
    case registered(AgentID, RegistrationOutcome)
    case agents(AgentPage)
    case insights(CrossAgentInsights)
    case health(HealthReport)
    case empty

    /// Which part of the daemon an answer came from.
    public enum ServedFrom: String, Hashable, Sendable {
        case cache, store
    }
}
