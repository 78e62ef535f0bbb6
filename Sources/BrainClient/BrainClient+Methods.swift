public import MemoryModel
public import WireProtocol

// The protocol's methods. Each takes a deadline of 1 ms to 10 min (the configuration's when nil) and throws
// `BrainError`.

extension BrainClient {
    /// Stores a memory; one with an id replaces the memory of that id. `ifVersion` makes it conditional: 0 means
    /// "only if there is none", another number that version; when it does not match, the rejection is a
    /// `version_conflict`.
    @discardableResult
    public func store(
        _ memory: NewMemory, ifVersion: Int64? = nil, deadline: Duration? = nil
    ) async throws(BrainError) -> StoreOutcome {
        try await send(.store(memory, ifVersion: ifVersion), deadline: deadline)
    }

    /// Stores 1 to 1,000 memories, all or none; the outcomes come in order.
    @discardableResult
    public func storeBatch(
        _ memories: [NewMemory], deadline: Duration? = nil
    ) async throws(BrainError) -> [StoreOutcome] {
        try await send(.storeBatch(memories), deadline: deadline)
    }

    /// The memory with an id, if there is one.
    public func get(_ id: String, deadline: Duration? = nil) async throws(BrainError) -> MemoryLookup {
        try await send(.get(id), deadline: deadline)
    }

    /// The memories with 1 to 1,000 ids, in order; nil where there is none.
    public func getBatch(_ ids: [String], deadline: Duration? = nil) async throws(BrainError) -> [MemoryRecord?] {
        try await send(.getBatch(ids), deadline: deadline)
    }

    /// One page of the memories that match, newest first: at most `limit` (1 to 1,000, else 100). `cursor` is the
    /// `nextCursor` of the page before. `memories(matching:)` follows all pages.
    public func query(
        _ filter: QueryFilter = QueryFilter(), limit: Int? = nil, cursor: String? = nil, deadline: Duration? = nil
    ) async throws(BrainError) -> QueryPage {
        try await send(.query(filter, limit: limit, cursor: cursor), deadline: deadline)
    }

    /// How many memories match.
    public func count(
        _ filter: QueryFilter = QueryFilter(), deadline: Duration? = nil
    ) async throws(BrainError) -> Int64 {
        try await send(.count(filter), deadline: deadline)
    }

    /// Deletes a memory; whether there was one. `ifVersion` is as for `store`.
    @discardableResult
    public func delete(
        _ id: String, ifVersion: Int64? = nil, deadline: Duration? = nil
    ) async throws(BrainError) -> Bool {
        try await send(.delete(id, ifVersion: ifVersion), deadline: deadline)
    }

    /// Deletes every memory of an agent; how many there were.
    @discardableResult
    public func clear(agentID: String, deadline: Duration? = nil) async throws(BrainError) -> Int64 {
        try await send(.clear(agentID: agentID), deadline: deadline)
    }

    /// Deletes every memory of every agent; how many there were. Needs an administrator.
    @discardableResult
    public func clearAll(deadline: Duration? = nil) async throws(BrainError) -> Int64 {
        try await send(.clearAll, deadline: deadline)
    }

    /// How much is remembered: as of `refreshedAt`, or with `fresh` exactly now.
    public func getStats(fresh: Bool = false, deadline: Duration? = nil) async throws(BrainError) -> StatisticsReport {
        try await send(.getStats(fresh: fresh), deadline: deadline)
    }

    /// Deletes for good what has expired; how many memories this call removed. Needs an administrator.
    @discardableResult
    public func cleanupExpired(deadline: Duration? = nil) async throws(BrainError) -> Int64 {
        try await send(.cleanupExpired, deadline: deadline)
    }

    /// Registers an agent, or replaces its registration.
    @discardableResult
    public func registerAgent(
        _ registration: NewRegistration, deadline: Duration? = nil
    ) async throws(BrainError) -> RegistrationOutcome {
        try await send(.registerAgent(registration), deadline: deadline)
    }

