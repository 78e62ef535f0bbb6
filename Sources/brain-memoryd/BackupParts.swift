import Backups
import DaemonConfiguration
import Maintenance
import Foundation
import Logging
import MemoryService
import PostgresDriver
import PostgresRepository

/// What is needed for backups, or that there are none.
struct BackupParts {
    /// Where they lie, absolute.
    let directory: String
    let keeper: BackupKeeper
    let plan: BackupPlan
    let wal: WALStreamConfiguration?

    /// Nil when none are configured. `replicationURL` is the private PostgreSQL's, if that is what runs.
    init?(_ configuration: DaemonConfiguration, postgres: String, replicationURL: String?, logger: Logger) {
        guard let directory = configuration.backupsDirectory else { return nil }
        self.directory = directory
        let replicationURL = configuration.backups.replicationURL ?? replicationURL
        keeper = BackupKeeper(
            configuration: configuration.backupKeeper(
                directory: directory, postgres: postgres, replicationURL: replicationURL), logger: logger)
        plan = configuration.backupPlan(canReplicate: replicationURL != nil)
        guard let replicationURL, plan.wal != .off else {
            wal = nil
            return
        }
        var stream = WALStreamConfiguration(folders: BackupFolders(root: directory), connectionInfo: replicationURL)
        stream.programsDirectory = configuration.managed.postgresBindir
        wal = stream
    }

    /// The workers that make and check them.
    func workers(_ repository: any MemoryRepository, logger: Logger) -> BackupWorkers {
        BackupWorkers(
            keeper: keeper, plan: plan, walConfiguration: wal, repository: repository, logger: logger)
    }
}
