public import MemoryModel
import MonotonicClock
import WireProtocol

/// What the daemon does: one method for each method of the protocol.
///
/// It decides who may do what, fills in what the server gives, and leaves keeping to the repository. All methods answer by
/// `deadline` and a little, and throw the errors of the protocol.
public struct MemoryService: Sendable {
    let repository: any MemoryRepository
    let cachedReads: CachedReads?
    let maintenance: (any MaintenanceControl)?
    let metrics: (any MetricsSource)?
    let environment: ServiceEnvironment

    /// Makes a service on `repository`, which answers from `cache` what it can, and counts in `reads` how often it could.
    /// Without `maintenance` there are no workers, and without `metrics` nothing is measured.
    public init(
        repository: any MemoryRepository, cache: (any MemoryCache)? = nil, reads: CacheReadCounter = CacheReadCounter(),
        maintenance: (any MaintenanceControl)? = nil, metrics: (any MetricsSource)? = nil,
        environment: ServiceEnvironment
    ) {
        self.repository = repository
        self.maintenance = maintenance
        self.metrics = metrics
        self.environment = environment
        cachedReads = cache.map { CachedReads(cache: $0, reads: reads, now: environment.now) }
    }

    /// The call with an id for each record that came without one: whoever answers for it, if need be in its place, can say
    /// which memories it may have written.
    func naming(_ call: MethodCall) -> MethodCall {
        func named(_ record: RecordParameters) -> RecordParameters {
            var record = record
            record.id = record.id ?? environment.makeID(environment.now())
            return record
        }
        return switch call {
        case .store(let record, let ifVersion): .store(named(record), ifVersion: ifVersion)
        case .storeBatch(let records): .storeBatch(records.map(named))
        case .storeContext(let record): .storeContext(named(record))
        default: call
        }
    }

    // MARK: Agents

    /// Registers an agent.
    public func registerAgent(
        _ registration: AgentRegistration, caller: Caller, deadline: MonotonicInstant
    ) async throws(StoreError) -> RegistrationOutcome {
        try caller.requireWritable(registration.agentID, field: "agentId")
        return try await repository.register(registration, deadline: deadline)
    }

    /// Removes an agent's registration.
    public func unregisterAgent(
        _ agent: AgentID, caller: Caller, deadline: MonotonicInstant
    ) async throws(StoreError) -> Bool {
        try caller.requireWritable(agent, field: "agentId")
        return try await repository.unregister(agent, deadline: deadline)
    }

    /// Lists the agents that the caller may read.
    public func listAgents(
        after agent: AgentID?, limit: Int, caller: Caller, deadline: MonotonicInstant
    ) async throws(StoreError) -> AgentPage {
        try await repository.agents(after: agent, limit: limit, scope: caller.readable, deadline: deadline)
    }
}
