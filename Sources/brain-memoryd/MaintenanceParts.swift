import DaemonConfiguration
import Maintenance
import Logging
import Scheduling
import MemoryModel
import MemoryService
import PostgresDriver
import PostgresRepository

/// The scheduled workers, with connections of their own.
struct MaintenanceParts {
    let scheduler: WorkerScheduler
    let control: DaemonMaintenance

    init(
        _ configuration: DaemonConfiguration, pool: PostgresConnectionPool, gate: SchemaGate,
        reads: CacheReadCounter?, backups: BackupParts?, observer: any Observer, logger: Logger
    ) {
        let repository = PostgresMemoryRepository(pool: pool, gate: gate)
        let store = StoreWorkers(repository: repository, reads: reads)
        let backupWorkers = backups?.workers(repository, logger: logger)
        let workers =
            [
                store.expiryCleanup(configuration.workers.expiryCleanup),
                store.statsRefresh(configuration.workers.statsRefresh),
                store.cacheCounters(configuration.workers.cacheCounters),
            ].compactMap { $0 } + (backupWorkers?.workers ?? [])
        scheduler = WorkerScheduler(
            workers: workers, ledger: PostgresWorkerLedger(pool: pool, gate: gate),
            holder: DaemonIdentity.own.description,
            observer: observer, environment: .init(now: { Timestamp.wallClock }))
        control = DaemonMaintenance(
            scheduler: scheduler, backups: backupWorkers, directory: backups?.directory ?? "")
    }
}
