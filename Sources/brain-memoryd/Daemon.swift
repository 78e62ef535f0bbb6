import DaemonConfiguration
import Foundation
import Logging
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

    /// How long statements that still run may take once every client has been answered.
    private static let poolShutdownLimit = Duration.seconds(2)

    /// How long the daemon waits for its private Redis before it serves without.
    private static let redisPatience = Duration.seconds(2)

    /// Serves until graceful shutdown. Throws `DaemonFailure`.
    func run() async throws {
        do {
            if let url = configuration.postgres.url {
                try await serve(url, redis: configuration.redis.url)
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
        try await run({ try await serveBesideRedis(connectionInfo) }, thenEnd: { await managed.stop() })
    }

    /// Starts the private Redis if there shall be one. Without it the daemon serves all the same.
    private func serveBesideRedis(_ postgres: String) async throws {
        guard configuration.redis.url == nil, configuration.managed.runsRedis else {
            return try await serve(postgres, redis: configuration.redis.url)
        }
        let managed = ManagedRedis(configuration: configuration.managedRedis, logger: logger)
        let url: String
        do throws(ManagedRedisError) {
            url = try await managed.start()
        } catch {
            logger.warning("serving without a cache: there is no Redis", metadata: ["reason": "\(error)"])
            return try await serve(postgres, redis: nil, cacheFailure: "\(error)")
        }
        await Self.wait(for: managed)
        try await run({ try await serve(postgres, redis: url) }, thenEnd: { await managed.stop() })
    }

    /// Waits until a private Redis answers: it takes some hundredths of a second, and a beginning without it would be
    /// told as a failure. One that takes long is not waited for.
    private static func wait(for redis: ManagedRedis) async {
        let end = ContinuousClock.now + redisPatience
        while redis.state.phase != .ready, .now < end, !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(5))
        }
    }

    /// `cacheFailure` is why there is no Redis though there should be one.
    private func serve(_ url: String, redis: String?, cacheFailure: String? = nil) async throws {
        let pool = PostgresConnectionPool(configuration: configuration.pool(url: url), logger: logger)
        let parts = try CacheParts(configuration, postgres: url, redis: redis, logger: logger)
        pool.start()
        parts.start()
        try await run({ try await serve(pool, parts, cacheFailure) }) {
            await parts.shutdown()
            await pool.shutdown(within: Self.poolShutdownLimit)
        }
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

    private func serve(
        _ pool: PostgresConnectionPool, _ parts: CacheParts, _ cacheFailure: String?
    ) async throws {
        let gate = SchemaGate(closedBecause: "its schema has not been checked yet")
        let server = try SocketServer(
            configuration: configuration.socketServer,
            processor: processor(PostgresMemoryRepository(pool: pool, gate: gate), parts.cache, cacheFailure),
            policy: AccessPolicy(
                rules: configuration.access.rules, administratorGroup: configuration.access.adminGroup,
                daemonUser: geteuid()),
            observer: LogObserver(logger: logger))
        try server.start()
        logger.notice("listening", metadata: ["socket": "\(configuration.socket.path)"])
        let opening = SchemaOpening(
            runner: MigrationRunner(pool: pool), gate: gate, logger: logger, joining: { try await parts.join() })
        let failure = await serve(once: opening)
        await server.stop()
        if let failure { throw failure }
    }

    /// Brings the schema up to date as soon as PostgreSQL can be reached, then waits for the end. Callers are answered
    /// `store_unavailable` until then. Returns why the schema can't be used, if so.
    private func serve(once opening: SchemaOpening) async -> DaemonFailure? {
        do {
            try await cancelWhenGracefulShutdown {
                let report = try await opening.openWhenReachable()
                logger.notice("serving", metadata: ["schema_version": "\(report.version)"])
                try await gracefulShutdown()
            }
        } catch let error as MigrationError {
            return DaemonFailure(status: .dataError, message: error.description)
        } catch {
            // Cancelled: this is the end that was waited for.
        }
        return nil
    }

    private func processor(
        _ repository: PostgresMemoryRepository, _ cache: RedisMemoryCache?, _ cacheFailure: String?
    ) -> RequestProcessor {
        let environment = ServiceEnvironment(
            now: { Timestamp.wallClock }, startedAt: .now, version: ProductVersion.current,
            limits: configuration.advertisedLimits, statisticsMaximumAge: configuration.stats.maxAge,
            cacheFailure: cacheFailure)
        return RequestProcessor(
            service: MemoryService(repository: repository, cache: cache, environment: environment),
            observer: LogObserver(logger: logger),
            standardDeadlineMilliseconds: Int64(configuration.limits.defaultDeadline / .milliseconds(1)))
    }
}
