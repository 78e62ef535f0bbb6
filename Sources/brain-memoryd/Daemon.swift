import DaemonConfiguration
import DaemonMetrics
import Maintenance
import Foundation
import LogEvents
import Logging
import MonotonicClock
import Scheduling
import ManagedPostgres
import ManagedRedis
import MemoryModel
import MemoryService
import PostgresDriver
import PostgresRepository
import ProcessSupervision
import RedisCache
import ServiceLifecycle
import SocketServer
import SystemdDriver

/// The daemon's parts, started in order and stopped in reverse: PostgreSQL, Redis, the socket, the schema.
struct Daemon: Service {
    let configuration: DaemonConfiguration
    /// The socket that the service manager passed, if it did.
    let socket: ActivationSocket?
    /// Tells the service manager.
    let life: ServiceLife
    /// Keeps the state in one line current.
    let status: StatusReporter
    /// Tells of each new configuration.
    let reload: ConfigurationReload
    let logger: Logger
    /// Is told everything worth telling, by every part.
    let observer: any Observer
    let metrics: DaemonMetrics

    /// How long statements that still run may take once every client has been answered.
    private static let poolShutdownLimit = Duration.seconds(2)

    /// How long the daemon waits for its private Redis before it serves without.
    private static let redisPatience = Duration.seconds(2)

    /// Serves until graceful shutdown. Throws `DaemonFailure`.
    func run() async throws {
        do {
            try await withGracefulShutdownHandler {
                if let url = configuration.postgres.url {
                    try await serve(.init(postgres: url, redis: configuration.redis.url))
                } else {
                    try await serveManaged()
                }
            } onGracefulShutdown: {
                logger.log(.stopping, .notice, "stopping")
                life.stops("Stopping")
            }
        } catch let error as SocketError {
            throw DaemonFailure(error)
        } catch let error as ManagedPostgresError {
            if error.kind == .cancelled { return }
            throw DaemonFailure(error)
        }
        logger.log(.stopped, .notice, "stopped")
    }

    /// Serves from a PostgreSQL and a Redis of the daemon's own, which outlive every client and are stopped last.
    private func serveManaged() async throws {
        let managed = ManagedPostgres(configuration: configuration.managedPostgres, logger: logger)
        life.says("Starting the private PostgreSQL; after a crash it recovers first")
        let connectionInfo = try await cancelWhenGracefulShutdown { try await managed.start() }
        let servers = Servers(postgres: connectionInfo, replication: managed.administrativeConnectionInfo)
        try await run({ try await serveBesideRedis(servers) }) {
            life.says("Stopping: the private PostgreSQL writes what it holds in memory")
            await managed.stop()
        }
    }

    /// Where the servers are.
    struct Servers {
        let postgres: String
        /// For base backups and the stream of WAL; nil when only the configuration may know.
        var replication: String?
        var redis: String?
        /// Why there is no Redis though there should be one.
        var cacheFailure: String?
    }

    /// Starts the private Redis if there shall be one. Without it the daemon serves all the same.
    private func serveBesideRedis(_ servers: Servers) async throws {
        var servers = servers
        guard configuration.redis.url == nil, configuration.managed.runsRedis else {
            servers.redis = configuration.redis.url
            return try await serve(servers)
        }
        let managed = ManagedRedis(configuration: configuration.managedRedis, logger: logger)
        do throws(ManagedRedisError) {
            servers.redis = try await managed.start()
        } catch {
            logger.log(
                .cacheAbsent, .warning, "serving without a cache, there is no Redis: \(error)",
                metadata: ["reason": "\(error)"])
            servers.cacheFailure = "\(error)"
            return try await serve(servers)
        }
        await Self.wait(for: managed)
        try await run({ [servers] in try await serve(servers) }, thenEnd: { await managed.stop() })
    }

    /// Waits until a private Redis answers: it takes some hundredths of a second, and a beginning without it would be
    /// told as a failure. One that takes long is not waited for.
    private static func wait(for redis: ManagedRedis) async {
        let end = MonotonicInstant.now + redisPatience
        while redis.state.phase != .ready, .now < end, !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(5))
        }
    }

    private func serve(_ servers: Servers) async throws {
        let url = servers.postgres
        var poolConfiguration = configuration.pool(url: url)
        poolConfiguration.onWaited = metrics.waitRecorder()
        let pool = PostgresConnectionPool(configuration: poolConfiguration, logger: logger)
        // The main pool tells of the server's going and coming: once is enough.
        let ownPool = PostgresConnectionPool(
            configuration: configuration.maintenancePool(url: url),
            logger: Logger(label: logger.label) { _ in SwiftLogNoOpLogHandler() })
        let cache = try CacheParts(
            configuration, postgres: url, redis: servers.redis, observer: observer, logger: logger)
        let backups = BackupParts(
            configuration, postgres: url, replicationURL: servers.replication, logger: logger)
        pool.start()
        ownPool.start()
        cache.start()
        let parts = Parts(pool: pool, ownPool: ownPool, cache: cache, backups: backups)
        try await run({ try await serve(parts, servers.cacheFailure) }) {
            await cache.shutdown()
            await ownPool.shutdown(within: Self.poolShutdownLimit)
            await pool.shutdown(within: Self.poolShutdownLimit)
        }
    }

    /// What serving takes.
    struct Parts {
        let pool: PostgresConnectionPool
        /// For the daemon's own work.
        let ownPool: PostgresConnectionPool
        let cache: CacheParts
        let backups: BackupParts?
    }

    /// Runs `work`, and `end` after it, however it ended.
    private func run(_ work: () async throws -> Void, thenEnd end: () async -> Void) async throws {
        do {
            try await work()
        } catch {
            await end()
            throw error
        }
        await end()
    }
}
