import DaemonConfiguration
import DaemonMetrics
import Maintenance
import Foundation
import Logging
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

/// The daemon's parts, started in order and stopped in reverse: PostgreSQL, Redis, the socket, the schema.
struct Daemon: Service {
    let configuration: DaemonConfiguration
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
            if let url = configuration.postgres.url {
                try await serve(.init(postgres: url, redis: configuration.redis.url))
            } else {
                try await serveManaged()
            }
        } catch let error as SocketError {
            throw DaemonFailure(error)
        } catch let error as ManagedPostgresError {
            if error.kind == .cancelled { return }
            throw DaemonFailure(error)
        }
        logger.notice("stopped")
    }

    /// Serves from a PostgreSQL and a Redis of the daemon's own, which outlive every client and are stopped last.
    private func serveManaged() async throws {
        let managed = ManagedPostgres(configuration: configuration.managedPostgres, logger: logger)
        let connectionInfo = try await cancelWhenGracefulShutdown { try await managed.start() }
        let servers = Servers(postgres: connectionInfo, replication: managed.administrativeConnectionInfo)
        try await run({ try await serveBesideRedis(servers) }, thenEnd: { await managed.stop() })
    }

    /// Where the servers are.
    private struct Servers {
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
            logger.warning("serving without a cache: there is no Redis", metadata: ["reason": "\(error)"])
            servers.cacheFailure = "\(error)"
            return try await serve(servers)
        }
        await Self.wait(for: managed)
        try await run({ [servers] in try await serve(servers) }, thenEnd: { await managed.stop() })
    }

    /// Waits until a private Redis answers: it takes some hundredths of a second, and a beginning without it would be
    /// told as a failure. One that takes long is not waited for.
    private static func wait(for redis: ManagedRedis) async {
        let end = ContinuousClock.now + redisPatience
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
    private struct Parts {
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

    private func serve(_ parts: Parts, _ cacheFailure: String?) async throws {
        let gate = SchemaGate(closedBecause: "its schema has not been checked yet")
        let reads = CacheReadCounter()
        let maintenance = MaintenanceParts(
            configuration, pool: parts.ownPool, gate: gate, reads: parts.cache.cache == nil ? nil : reads,
            backups: parts.backups, observer: observer, logger: logger)
        var repository = PostgresMemoryRepository(pool: parts.pool, gate: gate)
        // Whoever asks for a cleanup waits for its end; the worker has time.
        repository.expiryPacing.rest = 0.5
        let service = MemoryService(
            repository: repository, cache: parts.cache.cache, reads: reads, maintenance: maintenance.control,
            metrics: metrics, environment: environment(cacheFailure))
        let server = try SocketServer(
            configuration: configuration.socketServer,
            processor: processor(service),
            policy: AccessPolicy(
                rules: configuration.access.rules, administratorGroup: configuration.access.adminGroup,
                daemonUser: geteuid()),
            observer: observer)
        metrics.attach(pool: parts.pool, server: server, service: service, maintenance, repository)
        try server.start()
        logger.notice("listening", metadata: ["socket": "\(configuration.socket.path)"])
        let opening = SchemaOpening(
            runner: MigrationRunner(pool: parts.ownPool), gate: gate, logger: logger,
            preparing: { try await parts.backups?.dumpBeforeMigration($0, configuration, logger: logger) },
            joining: { try await parts.cache.join() })
        let (opened, open) = AsyncStream<Void>.makeStream()
        let work = Task { for await _ in opened { await maintenance.scheduler.run() } }
        let failure = await serve(once: opening) { open.yield() }
        // Requests under way may need what the workers do: a strict stream of WAL.
        await server.stop()
        open.finish()
        work.cancel()
        await work.value
        if let failure { throw failure }
    }

    /// Brings the schema up to date as soon as PostgreSQL can be reached, then waits for the end. Callers are answered
    /// `store_unavailable` until then. Returns why the schema can't be used, if so.
    private func serve(once opening: SchemaOpening, then begin: @escaping @Sendable () -> Void) async
        -> DaemonFailure?
    {
        do {
            try await cancelWhenGracefulShutdown {
                let report = try await opening.openWhenReachable()
                logger.notice("serving", metadata: ["schema_version": "\(report.version)"])
                begin()
                try await gracefulShutdown()
            }
        } catch let error as MigrationError {
            return DaemonFailure(status: .dataError, message: error.description)
        } catch let failure as DaemonFailure {
            return failure
        } catch {
            // Cancelled: this is the end that was waited for.
        }
        return nil
    }

    private func environment(_ cacheFailure: String?) -> ServiceEnvironment {
        ServiceEnvironment(
            now: { Timestamp.wallClock }, startedAt: .now, version: ProductVersion.current,
            limits: configuration.advertisedLimits, statisticsMaximumAge: configuration.stats.maxAge,
            cacheFailure: cacheFailure)
    }

    private func processor(_ service: MemoryService) -> RequestProcessor {
        RequestProcessor(
            service: service, observer: observer,
            standardDeadlineMilliseconds: Int64(configuration.limits.defaultDeadline / .milliseconds(1)))
    }
}
