public import MemoryModel
public import WireProtocol

extension MemoryService {
    /// One memory, or nil when there is none that the caller may read.
    public func get(
        _ id: MemoryID, caller: Caller, deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> MemoryRecord? {
        let records = try await getBatch([id], caller: caller, deadline: deadline)
        return records.first ?? nil
    }

    /// Memories by id, in the order asked.
    public func getBatch(
        _ ids: [MemoryID], caller: Caller, deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> [MemoryRecord?] {
        try await repository.memories(
            withIDs: ids, maximumBytes: Limits.answerBytes, scope: caller.readable, deadline: deadline)
    }

    /// One page of matching memories.
    public func query(
        _ parameters: MethodCall.QueryParameters, caller: Caller, deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> MemoryPage {
        try await repository.page(
            matching: parameters.filter, after: parameters.position, limit: parameters.limit,
            maximumBytes: Limits.answerBytes, scope: caller.readable, deadline: deadline)
    }

    /// How many memories match.
    public func count(
        _ filter: MemoryFilter, caller: Caller, deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> Int64 {
        try await repository.count(matching: filter, scope: caller.readable, deadline: deadline)
    }

    /// What matching memories of several agents have in common.
    public func getCrossAgentInsights(
        _ filter: MemoryFilter, limit: Int, caller: Caller, deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> CrossAgentInsights {
        try await repository.insights(
            matching: filter, limit: limit, maximumBytes: Limits.answerBytes, scope: caller.readable,
            deadline: deadline)
    }

    /// How much is remembered, as of the last refresh or, with `fresh`, of this call.
    public func getStats(
        fresh: Bool, caller: Caller, deadline: ContinuousClock.Instant
    ) async throws(StoreError) -> MemoryStatistics {
        try await repository.statistics(
            maximumAge: fresh ? .zero : environment.statisticsMaximumAge, scope: caller.readable, deadline: deadline)
    }

    /// How well the daemon is. Never fails, and answers within 100 ms whatever the store does.
    public func getHealth() async -> HealthReport {
        let health = await repository.health(within: ServiceEnvironment.healthTimeout)
        let store =
            switch health {
            case .available(let latency):
                HealthReport.Part(status: .ok, latencyMilliseconds: latency / .milliseconds(1))
            case .unavailable(let reason):
                HealthReport.Part(status: .unavailable, reason: reason)
            }
        return HealthReport(
            status: store.status, version: environment.version, limits: environment.limits,
            uptimeSeconds: (environment.startedAt.duration(to: .now)) / .seconds(1), store: store,
            cache: HealthReport.Part(status: .disabled))
    }
}
