import ArgumentParser
import DaemonConfiguration
import Glibc
import LogEvents
import Logging
import MemoryModel
import MemoryService
import ServiceLifecycle
import UnixSignals

/// Serves until it is told to stop.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve the wire protocol until SIGTERM or SIGINT (the default).")

    @OptionGroup var options: ConfigurationOptions

    func run() async throws {
        let configuration = try loadConfiguration()
        let log = DaemonLog(configuration.log)
        let logger = Logger(label: "brain-memoryd")
        logger.log(
            .starting, .notice, "brain-memoryd \(ProductVersion.current) starts, pid \(getpid())",
            metadata: ["version": "\(ProductVersion.current)"])
        do {
            try await serve(configuration, LogObserver(logger: logger, control: log.control), logger)
        } catch let failure as DaemonFailure {
            throw failure.logged(by: logger)
        }
    }

    /// The configuration in force. Where the log goes to journald, its mistakes go there as an entry that says what to do.
    private func loadConfiguration() throws -> DaemonConfiguration {
        do {
            return try options.load()
        } catch let failure as DaemonFailure {
            guard DaemonLog.ofJournal() != nil else { throw failure }
            throw failure.logged(by: Logger(label: "brain-memoryd"))
        }
    }

    private func serve(_ configuration: DaemonConfiguration, _ observer: any Observer, _ logger: Logger) async throws {
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    .init(
                        service: Daemon(configuration: configuration, logger: logger, observer: observer),
                        successTerminationBehavior: .gracefullyShutdownGroup)
                ],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        try await group.run()
    }
}
