public import MemoryModel
import MonotonicClock
public import WireProtocol

extension MemoryService {
    /// One memory, or null when there is none that the caller may read.
    public func get(
        _ id: MemoryID, caller: Caller, deadline: MonotonicInstant
    ) async throws(StoreError) -> MethodResult {
        guard let cachedReads else {
            return .memory(try await record(id, scope: caller.readable, deadline: deadline), servedFrom: .store)
        }
        let service = self
        let (answer, servedFrom) = try await cachedReads.answer(for: .memory(id), deadline: deadline) {
            () throws(StoreError) in
            // For everyone: it may be kept for others who may see more.
            let record = try await service.record(id, scope: .all, deadline: deadline)
            return CachedReads.Loaded(
                result: .memory(record, servedFrom: nil), firstExpiry: record?.draft.expiresAt,
                agentID: record?.draft.agentID)
        }
        return Self.result(answer, servedFrom, caller)
    }

    /// What a caller is told of a memory.
    static func result(
        _ answer: CachedAnswer, _ servedFrom: MethodResult.ServedFrom, _ caller: Caller
    ) -> MethodResult {
        // Not even whether it is cached is told of a memory that the caller may not read.
        if let agent = answer.agentID, !caller.readable.contains(agent) {
            return .encoded(members: AnswerEncoder.noMemory, servedFrom: .store)
        }
        return .encoded(members: answer.members, servedFrom: servedFrom, agent: answer.agentID)
    }

    private func record(
        _ id: MemoryID, scope: AgentScope, deadline: MonotonicInstant
    ) async throws(StoreError) -> MemoryRecord? {
        let records = try await repository.memories(
            withIDs: [id], maximumBytes: Limits.answerBytes, scope: scope, deadline: deadline)
        return records.first ?? nil
    }

    /// Memories by id, in the order asked. Always from the store: it is one lookup by primary key for all of them.
    public func getBatch(
        _ ids: [MemoryID], caller: Caller, deadline: MonotonicInstant
    ) async throws(StoreError) -> [MemoryRecord?] {
        try await repository.memories(
            withIDs: ids, maximumBytes: Limits.answerBytes, scope: caller.readable, deadline: deadline)
    }

    /// One page of matching memories.
    public func query(
        _ parameters: MethodCall.QueryParameters, caller: Caller, deadline: MonotonicInstant
    ) async throws(StoreError) -> MethodResult {
        let key = CachedQuery(parameters, caller)
        let repository = repository
        return try await read(key, showsSource: true, deadline: deadline) { () throws(StoreError) in
            let page = try await repository.page(
                matching: key.filter, after: key.position, limit: key.limit, maximumBytes: Limits.answerBytes,
                scope: key.scope, deadline: deadline)
            return CachedReads.Loaded(
                result: .page(page, filter: key.filter, servedFrom: nil), firstExpiry: page.firstExpiry)
        }
    }

    /// How many memories match.
    public func count(
        _ filter: MemoryFilter, caller: Caller, deadline: MonotonicInstant
    ) async throws(StoreError) -> MethodResult {
        let key = CachedQuery(countOf: filter, caller)
        let repository = repository
        return try await read(key, showsSource: false, deadline: deadline) { () throws(StoreError) in
            let count = try await repository.count(matching: key.filter, scope: key.scope, deadline: deadline)
            return CachedReads.Loaded(result: .count(count.value), firstExpiry: count.firstExpiry)
        }
    }

    /// What matching memories of several agents have in common.
    public func getCrossAgentInsights(
        _ filter: MemoryFilter, limit: Int, caller: Caller, deadline: MonotonicInstant
    ) async throws(StoreError) -> MethodResult {
        let key = CachedQuery(insightsOf: filter, limit: limit, caller)
        let repository = repository
        return try await read(key, showsSource: false, deadline: deadline) { () throws(StoreError) in
            let insights = try await repository.insights(
                matching: key.filter, limit: key.limit, maximumBytes: Limits.answerBytes, scope: key.scope,
                deadline: deadline)
            return CachedReads.Loaded(result: .insights(insights), firstExpiry: insights.firstExpiry)
        }
    }

    /// A read of all memories that match, through the cache if there is one.
    private func read(
        _ key: CachedQuery, showsSource: Bool, deadline: MonotonicInstant,
        _ load: @escaping @Sendable () async throws(StoreError) -> CachedReads.Loaded
    ) async throws(StoreError) -> MethodResult {
        guard let cachedReads else { return try await load().result.served(from: showsSource ? .store : nil) }
        let (answer, servedFrom) = try await cachedReads.answer(for: .query(key), deadline: deadline, load)
        return .encoded(members: answer.members, servedFrom: showsSource ? servedFrom : nil)
    }

    /// How much is remembered, as of the last refresh or, with `fresh`, of this call.
    public func getStats(
        fresh: Bool, caller: Caller, deadline: MonotonicInstant
    ) async throws(StoreError) -> MethodResult {
        let statistics = try await repository.statistics(
            maximumAge: fresh ? .zero : environment.statisticsMaximumAge.value, scope: caller.readable,
            deadline: deadline)
        return .statistics(statistics, cache: await cachedReads?.cache.sharedCounters() ?? CacheCounters())
    }

    /// How well the daemon is. Never fails, and answers within 100 ms whatever the store does; `patience` is how long the
    /// store may take instead before it counts as unavailable.
    public func getHealth(patience: Duration? = nil) async -> HealthReport {
        let health = await repository.health(within: patience ?? ServiceEnvironment.healthTimeout)
        let store =
            switch health {
            case .available(let latency):
                HealthReport.Part(status: .ok, latencyMilliseconds: latency / .milliseconds(1))
            case .unavailable(let reason):
                HealthReport.Part(status: .unavailable, reason: reason)
            }
        let cache = HealthReport.Part(cachedReads?.cache, failure: environment.cacheFailure)
        let workers = getWorkers()
        let isDegraded =
            store.status == .ok
            && (cache.status == .unavailable || cache.status == .degraded || workers.contains { $0.problem != nil })
        return HealthReport(
            status: isDegraded ? .degraded : store.status, version: environment.version,
            limits: environment.limits.value,
            uptimeSeconds: (environment.startedAt.duration(to: .now)) / .seconds(1), store: store, cache: cache,
            workers: Dictionary(workers.map { ($0.name, $0.health) }) { first, _ in first })
    }
}

extension HealthReport.Part {
    /// What is told of the cache; without one it is disabled, or `failure` is why.
    fileprivate init(_ cache: (any MemoryCache)?, failure: String?) {
        guard let cache else {
            self.init(status: failure == nil ? .disabled : .unavailable, reason: failure)
            return
        }
        switch cache.health {
        case .ok(let latency):
            self.init(status: .ok, latencyMilliseconds: latency.map { $0 / .milliseconds(1) })
        case .degraded(let reason): self.init(status: .degraded, reason: reason)
        case .unavailable(let reason): self.init(status: .unavailable, reason: reason)
        }
        counters = cache.ownCounters
    }
}
