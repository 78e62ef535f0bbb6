import LogEvents
import Logging
import MonotonicClock
import ProcessSupervision
import Synchronization

/// A PostgreSQL server of the daemon's own: found, set up, started, kept running and stopped, with nothing to do by
/// hand.
///
/// ```swift
/// let postgres = ManagedPostgres(configuration: .init(directory: "/var/lib/brain-memoryd"), logger: logger)
/// let connectionInfo = try await postgres.start()
/// // … migrate and serve …
/// await postgres.stop()
/// ```
public final class ManagedPostgres: Sendable {
    let configuration: ManagedPostgresConfiguration
    let logger: Logger
    let queue = BlockingQueue(label: "brain-memoryd.managed-postgres")
    private let life = ServerLife(name: "PostgreSQL")
    let administrative = Mutex<String?>(nil)

    /// Does nothing yet: see ``start()``.
    public init(configuration: ManagedPostgresConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    /// Where the server stands now.
    public var state: ManagedPostgresState { life.state }

    /// What libpq needs to connect as the superuser, to the database `postgres`: for backups, replication and repair. Nil
    /// until ``start()`` has prepared the cluster.
    public var administrativeConnectionInfo: String? { administrative.withLock { $0 } }

    /// Locks the folder, makes the cluster if there is none, ends what an earlier daemon left running, starts the
    /// server and returns when it accepts connections. From then on it is started again whenever it dies, until
    /// ``stop()``.
    ///
    /// Cancelling the task, or calling ``stop()`` meanwhile, ends the start with `.cancelled` and nothing left running.
    ///
    /// - Returns: what libpq needs to connect, such as "host=/var/lib/brain-memoryd/run port=5432 dbname=brain
    /// user=brain".
    /// - Throws: what is in the way; nothing is left running or locked then. The server's own end is no error unless it
    ///   happens 8 times before it was ever ready, or it is not ready within `startBound`.
    public func start() async throws(ManagedPostgresError) -> String {
        try await life.start(prepare: prepare, settle: waitUntilReady)
    }

    /// Returns when the server has been stopped by ``stop()``. When the task is cancelled, it stops the server itself.
    ///
    /// - Throws: `ManagedPostgresError.misuse` when the server was not started.
    public func run() async throws {
        try await life.run()
    }

    /// Stops the server by a fast shutdown, by an immediate one when that takes longer than `stopBound`, and gives the
    /// folder back. Returns when it has ended. Can be called at any time and more than once.
    public func stop() async {
        await life.stop()
    }

    /// How often the state is looked at, and how often a long start is told.
    private static let pollInterval = Duration.milliseconds(10)
    private static let reportInterval = Duration.seconds(5)

    private func waitUntilReady(_ supervisor: SupervisedProcess) async throws(ManagedPostgresError) {
        let begin = MonotonicInstant.now
        var nextReport = begin + Self.reportInterval
        while true {
            let snapshot = supervisor.snapshot
            let last = snapshot.lastExit.map { " \($0)" } ?? ""
            if snapshot.status.phase == .ready { return }
            if snapshot.status.phase == .stopped { throw life.stopped }
            if snapshot.status.restarts >= ManagedPostgresConfiguration.startAttempts {
                throw ManagedPostgresError(
                    .startFailed, "PostgreSQL ended \(snapshot.status.restarts) times before it was ready.\(last)")
            }
            if MonotonicInstant.now - begin >= configuration.startBound {
                throw ManagedPostgresError(
                    .startFailed,
                    "PostgreSQL did not accept connections within \(configuration.startBound) (startBound).\(last)")
            }
            if MonotonicInstant.now >= nextReport {
                nextReport += Self.reportInterval
                logger.log(
                    .serverStarting, .notice, "PostgreSQL is still starting; recovery after a crash can take a while",
                    metadata: ["elapsed": "\(MonotonicInstant.now - begin)"])
            }
            do {
                try await Task.sleep(for: Self.pollInterval)
            } catch {
                throw life.cancelled
            }
        }
    }
}

/// Why the managed PostgreSQL can't be had.
public typealias ManagedPostgresError = ManagedServerError

/// Where the managed PostgreSQL stands.
public typealias ManagedPostgresState = ManagedServerState
