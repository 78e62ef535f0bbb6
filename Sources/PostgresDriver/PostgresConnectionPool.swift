import Logging
import MonotonicClock
import Synchronization

/// Connections to one PostgreSQL server, each on a thread of its own.
///
/// Nothing here blocks Swift's cooperative pool, and no server, however stuck, holds a caller beyond its deadline
/// plus 0.3 s. When the server is down callers are told so at once, while the pool goes on trying to reach it for
/// ever; it is well again within two seconds of the server's return.
public final class PostgresConnectionPool: Sendable {
    private let core: PoolCore
    private let probes: HealthProbe?
    private let randomness: @Sendable () -> Double

    /// Makes a pool that is not connected to anything yet.
    ///
    /// - Parameters:
    ///   - configuration: see ``PostgresPoolConfiguration``; a `url` that libpq does not understand makes every call
    ///     `.unavailable` (`PostgresPoolConfiguration.validate(url:)` tells beforehand).
    ///   - logger: told of the server's going and coming, and at debug level of PostgreSQL's notices.
    public init(configuration: PostgresPoolConfiguration, logger: Logger) {
        core = PoolCore(configuration, logger: logger)
        probes = configuration.hasProbe ? HealthProbe(configuration, logger: logger) : nil
        randomness = configuration.randomness
    }

    /// Begins to connect, and returns at once. Calls made before the first attempt has ended wait for it.
    public func start() {
        core.start()
        probes?.start()
    }

    /// Ends the pool: new calls are answered `.shutDown`; those under way, and those that wait, may go on for
    /// `limit`. Then they are ended, as by a lost connection. Returns when all connections are closed, at the latest
    /// 0.3 s after `limit`.
    public func shutdown(within limit: Duration) async {
        async let probesEnd: Void? = probes?.shutDown()
        await core.shutDown(within: limit)
        _ = await probesEnd
    }

    /// Sizes and state at this moment.
    public var snapshot: PoolSnapshot { core.snapshot }

    /// Asks the server whether it answers, on a connection apart from the pool's. A pool without a probe says that it
    /// does not.
    ///
    /// Answers within `timeout` even when the server is stopped. One probe is under way at a time: who asks meanwhile
    /// waits for the same one, and a late one goes on in the background.
    public func probe(timeout: Duration) async -> PoolHealth {
        await probes?.probe(timeout: timeout) ?? PoolHealth(status: .unavailable, reason: "this pool has no probe")
    }

    /// Leases a connection, runs `body` on that connection's own thread, and gives it back.
    ///
    /// `body` blocks only by its calls of the session. It may be run more than once: after 40001, 40P01 or 55P03 (up to
    /// ``PostgresLimits``' bounds), after a stale prepared statement in a transaction, and once after its connection
    /// was lost, in each case only while surely nothing of it has been committed and time is left. So it must not
    /// have effects besides those of its statements. A body that makes several autocommit writes, rather than one
    /// transaction, can't be told how many of them took effect.
    ///
    /// Cancelling the calling task ends the wait for a connection; a body that has begun runs to its end.
    ///
    /// - Parameters:
    ///   - deadline: when the caller stops waiting. A statement under way is then cancelled; this call returns at most
    ///     0.3 s later in any case.
    ///   - access: `.read` bodies may not execute statements that write.
    /// - Throws: see ``PostgresError``; an error of `body`'s own arrives as `.body`.
    public func run<T: Sendable>(
        deadline: MonotonicInstant, access: PostgresAccess,
        _ body: @escaping @Sendable (PostgresSession) throws -> T
    ) async throws(PostgresError) -> T {
        var retries = RetryPolicy()
        while true {
            switch await core.runOnce(deadline: deadline, access: access, body) {
            case .success(let value): return value
            case .failure(let failure):
                guard let pause = retries.pause(after: failure, jitter: randomness()), .now + pause < deadline else {
                    throw failure.error
                }
                // A cancelled task is told so by its next wait for a connection.
                if pause > .zero { try? await Task.sleep(for: pause) }
            }
        }
    }
}

extension PostgresConnectionPool {
    /// As ``run(deadline:access:_:)``, but once, whatever happens, and without a task: `completion` is told, on the
    /// connection's thread and after the connection has been given back, or on the calling thread when there is none.
    /// It must not block.
    ///
    /// - Parameters:
    ///   - deadline: until when the body may wait for a connection. It may give itself another one when it begins
    ///     (``PostgresSession/setDeadline(_:)``).
    ///   - completion: called exactly once.
    public func begin<T: Sendable>(
        deadline: MonotonicInstant, access: PostgresAccess,
        _ body: @escaping @Sendable (PostgresSession) throws -> T,
        completion: @escaping @Sendable (Result<T, PostgresAttemptError>) -> Void
    ) {
        let job = PoolJob(deadline: deadline, access: access, body) { (result: Result<T, AttemptFailure>) in
            completion(
                result.mapError { PostgresAttemptError(error: $0.error, mayTryAgain: $0.remedy != .none) })
        }
        core.submit(job, deadline: deadline)
    }
}

/// Why a body that ``PostgresConnectionPool/begin(deadline:access:_:completion:)`` ran failed.
public struct PostgresAttemptError: Error {
    /// What went wrong.
    public let error: PostgresError
    /// Whether surely nothing was written, and ``PostgresConnectionPool/run(deadline:access:_:)`` would now have run the
    /// body again: it met another transaction, a stale statement, or lost its connection.
    public let mayTryAgain: Bool
}

extension PoolCore {
    /// Runs `body` once on some connection.
    func runOnce<T: Sendable>(
        deadline: MonotonicInstant, access: PostgresAccess,
        _ body: @escaping @Sendable (PostgresSession) throws -> T
    ) async -> Result<T, AttemptFailure> {
        let id = nextRequestID()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let job = PoolJob(deadline: deadline, access: access, body) { continuation.resume(returning: $0) }
                submit(job, as: id, deadline: deadline)
                // The handler may have run before there was anything to cancel.
                if Task.isCancelled { cancel(id) }
            }
        } onCancel: {
            cancel(id)
        }
    }
}
