public import MemoryModel
import MonotonicClock

/// Where memories are kept for good. The service owns this protocol; PostgreSQL implements it.
///
/// Every method sees live memories only: one whose `expiresAt` has passed exists for none of them. `scope` is the agents
/// whose memories the caller may touch: outside it nothing is read, counted or written. Every method answers by its
/// deadline and a little (0.3 s at most), whatever the server does, and throws `StoreError` of these kinds:
/// `store_unavailable`, `deadline_exceeded` (nothing was written), `commit_unknown` (a write may have happened), `busy`,
/// and the ones named below.
public protocol MemoryRepository: Sendable {
    /// Writes all drafts in one transaction, or none, and returns what became of them in order, with their records if
    /// `returningRecords`. The ids are distinct.
    ///
    /// An id that exists is replaced; its `createdAt` stays. With `ifVersion`, for a single draft, 0 means only if there is
    /// none, and n only if that is its version. Throws `permission_denied` when a memory to replace belongs to an agent
    /// outside `scope` (the new agents were checked before), and `version_conflict` with `conflict` set.
    func store(
        _ drafts: [MemoryDraft], ifVersion: Int64?, returningRecords: Bool, scope: AgentScope,
        deadline: MonotonicInstant
    ) async throws(StoreError) -> [StoredMemory]

    /// The memories with these ids, in the order asked; nil where there is none in `scope`. Throws `invalid_params` for
    /// the field `ids` when they would take more than `maximumBytes` together.
    func memories(
        withIDs ids: [MemoryID], maximumBytes: Int, scope: AgentScope, deadline: MonotonicInstant
    ) async throws(StoreError) -> [MemoryRecord?]

    /// The matching memories after `position`: newest timestamp first, then greatest id. At most `limit`, and fewer when
    /// they would take more than `maximumBytes` together, but at least one if any matches.
    func page(
        matching filter: MemoryFilter, after position: PagePosition?, limit: Int, maximumBytes: Int, scope: AgentScope,
        deadline: MonotonicInstant
    ) async throws(StoreError) -> MemoryPage

    /// How many memories match.
    func count(
        matching filter: MemoryFilter, scope: AgentScope, deadline: MonotonicInstant
    ) async throws(StoreError) -> MemoryCount

    /// What matching memories have in common, all of it as of one instant; at most `limit` memories and `maximumBytes`.
    func insights(
        matching filter: MemoryFilter, limit: Int, maximumBytes: Int, scope: AgentScope,
        deadline: MonotonicInstant
    ) async throws(StoreError) -> CrossAgentInsights

    /// Deletes one memory; where it was, or nil when there was none. Throws `permission_denied` for one outside `scope`, and
    /// `version_conflict` when `ifVersion` (0: only if there is none) does not match.
    func delete(
        _ id: MemoryID, ifVersion: Int64?, scope: AgentScope, deadline: MonotonicInstant
    ) async throws(StoreError) -> MemoryPlace?

    /// Deletes every memory of the agents in `scope`; how many there were.
    func clear(scope: AgentScope, deadline: MonotonicInstant) async throws(StoreError) -> Int64

    /// Deletes for good what has expired, in bounded batches with rests between them; how many it removed. When the
    /// deadline comes before the end it returns what it removed till then. No cache needs to be told: what has expired is
    /// in no answer that was made since, and an answer made before is kept until its first memory expires.
    func deleteExpired(deadline: MonotonicInstant) async throws(StoreError) -> Int64

    /// Statistics of the agents in `scope`, no older than `maximumAge`, which may be zero: then exact at this call.
    func statistics(
        maximumAge: Duration, scope: AgentScope, deadline: MonotonicInstant
    ) async throws(StoreError) -> MemoryStatistics

    /// Statistics of all agents as of the last refresh, however long ago; nil before the first. It refreshes nothing, so what
    /// callers of `getStats` are told is not older for it.
    func keptStatistics(deadline: MonotonicInstant) async throws(StoreError) -> MemoryStatistics?

    /// How often reads were answered by the cache since `start`, in buckets of `bucketSeconds` (a multiple of 60).
    func cacheHistory(
        since start: Timestamp, bucketSeconds: Int64, deadline: MonotonicInstant
    ) async throws(StoreError) -> CacheHistory

    /// Brings the kept statistics up to date, unless that was done less than `maximumAge` ago, at the cost of what changed
    /// since. One refresh runs at a time: who comes second waits, and finds it done.
    @discardableResult
    func refreshStatistics(
        ifOlderThan maximumAge: Duration, deadline: MonotonicInstant
    ) async throws(StoreError) -> StatisticsRefresh

    /// Drops what a refresh would add up if it takes more than `maximumBytes`, so that it can't grow without bound while
    /// nobody refreshes; whether it did. The next refresh reads every memory then.
    func limitStatisticsChanges(
        to maximumBytes: Int64, deadline: MonotonicInstant
    ) async throws(StoreError) -> Bool

    /// Adds reads to the totals of all daemons, to the history, and to the statistics of their agents; returns those of
    /// agents that have no statistics yet, to be told again later. With any error but `commit_unknown` nothing was added.
    func recordCacheReads(
        _ reads: CacheReads, deadline: MonotonicInstant
    ) async throws(StoreError) -> [AgentID: CacheCounters]

    /// How many memories were written, by anyone, since the store began to count; a replaced, deleted or expired one
    /// counts too. It follows a write by up to a second, and may begin anew at 0 when the store does.
    func writeCount(deadline: MonotonicInstant) async throws(StoreError) -> Int64

    /// Registers an agent, or replaces its registration and keeps `registeredAt`.
    func register(
        _ registration: AgentRegistration, deadline: MonotonicInstant
    ) async throws(StoreError) -> RegistrationOutcome

    /// Removes a registration; whether there was one. Memories stay.
    func unregister(_ agent: AgentID, deadline: MonotonicInstant) async throws(StoreError) -> Bool

    /// The agents in `scope` after `agent`, by id: those registered and those with memories.
    func agents(
        after agent: AgentID?, limit: Int, scope: AgentScope, deadline: MonotonicInstant
    ) async throws(StoreError) -> AgentPage

    /// Whether the store answers now. Returns within `timeout`, whatever the server does.
    func health(within timeout: Duration) async -> StoreHealth
}

/// Whether the store can be used.
public enum StoreHealth: Hashable, Sendable {
    /// It answered after `latency`.
    case available(latency: Duration)

    /// It did not answer, and why.
    case unavailable(reason: String)
}
