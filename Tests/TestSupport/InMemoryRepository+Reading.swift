public import MemoryModel
import MonotonicClock
import Synchronization

extension InMemoryRepository {
    /// The memories with these ids, nil where there is none in `scope`.
    public func memories(
        withIDs ids: [MemoryID], maximumBytes: Int, scope: AgentScope, deadline: MonotonicInstant
    ) async throws(StoreError) -> [MemoryRecord?] {
        try await begin("memories", ids, scope)
        let now = now()
        return state.withLock { state in
            ids.map { id in state.live(id, at: now).flatMap { scope.contains($0.draft.agentID) ? $0 : nil } }
        }
    }

    /// One page of matching memories. `maximumBytes` is not looked at.
    public func page(
        matching filter: MemoryFilter, after position: PagePosition?, limit: Int, maximumBytes: Int, scope: AgentScope,
        deadline: MonotonicInstant
    ) async throws(StoreError) -> MemoryPage {
        try await begin("page", [], scope)
        var matching = matches(filter, scope)
        if let position {
            matching.removeAll { ($0.draft.timestamp, $0.draft.id) >= (position.timestamp, position.id) }
        }
        let memories = Array(matching.prefix(limit))
        let last = memories.last.map { PagePosition(timestamp: $0.draft.timestamp, id: $0.draft.id) }
        return MemoryPage(memories: memories, next: matching.count > limit ? last : nil)
    }

    /// How many memories match.
    public func count(
        matching filter: MemoryFilter, scope: AgentScope, deadline: MonotonicInstant
    ) async throws(StoreError) -> MemoryCount {
        try await begin("count", [], scope)
        return MemoryCount(value: Int64(matches(filter, scope).count))
    }

    /// What matching memories have in common, without shared tags.
    public func insights(
        matching filter: MemoryFilter, limit: Int, maximumBytes: Int, scope: AgentScope,
        deadline: MonotonicInstant
    ) async throws(StoreError) -> CrossAgentInsights {
        try await begin("insights", [], scope)
        let matching = matches(filter, scope).sorted { $0.draft.importance > $1.draft.importance }
        let counts = Dictionary(grouping: matching, by: \.draft.agentID).mapValues { Int64($0.count) }
        return CrossAgentInsights(memories: Array(matching.prefix(limit)), countByAgent: counts, sharedTags: [])
    }

    /// Statistics, always exact.
    public func statistics(
        maximumAge: Duration, scope: AgentScope, deadline: MonotonicInstant
    ) async throws(StoreError) -> MemoryStatistics {
        try await begin(maximumAge == .zero ? "freshStatistics" : "statistics", [], scope)
        let all = matches(MemoryFilter(), scope)
        let counts = Dictionary(grouping: all, by: \.draft.agentID).mapValues { Int64($0.count) }
        return MemoryStatistics(
            memoriesByAgent: counts, tagCount: Int64(Set(all.flatMap(\.draft.tags)).count), refreshedAt: now())
    }

    /// The same: they are never refreshed.
    public func keptStatistics(deadline: MonotonicInstant) async throws(StoreError) -> MemoryStatistics? {
        try await statistics(maximumAge: .zero, scope: .all, deadline: deadline)
    }

    /// The live memories in `scope` that match, newest first, then greatest id.
    func matches(_ filter: MemoryFilter, _ scope: AgentScope) -> [MemoryRecord] {
        let now = now()
        let live = state.withLock { Array($0.records.values) }.filter {
            $0.isLive(at: now) && scope.contains($0.draft.agentID)
        }
        return live.filter { filter.matches($0.draft) }.sorted {
            ($0.draft.timestamp, $0.draft.id) > ($1.draft.timestamp, $1.draft.id)
        }
    }
}

extension MemoryFilter {
    fileprivate func matches(_ draft: MemoryDraft) -> Bool {
        if let agentID, agentID != draft.agentID { return false }
        if let start, draft.timestamp < start { return false }
        if let end, draft.timestamp > end { return false }
        if let minimumImportance, draft.importance < minimumImportance { return false }
        guard !tags.isEmpty else { return true }
        return tagMode == .any ? tags.contains { draft.tags.contains($0) } : tags.allSatisfy { draft.tags.contains($0) }
    }
}
