import LogEvents
import Logging
import MonotonicClock
import Synchronization

/// The shell around `PoolStateMachine`: feeds it events and does what it says. One lock, never held while waiting.
final class PoolCore: Sendable {
    private struct State {
        var machine: PoolStateMachine
        var workers: [ConnectionID: ConnectionWorker] = [:]
        /// Bodies that have not ended: waiting ones, and leased ones in case their connection ends before they start.
        var jobs: [RequestID: PoolJob] = [:]
        var leases: [ConnectionID: RequestID] = [:]
        var lastRequestNumber: UInt64 = 0
        var lastError: String?
        var serverVersion: Int?
        var stopWaiters: [CheckedContinuation<Void, Never>] = []
        var isStarted = false
    }

    /// What is left to do once the lock is free.
    private typealias Deferred = @Sendable () -> Void

    private let state: Mutex<State>
    /// nil when the configuration is unusable or the process lacks a descriptor: `startFailure` says which.
    private let settings: ConnectionSettings?
    private let clock: PoolClock?
    private let startFailure: PostgresError?
    private let onConnected: (@Sendable () -> Void)?
    private let logger: Logger
    private let onWaited: (@Sendable (Duration) -> Void)?

    init(_ configuration: PostgresPoolConfiguration, logger: Logger) {
        let size = max(1, configuration.size)
        let limits = PoolStateMachine.Limits(
            size: size, minimum: min(size, max(0, configuration.minimumConnections)),
            maxWaiting: max(0, configuration.maxWaiting),
            // A little more than the thread itself allows, which knows the reason.
            attemptTimeout: configuration.connectTimeout + .milliseconds(500),
            minimumBackoff: configuration.minimumBackoff, maximumBackoff: configuration.maximumBackoff)
        state = Mutex(State(machine: PoolStateMachine(limits: limits, randomness: configuration.randomness)))
        self.logger = logger
        onConnected = configuration.onConnected
        onWaited = configuration.onWaited
        var settings: ConnectionSettings?
        var clock: PoolClock?
        var failure: PostgresError?
        do throws(PostgresError) {
            settings = try ConnectionSettings(configuration, cancelGate: CancelGate(), logger: logger)
            clock = try PoolClock()
        } catch {
            failure = error
        }
        self.settings = settings
        self.clock = clock
        startFailure = failure
    }

    /// A pool dropped without a shutdown: nobody waits any more, but its threads are to end.
    deinit {
        state.withLock { state in
            for worker in state.workers.values { worker.abort() }
        }
        clock?.stop()
    }

    /// Begins to connect. Without effect when it has begun.
    func start() {
        let isFirst = state.withLock { state in
            defer { state.isStarted = true }
            return !state.isStarted
        }
        guard isFirst else { return }
        do throws(PostgresError) {
            if let startFailure { throw startFailure }
            try clock?.start { [weak self] in self?.handle(.timer) }
        } catch {
            state.withLock { $0.lastError = error.reason }
            logger.log(.poolFailed, .error, "PostgreSQL pool cannot start: \(error)", metadata: ["reason": "\(error)"])
            return
        }
        handle(.start)
    }

    /// Ends all connections: idle ones now, others after their bodies, and after `limit` whatever they do.
    func shutDown(within limit: Duration) async {
        await withCheckedContinuation { continuation in
            state.withLock { $0.stopWaiters.append(continuation) }
            handle(.shutDown(by: .now + limit))
        }
    }

    /// Queues a body for a connection; the job is completed or refused exactly once.
    func submit(_ job: PoolJob, as id: RequestID, deadline: MonotonicInstant) {
        let deferred = state.withLock { state in
            state.jobs[id] = job
            return process(.requested(id, deadline: deadline), in: &state)
        }
        for action in deferred { action() }
    }

    /// Queues a body that nobody will cancel.
    func submit(_ job: PoolJob, deadline: MonotonicInstant) {
        let deferred = state.withLock { state in
            state.lastRequestNumber += 1
            let id = RequestID(number: state.lastRequestNumber)
            state.jobs[id] = job
            return process(.requested(id, deadline: deadline), in: &state)
        }
        for action in deferred { action() }
    }

    /// The caller no longer waits; without effect once its body has a connection.
    func cancel(_ id: RequestID) { handle(.cancelled(id)) }

    func nextRequestID() -> RequestID {
        state.withLock { state in
            state.lastRequestNumber += 1
            return RequestID(number: state.lastRequestNumber)
        }
    }

