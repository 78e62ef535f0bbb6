import ArgumentParser
import DaemonConfiguration
import Logging
import ManagedPostgres
import MonotonicClock
import PostgresDriver
import PostgresRepository
import ProcessSupervision

/// Makes or upgrades the schema, checks what is there, and prints it.
struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make or upgrade the schema, check it, and print each table with its indexes.",
        discussion: """
            Running it again changes nothing, and two at once are safe. A schema that was altered by hand, or made by a \
            newer version, is refused with the differences: exit status 65. Before a schema that is there is changed, the \
            memories are dumped, where backups are configured.
            """)

    @OptionGroup var options: ConfigurationOptions

    /// How long a migration may take; on large tables it takes minutes.
    private static let limit = Duration.seconds(3_600)

    func run() async throws {
        let configuration = try options.load()
        _ = DaemonLog(configuration.log)
        let logger = Logger(label: "brain-memoryd")
        if let url = configuration.postgres.url {
            return try await migrate(configuration, url, logger)
        }
        let managed = ManagedPostgres(configuration: configuration.managedPostgres, logger: logger)
        do {
            try await migrate(configuration, try await managed.start(), logger)
        } catch let error as ManagedPostgresError {
            await managed.stop()
            throw DaemonFailure(error)
        } catch {
            await managed.stop()
            throw error
        }
        await managed.stop()
    }

    private func migrate(_ configuration: DaemonConfiguration, _ url: String, _ logger: Logger) async throws {
        let pool = PostgresConnectionPool(configuration: configuration.maintenancePool(url: url), logger: logger)
        pool.start()
        let runner = MigrationRunner(pool: pool)
        let result: Result<MigrationReport, any Error>
        do {
            if let pending = try await runner.pending(deadline: .now + Self.limit) {
                try await BackupParts(configuration, postgres: url, replicationURL: nil, logger: logger)?
                    .dumpBeforeMigration(pending, configuration, logger: logger)
            }
            result = .success(try await runner.migrate(deadline: .now + Self.limit))
        } catch {
            result = .failure(error)
        }
        await pool.shutdown(within: .seconds(2))
        do {
            print(try result.get())
        } catch let error as MigrationError {
            let status: DaemonFailure.Status = if case .unavailable = error { .unavailable } else { .dataError }
            throw DaemonFailure(status: status, message: error.description)
        }
    }
}
