import Logging
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
    /// What holds while the server is supervised.
    struct Running: Sendable {
        var supervisor: SupervisedProcess
        var lock: ClusterLock
        var connectionInfo: String
    }

    private enum Life: Sendable {
        case idle
        case preparing
        case running(Running)
        case ended
    }

    private struct State: Sendable {
        var life = Life.idle
        var isStopWanted = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    let configuration: ManagedPostgresConfiguration
    let logger: Logger
    let queue = BlockingQueue()
    private let guarded = Mutex(State())

    /// Does nothing yet: see ``start()``.
    public init(configuration: ManagedPostgresConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    /// Where the server stands now.
    public var state: ManagedPostgresState {
        switch guarded.withLock({ $0.life }) {
        case .idle: return ManagedPostgresState(phase: .idle)
        case .preparing: return ManagedPostgresState(phase: .starting)
        case .running(let running): return ManagedPostgresState(running.supervisor.snapshot)
        case .ended: return ManagedPostgresState(phase: .stopped)
        }
    }

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
        let isFirst = guarded.withLock { state in
            guard case .idle = state.life else { return false }
            state.life = .preparing
            return true
        }
        guard isFirst else {
            throw ManagedPostgresError(.misuse, "start() was called a second time, or after stop()")
        }
        let running: Running
        do {
            running = try await prepare()
        } catch {
            end()
            // A cancelled task kills the programs it waits for: their failure is not what the caller has to hear of.
            throw Task.isCancelled ? Self.cancelled : error
        }
        let isStopWanted = guarded.withLock { state in
            state.life = .running(running)
            return state.isStopWanted
        }
        do throws(ManagedPostgresError) {
            if isStopWanted { throw Self.stopped }
            await running.supervisor.start()
            try await waitUntilReady(running.supervisor)
        } catch {
            await running.supervisor.stop()
            running.lock.release()
            end()
            throw error
        }
        return running.connectionInfo
    }

    /// Returns when the server has been stopped by ``stop()``. When the task is cancelled, it stops the server itself.
    ///
    /// - Throws: `ManagedPostgresError.misuse` when the server was not started.
    public func run() async throws {
        switch guarded.withLock({ $0.life }) {
        case .idle, .preparing:
            throw ManagedPostgresError(.misuse, "run() was called before start() had returned")
        case .ended:
            return
        case .running(let running):
            await withTaskCancellationHandler {
                await running.supervisor.finished()
            } onCancel: {
                Task { await self.stop() }
            }
            // Not only has the child ended: the lock is given back too.
            await stop()
        }
    }

    /// Stops the server by a fast shutdown, by an immediate one when that takes longer than `stopBound`, and gives the
    /// folder back. Returns when it has ended. Can be called at any time and more than once.
    public func stop() async {
        let life = guarded.withLock { state -> Life in
            state.isStopWanted = true
            if case .idle = state.life { state.life = .ended }
            return state.life
        }
        switch life {
        case .idle, .ended:
            return
        case .preparing:
            await withCheckedContinuation { continuation in
                let isOver = guarded.withLock { state in
                    if case .ended = state.life { return true }
                    state.waiters.append(continuation)
                    return false
                }
                if isOver { continuation.resume() }
            }
        case .running(let running):
            await running.supervisor.stop()
            running.lock.release()
            end()
        }
    }

    private func end() {
        let waiters = guarded.withLock { state in
            state.life = .ended
            defer { state.waiters.removeAll() }
            return state.waiters
        }
        for waiter in waiters {
            waiter.resume()
        }
    }

    private static let cancelled = ManagedPostgresError(.cancelled, "the start of PostgreSQL was cancelled")
    private static let stopped = ManagedPostgresError(.cancelled, "PostgreSQL was stopped before it was ready")

    /// How often the state is looked at, and how often a long start is told.
    private static let pollInterval = Duration.milliseconds(10)
    private static let reportInterval = Duration.seconds(5)

    private func waitUntilReady(_ supervisor: SupervisedProcess) async throws(ManagedPostgresError) {
        let clock = ContinuousClock()
        let begin = clock.now
        var nextReport = begin + Self.reportInterval
        while true {
            let snapshot = supervisor.snapshot
            let last = snapshot.lastExit.map { " \($0)" } ?? ""
            if snapshot.status.phase == .ready { return }
            if snapshot.status.phase == .stopped { throw Self.stopped }
            if snapshot.status.restarts >= ManagedPostgresConfiguration.startAttempts {
                throw ManagedPostgresError(
                    .startFailed, "PostgreSQL ended \(snapshot.status.restarts) times before it was ready.\(last)")
            }
            if clock.now - begin >= configuration.startBound {
                throw ManagedPostgresError(
                    .startFailed,
                    "PostgreSQL did not accept connections within \(configuration.startBound) (startBound).\(last)")
            }
            if clock.now >= nextReport {
                nextReport += Self.reportInterval
                logger.notice(
                    "PostgreSQL is still starting; recovery after a crash can take a while",
                    metadata: ["elapsed": "\(clock.now - begin)"])
            }
            do {
                try await Task.sleep(for: Self.pollInterval)
            } catch {
                throw Self.cancelled
            }
        }
    }
}
