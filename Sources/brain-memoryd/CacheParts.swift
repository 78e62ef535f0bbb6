import DaemonConfiguration
import Logging
import MemoryModel
import MemoryService
import PostgresDriver
import PostgresRepository
import RedisCache
import RedisDriver

/// The cache, or its absence, and the one connection to PostgreSQL over which daemons learn of each other's.
struct CacheParts {
    /// Nil without Redis.
    let cache: RedisMemoryCache?
    private let absence: CacheAbsence?
    private let peers: PostgresCachePeers

    /// Throws `DaemonFailure` for a URL that can't be read.
    init(
        _ configuration: DaemonConfiguration, postgres: String, redis: String?, observer: any Observer, logger: Logger
    ) throws {
        // The main pool tells of the server's going and coming: once is enough.
        peers = PostgresCachePeers(
            configuration: configuration.cachePeers(url: postgres),
            logger: Logger(label: logger.label) { _ in SwiftLogNoOpLogHandler() })
        guard let redis else {
            (cache, absence) = (nil, CacheAbsence(peers: peers))
            return
        }
        let endpoint: RedisEndpoint
        do throws(RedisURLError) {
            endpoint = try RedisEndpoint(url: redis)
        } catch {
            throw DaemonFailure(status: .configuration, message: "redis.url: \(error)")
        }
        absence = nil
        cache = RedisMemoryCache(
            configuration: RedisCacheConfiguration(
                endpoint: endpoint, keyPrefix: configuration.redis.keyPrefix,
                timeToLive: configuration.redis.timeToLive, maximumAnswerBytes: configuration.redis.maxAnswerBytes,
                localBytes: configuration.redis.localMaxBytes,
                now: { Timestamp.wallClock }),
            peers: peers, observer: observer)
    }

    func start() {
        peers.start()
        absence?.start()
        cache?.start()
    }

    /// Returns when every other daemon knows of this one; before that no write may be acknowledged.
    func join() async throws {
        try await absence?.join()
        try await cache?.join()
    }

    func shutdown() async {
        await absence?.shutdown()
        await cache?.shutdown()
        await peers.shutdown()
    }
}
