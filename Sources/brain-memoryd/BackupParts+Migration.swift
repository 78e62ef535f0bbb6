import Backups
import DaemonConfiguration
import LogEvents
import Logging
import MonotonicClock
import PostgresRepository

extension BackupParts {
    /// How long a dump by another daemon on the same database is waited for.
    private static let patience = Duration.seconds(3_600)

    /// Dumps the memories before their schema is changed. Throws `DaemonFailure` when that can't be done: the schema is
    /// then left as it is, and the daemon before this one can still be used.
    func dumpBeforeMigration(
        _ pending: PendingMigrations, _ configuration: DaemonConfiguration, logger: Logger
    ) async throws {
        guard configuration.backups.dumpsBeforeMigration else { return }
        logger.log(
            .migrationDump, .notice, "dumping the memories before their schema is changed",
            metadata: ["schema_version": "\(pending.current)", "new_version": "\(pending.new)"])
        let end = MonotonicInstant.now + Self.patience
        while true {
            do throws(BackupError) {
                let manifest = try await keeper.makeDump(reason: "migration")
                logger.log(
                    .backupMade, .notice, "dumped to \(manifest.id), \(manifest.bytes) bytes",
                    metadata: ["backup": "\(manifest.id)", "bytes": "\(manifest.bytes)"])
                return
            } catch {
                // Another daemon dumps, perhaps for the same reason.
                if error.kind == .inProgress, .now < end {
                    try await Task.sleep(for: .seconds(1))
                    continue
                }
                if error.kind == .unavailable { throw MigrationError.unavailable(error.message) }
                throw DaemonFailure(
                    status: .unavailable,
                    message: "the schema was not changed, since the dump before that failed: \(error.message)\n"
                        + "Mend that, or set backups.dump_before_migration to off.")
            }
        }
    }
}
