import Logging
import MonotonicClock
import Synchronization

/// Asks the server for a sign of life, on a pool of one connection of its own, one query at a time.
final class HealthProbe: Sendable {
    private struct State {
        var isUnderWay = false
        var lastWaiter: UInt64 = 0
        var waiters: [UInt64: CheckedContinuation<PoolHealth, Never>] = [:]
    }

    private static let statement = PostgresStatement(name: "brain_probe", sql: "SELECT 1", isWrite: false)

    private let core: PoolCore
    private let state = Mutex(State())

    init(_ configuration: PostgresPoolConfiguration, logger: Logger) {
        var configuration = configuration
        configuration.size = 1
        configuration.minimumConnections = 1
        configuration.maxWaiting = 1
        // The main pool tells of the server's going and coming: once is enough.
        core = PoolCore(configuration, logger: Logger(label: logger.label) { _ in SwiftLogNoOpLogHandler() })
    }

    func start() { core.start() }

    func shutDown() async { await core.shutDown(within: .zero) }

    func probe(timeout: Duration) async -> PoolHealth {
        await withCheckedContinuation { continuation in
            let (waiter, startsProbe) = state.withLock { state -> (UInt64?, Bool) in
                guard state.waiters.count < PostgresLimits.probeWaiters else { return (nil, false) }
                state.lastWaiter += 1
                state.waiters[state.lastWaiter] = continuation
                defer { state.isUnderWay = true }
                return (state.lastWaiter, !state.isUnderWay)
            }
            guard let waiter else {
                let health = PoolHealth(status: .unavailable, reason: "too many callers wait for a probe")
                return continuation.resume(returning: health)
            }
            Task {
                try? await Task.sleep(for: timeout)
                self.giveUp(waiter, after: timeout)
            }
            if startsProbe { Task { await self.query() } }
        }
    }

    private func giveUp(_ waiter: UInt64, after timeout: Duration) {
        let continuation = state.withLock { $0.waiters.removeValue(forKey: waiter) }
        continuation?.resume(returning: PoolHealth(status: .unavailable, reason: "no answer within \(timeout)"))
    }

    private func query() async {
        let health: PoolHealth
        let result = await core.runOnce(deadline: .now + PostgresLimits.probeDeadline, access: .read) { session in
            let start = MonotonicInstant.now
            _ = try session.execute(Self.statement)
            return MonotonicInstant.now - start
        }
        switch result {
        case .success(let latency): health = PoolHealth(status: .ok, latency: latency)
        case .failure(let failure): health = PoolHealth(status: .unavailable, reason: "\(failure.error)")
        }
        let waiters = state.withLock { state in
            defer {
                state.waiters = [:]
                state.isUnderWay = false
            }
            return state.waiters.values.map { $0 }
        }
        for waiter in waiters { waiter.resume(returning: health) }
    }
}
