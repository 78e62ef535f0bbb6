import Dispatch
import Logging
import PostgresDriver
import Synchronization

/// A transaction that is held open while programs read the database as it was at one instant.
struct DumpSnapshot: Sendable {
    /// The name by which other sessions take it on.
    var name: String
    var facts: DatabaseFacts
    /// The schema that holds the memories.
    var schema: String
    /// Its tables of ours, by name.
    var tables: [String]
    /// PostgreSQL's count of the rows of memories written so far.
    var writes: Int64

    private static let export = PostgresStatement(
        name: "backup_snapshot",
        sql: "SELECT pg_export_snapshot()::text, coalesce(current_schema(), '')::text", isWrite: false)
    private static let ownTables = PostgresStatement(
        name: "backup_tables",
        sql: #"""
            SELECT relname::text FROM pg_class
            WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())
                AND relkind = 'r' AND relname LIKE 'brain\_%' AND relpersistence <> 't'
            ORDER BY relname
            """#, isWrite: false)
    private static let written = PostgresStatement(
        name: "backup_writes",
        sql: """
            SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::bigint FROM pg_stat_user_tables
            WHERE schemaname = current_schema() AND relname = 'brain_memories'
            """, isWrite: false)

    private init(_ session: PostgresSession) throws {
        let snapshot = try session.execute(Self.export)
        name = try snapshot.text(0, 0)
        schema = try snapshot.text(0, 1)
        facts = try DatabaseFacts(session)
        let rows = try session.execute(Self.ownTables)
        tables = try (0..<rows.rowCount).map { try rows.text($0, 0) }
        writes = try session.execute(Self.written).int8(0, 0)
        guard tables.contains("brain_memories") else {
            throw BackupError(
                .unsupported,
                "there is no table brain_memories in the schema that postgres.url leads to ('\(schema)'): "
                    + "nothing to back up. Start the daemon on this database first.")
        }
        guard tables.count <= BackupLimits.tables else {
            throw BackupError(
                .unsupported,
                "schema \(schema) has \(tables.count) tables named brain_…, more than the "
                    + "\(BackupLimits.tables) that are compared")
        }
    }

    /// Opens the transaction, gives it to `body`, and ends it when that has ended.
    ///
    /// The connection's thread waits meanwhile, for `bound` at most: an open transaction keeps rows that were deleted or
    /// replaced from being cleaned up.
    ///
    /// - Throws: what `body` throws; also when the transaction was broken in the meantime.
    static func hold<Value: Sendable>(
        on connection: BackupConnection, bound: Duration,
        _ body: @escaping @Sendable (DumpSnapshot) async throws(BackupError) -> Value
    ) async throws(BackupError) -> Value {
        let holder = Holder()
        let deadline = DispatchTime.now() + .seconds(Int(bound.components.seconds))
        let transaction = Task { () async -> Result<Void, BackupError> in
            let result: Result<Void, BackupError>
            do throws(BackupError) {
                try await connection.run(within: bound) { session in
                    try session.transaction(isolation: .repeatableRead, readOnly: true) { session in
                        try holder.give(.success(DumpSnapshot(session)))
                        guard holder.isReleased(by: deadline) else {
                            throw BackupError(.timedOut, "the dump took longer than \(bound)")
                        }
                    }
                }
                result = .success(())
            } catch {
                result = .failure(error)
            }
            if case .failure(let error) = result { try? holder.give(.failure(error)) }
            return result
        }
        let value: Result<Value, BackupError>
        do throws(BackupError) {
            value = .success(try await body(try await holder.snapshot()))
        } catch {
            value = .failure(error)
        }
        holder.release()
        let ended = await transaction.value
        let result = try value.get()
        try ended.get()
        return result
    }

    /// Hands the snapshot from the connection's thread to the caller, and the caller's end back.
    private final class Holder: Sendable {
        private enum State: Sendable {
            case empty
            case given(Result<DumpSnapshot, BackupError>)
            case awaited(CheckedContinuation<Result<DumpSnapshot, BackupError>, Never>)
            case taken
        }

        private let state = Mutex(State.empty)
        private let end = DispatchSemaphore(value: 0)

        /// - Throws: for a second one. The pool may run a body again after a lost connection, and then the first snapshot
        ///   is gone while programs use it.
        func give(_ result: Result<DumpSnapshot, BackupError>) throws {
            let waiting = try state.withLock { state in
                switch state {
                case .empty:
                    state = .given(result)
                    return CheckedContinuation<Result<DumpSnapshot, BackupError>, Never>?.none
                case .awaited(let continuation):
                    state = .taken
                    return continuation
                case .given, .taken:
                    throw BackupError(.unavailable, "the connection that held the dump's snapshot was lost")
                }
            }
            waiting?.resume(returning: result)
        }

        func snapshot() async throws(BackupError) -> DumpSnapshot {
            let result = await withCheckedContinuation { continuation in
                let given: Result<DumpSnapshot, BackupError>? = state.withLock { state in
                    if case .given(let result) = state {
                        state = .taken
                        return result
                    }
                    state = .awaited(continuation)
                    return nil
                }
                if let given { continuation.resume(returning: given) }
            }
            return try result.get()
        }

        func release() { end.signal() }

        func isReleased(by deadline: DispatchTime) -> Bool { end.wait(timeout: deadline) == .success }
    }
}
