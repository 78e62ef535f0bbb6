import DaemonConfiguration
import LogEvents
import Logging
import MemoryModel
import MemoryService
import MonotonicClock
import PostgresRepository
import Scheduling
import ServiceLifecycle
import SocketServer
import SystemdDriver

// Serving, once PostgreSQL and Redis are known: the socket, the schema, the workers, and the end.
extension Daemon {
    /// How long callers wait at a socket of the service manager's for a daemon that starts. After that they are let in, and
    /// told `store_unavailable` until PostgreSQL can be reached.
    private static let callersPatience = Duration.seconds(2)

    func serve(_ parts: Parts, _ cacheFailure: String?) async throws {
        let gate = SchemaGate(closedBecause: "its schema has not been checked yet")
        let reads = CacheReadCounter()
        let maintenance = MaintenanceParts(
            configuration, pool: parts.ownPool, gate: gate, reads: parts.cache.cache == nil ? nil : reads,
            backups: parts.backups, observer: observer, logger: logger)
        var repository = PostgresMemoryRepository(
            pool: parts.pool, gate: gate, concurrentStores: min(configuration.postgres.poolSize, 2),
            concurrentReads: min(configuration.postgres.poolSize, DaemonConfiguration.shareOfProcessors))
        // Whoever asks for a cleanup waits for its end; the worker has time.
        repository.expiryPacing.rest = 0.5
        // The daemon's own curiosity must not take a connection from a caller.
        let ownRepository = PostgresMemoryRepository(pool: parts.ownPool, gate: gate)
        let environment = environment(cacheFailure)
        let service = MemoryService(
            repository: repository, cache: parts.cache.cache, reads: reads, maintenance: maintenance.control,
            metrics: metrics, environment: environment)
        let processor = processor(service)
        let server = try SocketServer(
            configuration: configuration.socketServer(adopting: socket?.descriptor), processor: processor,
            policy: configuration.accessPolicy, observer: observer)
        metrics.attach(pool: parts.pool, server: server, service: service, maintenance, ownRepository)
        apply(to: server, processor, environment)
        let opening = SchemaOpening(
            runner: MigrationRunner(pool: parts.ownPool), gate: gate, logger: logger,
            preparing: { try await parts.backups?.dumpBeforeMigration($0, configuration, logger: logger) },
            joining: { try await parts.cache.join() }, telling: { tell($0) })
        let watched = watchedParts(server, maintenance)
        life.watch(watched)
        let admitting = try admitCallers(to: server)
        let (opened, open) = AsyncStream<Void>.makeStream()
        let work = Task { for await _ in opened { await maintenance.scheduler.run() } }
        let failure = await serve(once: opening) {
            try server.start()
            life.serves("Serving")
            status.begin(
                reading: { await service.figures(knowing: $0, reading: ownRepository) }, telling: { life.says($0) })
            open.yield()
        }
        status.end()
        life.stops(failure.map { "Ending: \($0.message)" } ?? "Stopping")
        life.unwatch(watched)
        await admitting?.end()
        life.says("Stopping: requests under way are finished")
        // Requests under way may need what the workers do: a strict stream of WAL.
        await server.stop()
        life.says("Stopping: workers end")
        open.finish()
        work.cancel()
        await work.value
        if let failure { throw failure }
    }

    /// Brings the schema up to date as soon as PostgreSQL can be reached, then waits for the end. Callers are answered
    /// `store_unavailable` until then. Returns why the schema can't be used, if so.
    private func serve(once opening: SchemaOpening, then begin: @escaping @Sendable () throws -> Void) async
        -> DaemonFailure?
    {
        do {
            try await cancelWhenGracefulShutdown {
                let report = try await opening.openWhenReachable()
                try begin()
                logger.log(
                    .ready, .notice, "ready: serving memories with schema version \(report.version)",
                    metadata: ["schema_version": "\(report.version)"])
                try await gracefulShutdown()
            }
        } catch let error as MigrationError {
            return DaemonFailure(status: .dataError, message: error.description)
        } catch let failure as DaemonFailure {
            return failure
        } catch let error as SocketError {
            return DaemonFailure(error)
        } catch {
            // Cancelled: this is the end that was waited for.
        }
        return nil
    }

    // MARK: Callers

    /// Lets callers in who would else be refused: at a socket of our own at once. At one of the service manager's they can
    /// wait, so until they can be served, or have waited for long.
    private func admitCallers(to server: SocketServer) throws -> Admitting? {
        guard let socket else {
            try server.start()
            logger.log(
                .listening, .notice, "listening at \(configuration.socket.path)",
                metadata: ["socket": "\(configuration.socket.path)"])
            return nil
        }
        logger.log(
            .socketTaken, .notice, "serving the service manager's socket \(socket.path)",
            metadata: ["socket": "\(socket.path)"])
        let observer = observer
        return Admitting(
            task: Task {
                guard (try? await Task.sleep(for: Self.callersPatience)) != nil else { return }
                do throws(SocketError) { try server.start() } catch {
                    observer.observe(.acceptFailed(error.description))
                }
            })
    }

    /// The wait after which callers are let in whatever is.
    private struct Admitting {
        let task: Task<Void, Never>

        func end() async {
            task.cancel()
            await task.value
        }
    }

    // MARK: The service manager

    /// What has to turn besides the watched threads.
    private func watchedParts(_ server: SocketServer, _ maintenance: MaintenanceParts) -> [ServiceLife.Part] {
        let scheduler = maintenance.scheduler
        return server.eventLoopProbes.enumerated().map { ServiceLife.Part(name: "event loop \($0)", probe: $1) } + [
            ServiceLife.Part(name: "workers") { done in
                Task {
                    await scheduler.turn()
                    done()
                }
            }
        ]
    }

    private func tell(_ progress: SchemaOpening.Progress) {
        switch progress {
        case .waiting(let reason): life.says("Waiting for PostgreSQL: \(reason)")
        case .migrating(let old, let new): life.says("Bringing the schema from version \(old) to \(new)")
        case .joining: life.says("Making this daemon known to the others on its database")
        }
    }

    /// Has these follow what a reload changes.
    private func apply(to server: SocketServer, _ processor: RequestProcessor, _ environment: ServiceEnvironment) {
        let descriptor = socket?.descriptor
        reload.onReload { configuration in
            server.replacePolicy(with: configuration.accessPolicy)
            server.reconfigure(configuration.socketServer(adopting: descriptor))
            processor.standardDeadline.replace(with: configuration.defaultDeadlineMilliseconds)
            environment.limits.replace(with: configuration.advertisedLimits)
            environment.statisticsMaximumAge.replace(with: configuration.stats.maxAge)
        }
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
            standardDeadlineMilliseconds: configuration.defaultDeadlineMilliseconds)
    }
}
