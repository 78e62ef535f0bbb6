import DaemonConfiguration
import DaemonMetrics
import Foundation
import Logging
import Maintenance
import MemoryModel
import MemoryService
import PostgresDriver
import PostgresRepository
import ServiceLifecycle
import SocketServer

extension DaemonMetrics {
    /// How long PostgreSQL may take to answer the probe: a monitor has more time than a caller of getHealth, and should not
    /// take a busy machine for an outage.
    private static let probePatience = Duration.milliseconds(500)

    /// Measures these parts from now on, too.
    func attach(
        pool: PostgresConnectionPool, server: SocketServer, service: MemoryService, _ maintenance: MaintenanceParts,
        _ repository: PostgresMemoryRepository
    ) {
        let control = maintenance.control
        attach { sources in
            sources.pool = { pool.snapshot }
            sources.server = { server.load }
            sources.workers = { control.workers }
            sources.backups = { control.backupFigures }
            sources.health = { await service.getHealth(patience: Self.probePatience) }
            sources.statistics = { deadline in
                (try? await repository.keptStatistics(deadline: deadline)) ?? nil
            }
        }
    }
}

/// Writes the metrics for node_exporter as long as the daemon runs.
struct TextfileService: Service {
    private let exporter: TextfileExporter

    /// Nil when no folder is configured.
    init?(_ configuration: DaemonConfiguration, metrics: DaemonMetrics, logger: Logger) {
        guard let directory = configuration.metrics.textfileDirectory else { return nil }
        exporter = TextfileExporter(
            directory: URL(fileURLWithPath: directory).path, instance: configuration.metrics.instance,
            interval: configuration.metrics.textfileInterval, metrics: metrics, logger: logger)
    }

    func run() async throws {
        await cancelWhenGracefulShutdown { await exporter.run() }
    }
}
