import DaemonConfiguration
import Dispatch
import LogEvents
import Logging
import MemoryService
import Synchronization
import SystemdDriver

/// Reads the configuration anew on SIGHUP, and puts in force what is reloadable of it; a bad one changes nothing.
final class ConfigurationReload: Sendable {
    private let read: @Sendable () throws(ConfigurationErrors) -> DaemonConfiguration
    private let life: ServiceLife
    private let status: StatusReporter
    private let logger: Logger
    private let current: Mutex<DaemonConfiguration>
    private let appliers = Mutex<[@Sendable (DaemonConfiguration) -> Void]>([])

    /// Files are read and names looked up here: both block.
    private let queue = DispatchQueue(label: "configuration")

    /// Mistakes that the log tells of one by one.
    private static let mistakesTold = 20

    /// `configuration` is in force; `read` reads it again.
    init(
        _ configuration: DaemonConfiguration, life: ServiceLife, status: StatusReporter, logger: Logger,
        read: @escaping @Sendable () throws(ConfigurationErrors) -> DaemonConfiguration
    ) {
        current = Mutex(configuration)
        self.life = life
        self.status = status
        self.logger = logger
        self.read = read
    }

    /// Puts each configuration that comes in force by a reload to use.
    func onReload(_ apply: @escaping @Sendable (DaemonConfiguration) -> Void) {
        appliers.withLock { $0.append(apply) }
    }

    /// One reload, from RELOADING to READY.
    func run() async {
        life.reloads()
        let result = await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: self.load()) }
        }
        let notice: String?
        switch result {
        case .success(let reload):
            current.withLock { $0 = reload.configuration }
            for apply in appliers.withLock({ $0 }) { apply(reload.configuration) }
            report(reload)
            notice = reload.pending.isEmpty ? nil : "a restart applies \(reload.pending.joined(separator: ", "))"
        case .failure(let errors):
            notice = refuse(errors)
        }
        status.note(notice)
        life.reloaded("Serving; " + (notice ?? "the configuration was reloaded"))
    }

    private func load() -> Result<DaemonConfiguration.Reload, ConfigurationErrors> {
        do throws(ConfigurationErrors) {
            return .success(try current.withLock { $0 }.reloaded(from: try read()))
        } catch {
            return .failure(error)
        }
    }

    private func report(_ reload: DaemonConfiguration.Reload) {
        let (applied, pending) = (reload.applied.joined(separator: ", "), reload.pending.joined(separator: ", "))
        let result = applied.isEmpty ? "nothing that is reloadable has changed" : "in force now: \(applied)"
        logger.log(
            .reloaded, .notice,
            "configuration reloaded: \(result)\(pending.isEmpty ? "" : "; changed, but only a restart applies: \(pending)")",
            metadata: ["applied": "\(applied)", "pending": "\(pending)"])
    }

    /// - Returns: the refusal in a few words.
    private func refuse(_ errors: ConfigurationErrors) -> String {
        for error in errors.errors.prefix(Self.mistakesTold) {
            logger.log(
                .reloadRefused, .error, "the configuration was not reloaded, the one before stays in force: \(error)",
                metadata: ["key": "\(error.key ?? "")", "place": "\(error.source)", "mistake": "\(error.message)"])
        }
        let more = errors.errors.count - 1
        let first = errors.errors.first.map { "\($0)" } ?? "no reason"
        return
            "reload refused, the configuration before stays in force: \(first)\(more > 0 ? " (and \(more) more)" : "")"
    }
}
