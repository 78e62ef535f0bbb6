import CLibPQ
import MonotonicClock

/// Names one connection for its life: never used again for another.
struct ConnectionID: Hashable, Sendable {
    let number: UInt64
}

/// Names one lease that a caller asked for.
struct RequestID: Hashable, Sendable {
    let number: UInt64
}

/// One body on its way to a connection, its types erased.
final class PoolJob: Sendable {
    /// When the caller began to wait.
    let madeAt = MonotonicInstant.now
    /// Runs the body on the connection's thread.
    ///
    /// - Returns: what tells the caller; called after the connection has been given back.
    let perform: @Sendable (PostgresConnection) -> () -> Void
    /// Tells the caller that the body will not run.
    let refuse: @Sendable (PostgresError) -> Void

    /// - Parameter complete: called exactly once.
    init<T: Sendable>(
        deadline: MonotonicInstant, access: PostgresAccess,
        _ body: @escaping @Sendable (PostgresSession) throws -> T,
        complete: @escaping @Sendable (Result<T, AttemptFailure>) -> Void
    ) {
        refuse = { complete(.failure(AttemptFailure($0))) }
        perform = { connection in
            let session = PostgresSession(
                connection: connection, access: access, time: ExchangeTime(deadline: deadline))
            let result: Result<T, AttemptFailure>
            do {
                result = .success(try body(session))
            } catch {
                result = .failure(AttemptFailure(error, of: session))
            }
            if session.isInTransaction { connection.abandon("a body left its transaction open") }
            return { complete(result) }
        }
    }
}
