public import MemoryModel
public import RedisDriver

/// What can be chosen about the cache.
public struct RedisCacheConfiguration: Sendable {
    /// Where Redis is.
    public var endpoint: RedisEndpoint

    /// What all names begin with, so that several stores can share a Redis.
    public var keyPrefix: String

    /// How long an answer is kept at most.
    public var timeToLive: Duration

    /// The largest answer that is kept, in bytes.
    public var maximumAnswerBytes: Int

    /// How many bytes of answers are kept in the process itself, in front of Redis; 0 for none.
    public var localBytes: Int

    /// The wall clock.
    public var now: @Sendable () -> Timestamp

    /// How long a read may wait for Redis. What a caller notices is at most 50 ms: it includes being woken up late.
    static let readBudget = Duration.milliseconds(35)

    /// How long a write may wait for Redis, in both steps together.
    static let writeBudget = Duration.milliseconds(40)

    /// How much of that the first step may take.
    static let preparationBudget = Duration.milliseconds(30)

    /// How much longer a write may wait, that Redis could not be told of, for the other daemons to be told.
    static let announcementBudget = Duration.milliseconds(10)

    /// How much a write may wait for its second step at the least: a daemon that was short of time itself must not give
    /// up telling Redis.
    static let leastBudget = Duration.milliseconds(10)

    /// How long a lease lasts, and the answer that there is no such memory: both cost a key for each id that is asked
    /// for. A write or a read that takes longer is not cached, nothing else.
    static let lease = Duration.seconds(10)

    /// How long the beginning of a connection may take.
    static let establishingBudget = Duration.milliseconds(500)

    /// How many names one command may carry; a write that changes more begins a new epoch.
    static let maximumNames = 4_096

    /// Makes a configuration of its parts.
    public init(
        endpoint: RedisEndpoint, keyPrefix: String = "", timeToLive: Duration = .seconds(300),
        maximumAnswerBytes: Int = 262_144, localBytes: Int = 0, now: @escaping @Sendable () -> Timestamp
    ) {
        self.endpoint = endpoint
        self.keyPrefix = keyPrefix
        self.timeToLive = timeToLive
        self.maximumAnswerBytes = maximumAnswerBytes
        self.localBytes = localBytes
        self.now = now
    }
}
