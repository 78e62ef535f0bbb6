import ArgumentParser
import DaemonConfiguration
import Logging
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
        let socket = try Self.passedSocket()
        let options = options
        let configuration = try options.load(passedSocket: socket?.path)
        configuration.bootstrapLogging()
        let logger = Logger(label: "brain-memoryd")
        let hangups = await UnixSignalsSequence(trapping: .sighup)
        let life = try Self.life(logger)
        let status = StatusReporter()
        let reload = ConfigurationReload(configuration, life: life, status: status, logger: logger) {
            () throws(ConfigurationErrors) in try options.read(passedSocket: socket?.path)
        }
        let daemon = Daemon(
            configuration: configuration, socket: socket, life: life, status: status, reload: reload, logger: logger,
            observer: Observers([LogObserver(logger: logger), status]))
        let reloading = Task { for await _ in hangups { await reload.run() } }
        defer { reloading.cancel() }
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [.init(service: daemon, successTerminationBehavior: .gracefullyShutdownGroup)],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        try await group.run()
        life.ends()
    }

    private static func passedSocket() throws -> ActivationSocket? {
        do throws(ActivationSocket.Failure) {
            return try ActivationSocket.take()
        } catch {
            throw DaemonFailure(status: .configuration, message: error.description)
        }
    }

    private static func life(_ logger: Logger) throws -> ServiceLife {
        do throws(ServiceLife.Failure) {
            return try ServiceLife(logger: logger)
        } catch {
            throw DaemonFailure(status: .systemError, message: error.description)
        }
    }
}
