import ArgumentParser
import DaemonConfiguration
import DaemonMetrics
import Glibc
import LogEvents
import Logging
import MemoryModel
import MemoryService
import ServiceLifecycle
import SystemdDriver
import UnixSignals

/// Serves until it is told to stop.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve the wire protocol until SIGTERM or SIGINT (the default); SIGHUP reads the configuration again."
    )

    @OptionGroup var options: ConfigurationOptions

    func run() async throws {
        let socket = try passedSocket()
        let configuration = try loadConfiguration(passedSocket: socket?.path)
        let log = DaemonLog(configuration.log)
        let logger = Logger(label: "brain-memoryd")
        logger.log(
            .starting, .notice, "brain-memoryd \(ProductVersion.current) starts, pid \(getpid())",
            metadata: ["version": "\(ProductVersion.current)"])
        do {
            try await serve(configuration, socket, log, logger)
        } catch let failure as DaemonFailure {
            throw failure.logged(by: logger)
        }
    }

    /// The configuration in force. Where the log goes to journald, its mistakes go there as an entry that says what to do.
    private func loadConfiguration(passedSocket: String?) throws -> DaemonConfiguration {
        do {
            return try options.load(passedSocket: passedSocket)
        } catch let failure as DaemonFailure {
            guard DaemonLog.ofJournal() != nil else { throw failure }
            throw failure.logged(by: Logger(label: "brain-memoryd"))
        }
    }

    private func serve(
        _ configuration: DaemonConfiguration, _ socket: ActivationSocket?, _ log: DaemonLog, _ logger: Logger
    ) async throws {
        let hangups = await UnixSignalsSequence(trapping: .sighup)
        let life = try life(logger)
        let status = StatusReporter()
        let reload = ConfigurationReload(configuration, life: life, status: status, logger: logger) {
            [options] () throws(ConfigurationErrors) in try options.read(passedSocket: socket?.path)
        }
        reload.onReload { log.control.apply($0.log) }
        let metrics = DaemonMetrics(version: ProductVersion.current, instance: configuration.metrics.instance)
        let daemon = Daemon(
            configuration: configuration, socket: socket, life: life, status: status, reload: reload, logger: logger,
            observer: Observers([LogObserver(logger: logger, control: log.control), metrics.observer, status]),
            metrics: metrics)
        let reloading = Task { for await _ in hangups { await reload.run() } }
        defer { reloading.cancel() }
        // Stopped in reverse: what the daemon does at its end is still measured.
        let textfile = TextfileService(configuration, metrics: metrics, logger: logger)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [textfile].compactMap { $0.map { .init(service: $0) } } + [
                    .init(service: daemon, successTerminationBehavior: .gracefullyShutdownGroup)
                ],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        try await group.run()
        life.ends()
    }

    private func passedSocket() throws -> ActivationSocket? {
        do throws(ActivationSocket.Failure) {
            return try ActivationSocket.take()
        } catch {
            throw DaemonFailure(status: .configuration, message: error.description)
        }
    }

    private func life(_ logger: Logger) throws -> ServiceLife {
        do throws(ServiceLife.Failure) {
            return try ServiceLife(logger: logger)
        } catch {
            throw DaemonFailure(status: .systemError, message: error.description)
        }
    }
}
