/// The keys about the cache.
extension ConfigurationKeys {
    static let redisURL = ConfigurationKey(
        "redis.url", .redisURL, secret: true,
        "The Redis (6.2 or newer) that caches answers.",
        "  unix:///run/redis/redis-server.sock?db=1",
        "  redis://user:password@localhost:6379/1",
        "Empty: with managed.directory the daemon runs a private Redis, unless managed.redis is off; otherwise there is "
            + "no cache. Whatever becomes of Redis, every request is answered, from PostgreSQL. Several daemons on one "
            + "PostgreSQL must share one Redis and one redis.key_prefix: otherwise they notice, and use no cache.")

    static let redisKeyPrefix = ConfigurationKey(
        "redis.key_prefix", .prefix(maximumBytes: 64),
        "What the names of all keys in Redis begin with, so that several stores can share a Redis without displacing "
            + "each other's answers.")

    static let redisTimeToLive = ConfigurationKey(
        "redis.ttl_ms", .integer(1_000...86_400_000), unit: "milliseconds", default: "300000",
        "How long an answer is cached at most. It is dropped earlier when a memory in it expires or is written.")

    static let redisMaxAnswerBytes = ConfigurationKey(
        "redis.max_answer_bytes", .integer(1_024...16_777_216), unit: "bytes", default: "262144",
        "The largest answer that is cached. Large ones hold up the others on the way from Redis.")

    static let cacheLocalMaxBytes = ConfigurationKey(
        "cache.local_max_bytes", .integer(0...1_073_741_824), unit: "bytes", default: "16777216",
        "How much memory of the daemon's own may hold answers that are read again and again, in front of Redis: they are "
            + "given without asking it. They live half a minute there at most. It is used while Redis is, and this is the only daemon on its PostgreSQL. 0: none."
    )

    static let managedRedis = ConfigurationKey(
        "managed.redis", .choice(["on", "off"]), default: "on",
        "Whether the daemon runs a private Redis beside its private PostgreSQL when redis.url is empty. It keeps nothing "
            + "on disk. Without Redis's program the daemon does without, and says so.")

    static let managedRedisProgram = ConfigurationKey(
        "managed.redis_program", .path,
        "The program redis-server. Empty: it is searched for.")

    static let managedRedisMaxMemory = ConfigurationKey(
        "managed.redis_max_memory_bytes", .integer(4_194_304...1_099_511_627_776), unit: "bytes", default: "67108864",
        "How much memory the private Redis may use for answers. When it is full, the least recently used ones go.")
}
