public import MemoryModel
import MonotonicClock

/// Answers kept closer than the store. The service owns this protocol; Redis implements it.
///
/// The contract: once `finishWrite` has returned, no lookup that begins later gives an answer older than that write, from
/// this daemon or any other that shares the store and the cache. `Sources/RedisCache/COHERENCE.md` has the argument, and
/// the bounds where a daemon is cut off. Nothing here throws, and nothing takes longer than the cache's own bound (50 ms
/// a request), whatever becomes of the cache.
public protocol MemoryCache: Sendable {
    /// An answer that this process keeps itself, at once; nil when it has none. It counts as a hit.
    func recall(_ key: CacheKey) -> CachedAnswer?

    /// Looks an answer up, for a caller that waits until `deadline`. Call it before the store is asked.
    func lookUp(_ key: CacheKey, deadline: MonotonicInstant) async -> CacheLookup

    /// Keeps an answer that was read from the store after the lookup that gave `ticket`, unless a write may have changed
    /// it since. Returns at once.
    func keep(_ answer: CachedAnswer, for ticket: CacheTicket)

    /// Begins a write that replaces one memory, before the store is asked; nil when the cache is not in use.
    func prepareWrite(of id: MemoryID) async -> WriteTicket?

    /// Takes back `prepareWrite`, for a write that surely did not happen. Returns at once.
    func abandonWrite(_ ticket: WriteTicket)

    /// Makes every answer that a write changed unfindable. Call it after the commit, before the caller is answered.
    func finishWrite(_ write: CacheableWrite) async

    /// How well the cache is.
    var health: CacheHealth { get }

    /// Reads that the cache answered and could not answer: over all daemons that share it.
    func sharedCounters() async -> CacheCounters

    /// The same for this daemon, since its start.
    var ownCounters: CacheCounters { get }
}

/// What a lookup found.
public enum CacheLookup: Sendable {
    /// The answer.
    case hit(CachedAnswer)

    /// None. What the store answers may be kept with the ticket; nil when it may not be.
    case miss(CacheTicket?)
}

/// An answer in the form in which it is sent.
public struct CachedAnswer: Hashable, Sendable {
    /// The members of the result, without braces and without `servedFrom`.
    public var members: [UInt8]

    /// For one memory: the agent it belongs to, which decides who may read it; nil when there is no such memory.
    public var agentID: AgentID?

    /// The instant from which on the answer is another, since a memory in it expires; nil when none does.
    public var firstExpiry: Timestamp?

    /// Makes an answer of its parts.
    public init(members: [UInt8], agentID: AgentID? = nil, firstExpiry: Timestamp? = nil) {
        self.members = members
        self.agentID = agentID
        self.firstExpiry = firstExpiry
    }
}

/// A lookup that found nothing. Two lookups of one key have equal tickets only if no write of what it asks for was
/// acknowledged between them, so that one answer of the store, asked for after both, serves both.
public struct CacheTicket: Hashable, Sendable {
    /// What was looked up.
    public let key: CacheKey

    /// What the cache needs to tell whether anything was written since.
    public let stamp: [UInt8]

    /// The same for a lookup that was made while this daemon was the only one.
    public let local: LocalStamp?

    /// Makes a ticket of its parts.
    public init(key: CacheKey, stamp: [UInt8], local: LocalStamp? = nil) {
        self.key = key
        self.stamp = stamp
        self.local = local
    }
}

/// The beginning of a write of one memory.
public struct WriteTicket: Hashable, Sendable {
    /// The memory.
    public let id: MemoryID

    /// What the cache needs to tell whether another write came between; nil when the memory can't be cached as it is
    /// written.
    public let stamp: [UInt8]?

    /// The same for a write that began while this daemon was the only one.
    public let local: LocalStamp?

    /// For how long the cache may delay this write from now on.
    public let budget: Duration

    /// Makes a ticket of its parts.
    public init(id: MemoryID, stamp: [UInt8]?, local: LocalStamp? = nil, budget: Duration) {
        self.id = id
        self.stamp = stamp
        self.local = local
        self.budget = budget
    }
}

/// What an answer is good for in the process that made it: equal for two looks only if nothing that it depends on was
/// written between.
public struct LocalStamp: Hashable, Sendable {
    /// Which stretch of time without another daemon.
    public var period: UInt64

    /// The writes so far that may concern the answer.
    public var writes: UInt64

    /// Makes a stamp of its parts.
    public init(period: UInt64, writes: UInt64) {
        self.period = period
        self.writes = writes
    }
}

/// A write, as far as it changes what may be cached.
public enum CacheableWrite: Sendable {
    /// Memories were written or deleted. `places` are where queries find them now or found them before. With a ticket,
    /// `answer` is what `get` of its memory answers from now on.
    case committed(
        ids: [MemoryID], places: [MemoryPlace], ticket: WriteTicket? = nil, answer: CachedAnswer? = nil)

    /// Memories were deleted, or found to have been, of which nobody knows where queries found them.
    case cleared

    /// It can't be known yet whether it was committed.
    case unknown
}

/// How well the cache is.
public enum CacheHealth: Hashable, Sendable {
    /// In use, or about to be.
    case ok(latency: Duration?)

    /// It answers, but must not be relied on for now.
    case degraded(reason: String)

    /// It does not answer.
    case unavailable(reason: String)
}
