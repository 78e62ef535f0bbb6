import DaemonFixture
import Foundation
import Logging
import MemoryModel
import MemoryService
import MonotonicClock
import PostgresDriver
import PostgresFixture
import PostgresRepository
import RedisDriver
import RedisFixture
import SocketServer
import WireProtocol

/// What most programs do with a cache, for comparison. It exists in tests only.
final class PlainCache: MemoryCache {
    /// What a write does once it is committed.
    enum Rule: String, Sendable {
        /// It sets the new value.
        case set
        /// It deletes the old value.
        case delete
    }

    private let rule: Rule
    private let client: RedisClient

    init(_ rule: Rule, redis: String) throws {
        self.rule = rule
        client = RedisClient(configuration: RedisClientConfiguration(endpoint: try RedisEndpoint(url: redis)))
        client.start()
    }

    func shutdown() async { await client.shutdown() }

    func recall(_ key: CacheKey) -> CachedAnswer? { nil }

    func lookUp(_ key: CacheKey, deadline: MonotonicInstant) async -> CacheLookup {
        guard case .memory(let id) = key else { return .miss(nil) }
        let reply = try? await client.send([RedisCommand("GET", id.value)], deadline: .now + .seconds(1)).first
        guard case .bulk(let members)? = reply else { return .miss(CacheTicket(key: key, stamp: [])) }
        return .hit(CachedAnswer(members: members))
    }

    func keep(_ answer: CachedAnswer, for ticket: CacheTicket) {
        guard case .memory(let id) = ticket.key else { return }
        Task { await set(id, answer) }
    }

    private func set(_ id: MemoryID, _ answer: CachedAnswer) async {
        let command = RedisCommand([Array("SET".utf8), Array(id.value.utf8), answer.members])
        _ = try? await client.send([command], deadline: .now + .seconds(1))
    }

    func prepareWrite(of id: MemoryID) async -> WriteTicket? {
        rule == .set ? WriteTicket(id: id, stamp: [], budget: .zero) : nil
    }

    func abandonWrite(_ ticket: WriteTicket) {}

    func finishWrite(_ write: CacheableWrite) async {
        guard case .committed(let ids, _, _, let answer) = write else { return }
        for id in ids {
            if let answer {
                await set(id, answer)
            } else {
                _ = try? await client.send([RedisCommand("DEL", id.value)], deadline: .now + .seconds(1))
            }
        }
    }

    var health: CacheHealth { .ok(latency: nil) }
    func sharedCounters() async -> CacheCounters { CacheCounters() }
    var ownCounters: CacheCounters { CacheCounters() }
}

/// Two servers in this process, as daemons are but for their cache.
struct PlainWorld {
    private let redis: RedisServer
    private let folder: PrivateFolder
    private let parts: [(server: SocketServer, cache: PlainCache, pool: PostgresConnectionPool)]

    let sockets: [String]

    static func start(_ rule: PlainCache.Rule) async throws -> PlainWorld {
        let url = try await PostgresServer.shared().createDatabase()
        let redis = try await RedisServer.start()
        let folder = try PrivateFolder()
        let logger = Logger(label: "plain") { _ in SwiftLogNoOpLogHandler() }
        let sockets = ["a", "b"].map { folder.file("\($0).sock") }
        let parts = try sockets.map {
            socket -> (server: SocketServer, cache: PlainCache, pool: PostgresConnectionPool) in
            var settings = PostgresPoolConfiguration(url: url)
            settings.size = 8
            settings.sessionSettings = PostgresMemoryRepository.sessionSettings
            let pool = PostgresConnectionPool(configuration: settings, logger: logger)
            pool.start()
            let cache = try PlainCache(rule, redis: redis.url)
            let environment = ServiceEnvironment(
                now: { Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1e6)) ?? .latest }, startedAt: .now,
                version: ProductVersion.current, limits: [:], statisticsMaximumAge: .seconds(60))
            let observer = LogObserver(logger: logger)
            let service = MemoryService(
                repository: PostgresMemoryRepository(pool: pool), cache: cache, environment: environment)
            let server = try SocketServer(
                configuration: SocketServerConfiguration(path: socket),
                processor: RequestProcessor(
                    service: service, observer: observer, standardDeadlineMilliseconds: 5_000),
                policy: AccessPolicy(rules: [], administratorGroup: nil, daemonUser: geteuid()), observer: observer)
            return (server, cache, pool)
        }
        _ = try await MigrationRunner(pool: parts[0].pool).migrate(deadline: .now + .seconds(60))
        for part in parts { try part.server.start() }
        return PlainWorld(redis: redis, folder: folder, parts: parts, sockets: sockets)
    }

    func end() async throws {
        for part in parts {
            await part.server.stop()
            await part.cache.shutdown()
            await part.pool.shutdown(within: .seconds(1))
        }
        try await redis.shutdown()
        let folder = folder
        try await OwnThread.run { try folder.remove() }
    }
}