    var snapshot: PoolSnapshot {
        state.withLock { state in
            PoolSnapshot(
                size: state.machine.limits.size, idle: state.machine.idle.count, leased: state.machine.leases.count,
                connecting: state.machine.connecting, waiting: state.machine.waiters.count,
                isDown: state.machine.isDown || (state.isStarted && startFailure != nil), lastError: state.lastError,
                serverVersion: state.serverVersion)
        }
    }

    private func handle(_ event: PoolStateMachine.Event) {
        let deferred = state.withLock { state in process(event, in: &state) }
        for action in deferred { action() }
    }

    private func process(_ event: PoolStateMachine.Event, in state: inout State) -> [Deferred] {
        var events = [event]
        var deferred: [Deferred] = []
        // An action can fail at once, which is an event again; each connection does so at most once.
        while let event = events.popLast() {
            for action in state.machine.handle(event, at: .now) {
                if let next = perform(action, in: &state, &deferred) { events.append(next) }
            }
        }
        return deferred
    }

    private func perform(
        _ action: PoolStateMachine.Action, in state: inout State, _ deferred: inout [Deferred]
    ) -> PoolStateMachine.Event? {
        switch action {
        case .connect(let id):
            return connect(id, in: &state)
        case .lease(let id, let request):
            guard let worker = state.workers[id], let job = state.jobs[request] else { return nil }
            state.leases[id] = request
            if let onWaited { onWaited(job.madeAt.duration(to: .now)) }
            if worker.give(job) { deferred.append { worker.wake() } }
        case .refuse(let request, let refusal):
            guard let job = state.jobs.removeValue(forKey: request) else { return nil }
            let error = error(for: refusal, state)
            deferred.append { job.refuse(error) }
        case .close(let id):
            state.workers[id]?.close()
        case .abort(let id):
            state.workers[id]?.abort()
        case .wake(let instant):
            clock?.set(instant)
        case .stopped:
            clock?.stop()
            let waiters = state.stopWaiters
            state.stopWaiters = []
            deferred.append { for waiter in waiters { waiter.resume() } }
        }
        return nil
    }

    private func connect(_ id: ConnectionID, in state: inout State) -> PoolStateMachine.Event? {
        guard let settings else { return .connectFailed(id) }
        do throws(PostgresError) {
            state.workers[id] = try ConnectionWorker.start(settings) { [weak self] in self?.receive($0, from: id) }
            return nil
        } catch {
            state.lastError = error.reason
            return .connectFailed(id)
        }
    }

    private func error(for refusal: PoolStateMachine.Refusal, _ state: State) -> PostgresError {
        switch refusal {
        case .unavailable: .unavailable(state.lastError ?? "the connection pool is not started")
        case .deadlineExceeded: .deadlineExceeded
        case .busy: .busy
        case .cancelled: .cancelled
        case .shutDown: .shutDown
        }
    }
}

extension PoolCore {
    /// Takes in what a connection's thread reports.
    private func receive(_ report: ConnectionWorker.Report, from id: ConnectionID) {
        let (deferred, wasDown, isDown, reason) = state.withLock { state in
            let wasDown = state.machine.isDown
            let event = note(report, from: id, in: &state)
            let deferred = process(event, in: &state)
            return (deferred, wasDown, state.machine.isDown, state.lastError)
        }
        for action in deferred { action() }
        if case .connected = report { onConnected?() }
        if isDown, !wasDown {
            let reason = reason ?? "unknown"
            logger.log(
                .storeUnavailable, .error, "PostgreSQL is unavailable: \(reason)", metadata: ["reason": "\(reason)"])
        } else if wasDown, !isDown {
            logger.log(.storeAvailable, .notice, "PostgreSQL is available again")
        }
    }

    private func note(
        _ report: ConnectionWorker.Report, from id: ConnectionID, in state: inout State
    ) -> PoolStateMachine.Event {
        switch report {
        case .connected(let version):
            state.serverVersion = version
            state.lastError = nil
            return .connected(id)
        case .connectFailed(let error):
            state.workers[id] = nil
            state.lastError = error.reason
            return .connectFailed(id)
        case .released(let lost):
            if let request = state.leases.removeValue(forKey: id) { state.jobs[request] = nil }
            if let lost {
                state.workers[id] = nil
                state.lastError = lost
                logger.log(
                    .storeConnectionEnded, .debug, "PostgreSQL connection lost: \(lost)",
                    metadata: ["reason": "\(lost)"])
            }
            return .released(id, isSound: lost == nil)
        case .closed(let reason):
            state.workers[id] = nil
            state.leases[id] = nil
            state.lastError = reason
            logger.log(
                .storeConnectionEnded, .debug, "PostgreSQL connection closed: \(reason)",
                metadata: ["reason": "\(reason)"])
            return .closed(id)
        }
    }
}
