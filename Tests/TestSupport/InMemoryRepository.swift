public import MemoryModel
public import MemoryService
import MonotonicClock
import Synchronization

/// A repository in a dictionary, for tests of what stands before it. `before` runs at the beginning of each call, and may
/// hold it up or throw.
public final class InMemoryRepository: MemoryRepository {
    /// One call, as a test sees it.
    public struct Call: Hashable, Sendable {
        /// The name of the repository's method.
        public let name: String

        /// The memories that it names.
        public let ids: [MemoryID]

        /// The agents that the caller may touch.
        public let scope: AgentScope
    }

    struct State {
        var records: [MemoryID: MemoryRecord] = [:]
        var registrations: [AgentID: (registration: AgentRegistration, at: Timestamp)] = [:]
        var calls: [Call] = []
        var reads = CacheReads()
        var writes: Int64 = 0
    }

    let state = Mutex(State())
    let now: @Sendable () -> Timestamp
    private let before: @Sendable (Call) async throws(StoreError) -> Void

    /// Makes an empty repository.
    public init(
        now: @escaping @Sendable () -> Timestamp,
        before: @escaping @Sendable (Call) async throws(StoreError) -> Void = { _ throws(StoreError) in }
    ) {
        self.now = now
        self.before = before
    }

    /// The calls that began, in order.
    public var calls: [Call] { state.withLock { $0.calls } }

    /// Every record there is, expired ones included.
    public var records: [MemoryRecord] { state.withLock { $0.records.values.sorted { $0.draft.id < $1.draft.id } } }

    func begin(_ name: String, _ ids: [MemoryID] = [], _ scope: AgentScope = .all) async throws(StoreError) {
        let call = Call(name: name, ids: ids, scope: scope)
        state.withLock { $0.calls.append(call) }
        try await before(call)
    }

    // MARK: Writing

    /// Writes all drafts, or none.
    public func store(
        _ drafts: [MemoryDraft], ifVersion: Int64?, returningRecords: Bool, scope: AgentScope,
        deadline: MonotonicInstant
    ) async throws(StoreError) -> [StoredMemory] {
        try await begin("store", drafts.map(\.id), scope)
        let now = now()
        return try state.withLock { state throws(StoreError) in
            for draft in drafts {
                let current = state.live(draft.id, at: now)
                if let current, !scope.contains(current.draft.agentID) {
                    throw StoreError(.permissionDenied, "not yours")
                }
                try Self.check(ifVersion, current)
            }
            return drafts.map { draft in
                let current = state.live(draft.id, at: now)
                let version = (current?.version ?? 0) + 1
                let record = MemoryRecord(
                    draft: draft, version: version, createdAt: current?.createdAt ?? now, updatedAt: now)
                state.records[draft.id] = record
                return StoredMemory(
                    outcome: StoreOutcome(id: draft.id, version: version, created: current == nil),
                    replaced: current.map { MemoryPlace(agentID: $0.draft.agentID, tags: $0.draft.tags) },
                    record: returningRecords ? record : nil)
            }
        }
    }

    /// Deletes one memory; where it was, or nil.
    public func delete(
        _ id: MemoryID, ifVersion: Int64?, scope: AgentScope, deadline: MonotonicInstant
    ) async throws(StoreError) -> MemoryPlace? {
        try await begin("delete", [id], scope)
        let now = now()
        return try state.withLock { state throws(StoreError) in
            let current = state.live(id, at: now)
            if let current, !scope.contains(current.draft.agentID) { throw StoreError(.permissionDenied, "not yours") }
            try Self.check(ifVersion, current)
            state.records.removeValue(forKey: id)
            return current.map { MemoryPlace(agentID: $0.draft.agentID, tags: $0.draft.tags) }
        }
    }

    private static func check(_ ifVersion: Int64?, _ current: MemoryRecord?) throws(StoreError) {
        guard let ifVersion, ifVersion != current?.version ?? 0 else { return }
        throw StoreError(.versionConflict, "version", conflict: current.map { .current($0.version) } ?? .absent)
    }

    /// Deletes every memory of the agents in `scope`.
    public func clear(scope: AgentScope, deadline: MonotonicInstant) async throws(StoreError) -> Int64 {
        try await begin("clear", [], scope)
        let now = now()
        return state.withLock { state in
            let doomed = state.records.values.filter { scope.contains($0.draft.agentID) }
            for record in doomed { state.records.removeValue(forKey: record.draft.id) }
            return Int64(doomed.filter { $0.isLive(at: now) }.count)
        }
    }

    /// Deletes what has expired.
    public func deleteExpired(deadline: MonotonicInstant) async throws(StoreError) -> Int64 {
        try await begin("deleteExpired")
        let now = now()
        return state.withLock { state in
            let doomed = state.records.values.filter { !$0.isLive(at: now) }
            for record in doomed { state.records.removeValue(forKey: record.draft.id) }
            return Int64(doomed.count)
        }
    }
}

extension InMemoryRepository.State {
    func live(_ id: MemoryID, at now: Timestamp) -> MemoryRecord? {
        records[id].flatMap { $0.isLive(at: now) ? $0 : nil }
    }
}

extension MemoryRecord {
    func isLive(at now: Timestamp) -> Bool {
        draft.expiresAt.map { $0 > now } ?? true
    }
}
