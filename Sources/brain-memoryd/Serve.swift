import ArgumentParser
import Logging
import MemoryService
import ServiceLifecycle
import UnixSignals

/// Serves until it is told to stop.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve the wire protocol until SIGTERM or SIGINT (the default).")

    @OptionGroup var options: ConfigurationOptions

    func run() async throws {
        let configuration = try options.load()
        configuration.bootstrapLogging()
        let logger = Logger(label: "brain-memoryd")
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    .init(
                        service: Daemon(
                            configuration: configuration, logger: logger, observer: LogObserver(logger: logger)),
                        successTerminationBehavior: .gracefullyShutdownGroup)
                ],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        try await group.run()
    }
}
