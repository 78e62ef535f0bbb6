import ArgumentParser
import DaemonConfiguration
import DaemonMetrics
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
        let configuration = try options.load()
        configuration.bootstrapLogging()
        let logger = Logger(label: "brain-memoryd")
        let metrics = DaemonMetrics(version: ProductVersion.current, instance: configuration.metrics.instance)
        let daemon = Daemon(
            configuration: configuration, logger: logger,
            observer: Observers([LogObserver(logger: logger), metrics.observer]), metrics: metrics)
        // Stopped in reverse: what the daemon does at its end is still measured.
        let textfile = TextfileService(configuration, metrics: metrics, logger: logger)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [textfile].compactMap { $0.map { .init(service: $0) } } + [
                    .init(service: daemon, successTerminationBehavior: .gracefullyShutdownGroup)
                ],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        try await group.run()
    }
}