    /// Removes an agent's registration; whether there was one. Its memories stay.
    @discardableResult
    public func unregisterAgent(_ agentID: String, deadline: Duration? = nil) async throws(BrainError) -> Bool {
        try await send(.unregisterAgent(agentID), deadline: deadline)
    }

    /// One page of agents by id, at most `limit` (1 to 1,000, else 100): those registered, and those with memories.
    public func listAgents(
        limit: Int? = nil, cursor: String? = nil, deadline: Duration? = nil
    ) async throws(BrainError) -> AgentListPage {
        try await send(.listAgents(limit: limit, cursor: cursor), deadline: deadline)
    }

    /// Stores a memory whose id and timestamp the daemon gives; those of `memory` are not sent.
    @discardableResult
    public func storeContext(_ memory: NewMemory, deadline: Duration? = nil) async throws(BrainError) -> StoredContext {
        try await send(.storeContext(memory), deadline: deadline)
    }

    /// The same as `query`.
    public func queryContext(
        _ filter: QueryFilter = QueryFilter(), limit: Int? = nil, cursor: String? = nil, deadline: Duration? = nil
    ) async throws(BrainError) -> QueryPage {
        try await send(.queryContext(filter, limit: limit, cursor: cursor), deadline: deadline)
    }

    /// One page of an agent's memories, newest first.
    public func getAgentMemories(
        _ agentID: String, limit: Int? = nil, cursor: String? = nil, deadline: Duration? = nil
    ) async throws(BrainError) -> QueryPage {
        try await send(.getAgentMemories(agentID, limit: limit, cursor: cursor), deadline: deadline)
    }

    /// What memories of several agents have in common; the filter's agent is not sent.
    public func getCrossAgentInsights(
        _ filter: QueryFilter = QueryFilter(), limit: Int? = nil, deadline: Duration? = nil
    ) async throws(BrainError) -> CrossAgentInsights {
        try await send(.getCrossAgentInsights(filter, limit: limit), deadline: deadline)
    }

    /// How well the daemon is.
    public func getHealth(deadline: Duration? = nil) async throws(BrainError) -> HealthReport {
        try await send(.getHealth, deadline: deadline)
    }

    /// How the daemon's scheduled workers are, by name.
    public func getWorkers(deadline: Duration? = nil) async throws(BrainError) -> [WorkerReport] {
        try await send(.getWorkers, deadline: deadline)
    }

    /// Begins a run of a worker now, and returns at once; `getWorkers` tells how it goes. The rejection is `in_progress`
    /// while it runs. Needs an administrator.
    @discardableResult
    public func runWorker(_ name: String, deadline: Duration? = nil) async throws(BrainError) -> WorkerStart {
        try await send(.runWorker(name), deadline: deadline)
    }

    /// How often reads were answered by the cache over the last 1 to 744 hours (24 when nil).
    public func getCacheHistory(
        hours: Int? = nil, deadline: Duration? = nil
    ) async throws(BrainError) -> CacheHistory {
        try await send(.getCacheHistory(hours: hours), deadline: deadline)
    }

    /// The backups, newest first. Needs an administrator.
    public func listBackups(deadline: Duration? = nil) async throws(BrainError) -> BackupReport {
        try await send(.listBackups, deadline: deadline)
    }

    /// The same after every byte of one backup, or with nil of all, was read and checked. Needs an administrator.
    public func verifyBackup(_ id: String? = nil, deadline: Duration? = nil) async throws(BrainError) -> BackupReport {
        try await send(.verifyBackup(id), deadline: deadline)
    }

    /// What the daemon measures of itself, as text for Prometheus, and the busiest agents. Needs an administrator.
    public func getMetrics(deadline: Duration? = nil) async throws(BrainError) -> MetricsReport {
        try await send(.getMetrics, deadline: deadline)
    }

    /// Whether the daemon answers.
    public func ping(deadline: Duration? = nil) async throws(BrainError) {
        try await send(.ping, deadline: deadline)
    }
}
