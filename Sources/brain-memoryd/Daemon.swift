import DaemonConfiguration
import Foundation
import Logging
import ManagedPostgres
import MemoryModel
import MemoryService
import PostgresDriver
import PostgresRepository
import ProcessSupervision
import ServiceLifecycle
import SocketServer

/// The daemon's parts, started in order and stopped in reverse: PostgreSQL, the schema, the socket.
struct Daemon: Service {
    let configuration: DaemonConfiguration
    let logger: Logger

    /// How long statements that still run may take once every client has been answered.
    private static let poolShutdownLimit = Duration.seconds(2)

    /// Serves until graceful shutdown. Throws `DaemonFailure`.
    func run() async throws {
        do {
            if let url = configuration.postgres.url {
                try await serve(url)
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

    /// Serves from a PostgreSQL of the daemon's own, which outlives every client and is stopped last.
    private func serveManaged() async throws {
        let managed = ManagedPostgres(configuration: configuration.managedPostgres, logger: logger)
        let connectionInfo = try await cancelWhenGracefulShutdown { try await managed.start() }
        do {
            try await serve(connectionInfo)
        } catch {
            await managed.stop()
            throw error
        }
        await managed.stop()
    }

    private func serve(_ url: String) async throws {
        let pool = PostgresConnectionPool(configuration: configuration.pool(url: url), logger: logger)
        pool.start()
        do {
            try await serve(pool)
        } catch {
            await pool.shutdown(within: Self.poolShutdownLimit)
            throw error
        }
        await pool.shutdown(within: Self.poolShutdownLimit)
    }

    private func serve(_ pool: PostgresConnectionPool) async throws {
        let gate = SchemaGate(closedBecause: "its schema has not been checked yet")
        let server = try SocketServer(
            configuration: configuration.socketServer,
            processor: processor(PostgresMemoryRepository(pool: pool, gate: gate)),
            policy: AccessPolicy(
                rules: configuration.access.rules, administratorGroup: configuration.access.adminGroup,
                daemonUser: geteuid()),
            observer: LogObserver(logger: logger))
        try server.start()
        logger.notice("listening", metadata: ["socket": "\(configuration.socket.path)"])
        let opening = SchemaOpening(runner: MigrationRunner(pool: pool), gate: gate, logger: logger)
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

    private func processor(_ repository: PostgresMemoryRepository) -> RequestProcessor {
        let environment = ServiceEnvironment(
            now: { Timestamp.wallClock }, startedAt: .now, version: ProductVersion.current,
            limits: configuration.advertisedLimits, statisticsMaximumAge: configuration.stats.maxAge)
        return RequestProcessor(
            service: MemoryService(repository: repository, environment: environment),
            observer: LogObserver(logger: logger),
            standardDeadlineMilliseconds: Int64(configuration.limits.defaultDeadline / .milliseconds(1)))
    }
}
