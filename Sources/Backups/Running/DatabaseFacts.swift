import Logging
import MonotonicClock
import PostgresDriver

/// What a backup asks the database beforehand.
struct DatabaseFacts: Sendable {
    /// As `PQserverVersion` has it: 150004 for 15.4.
    var serverVersionNumber: Int
    /// Such as `15.18 (Debian 15.18-0+deb12u1)`.
    var serverVersion: String
    /// Bytes of this database.
    var databaseBytes: Int64
    /// Bytes of all databases that this role may look at.
    var clusterBytes: Int64
    /// Tablespaces besides the cluster's own.
    var tablespaces: Int64
    /// Whether the server is shutting nobody out: it is a standby.
    var isStandby: Bool

    private static let statement = PostgresStatement(
        name: "backup_facts",
        sql: """
            SELECT current_setting('server_version')::text, pg_database_size(current_database()),
                (SELECT coalesce(sum(pg_database_size(oid)), 0)::bigint FROM pg_database
                    WHERE has_database_privilege(oid, 'CONNECT')),
                (SELECT count(*) FROM pg_tablespace WHERE spcname NOT IN ('pg_default', 'pg_global')),
                pg_is_in_recovery()
            """, isWrite: false)

    init(_ session: PostgresSession) throws(PostgresError) {
        let rows = try session.execute(Self.statement)
        serverVersionNumber = session.serverVersion
        serverVersion = try rows.text(0, 0)
        databaseBytes = try rows.int8(0, 1)
        clusterBytes = try rows.int8(0, 2)
        tablespaces = try rows.int8(0, 3)
        isStandby = try rows.bool(0, 4)
    }
}

/// A connection of a backup's own to the database, apart from those that serve.
struct BackupConnection: Sendable {
    /// Where to; for errors only that it can't be reached is told.
    let url: String
    let logger: Logger

    /// Runs `body` on the connection's thread.
    ///
    /// - Parameter bound: when the caller stops waiting.
    func run<Value: Sendable>(
        within bound: Duration, _ body: @escaping @Sendable (PostgresSession) throws -> Value
    ) async throws(BackupError) -> Value {
        var configuration = PostgresPoolConfiguration(url: url)
        configuration.size = 1
        configuration.minimumConnections = 1
        configuration.hasProbe = false
        configuration.applicationName = "brain-memoryd backup"
        configuration.connectTimeout = BackupLimits.connect
        configuration.sessionSettings = ["idle_in_transaction_session_timeout": "0"]
        let pool = PostgresConnectionPool(configuration: configuration, logger: logger)
        pool.start()
        let result: Result<Value, PostgresError>
        do throws(PostgresError) {
            result = .success(try await pool.run(deadline: .now + bound, access: .read, body))
        } catch {
            result = .failure(error)
        }
        await pool.shutdown(within: .seconds(1))
        do throws(PostgresError) {
            return try result.get()
        } catch {
            throw Self.error(error)
        }
    }

    private static func error(_ error: PostgresError) -> BackupError {
        switch error {
        case .cancelled: return BackupTools.cancelled
        case .deadlineExceeded: return BackupError(.timedOut, "PostgreSQL did not answer in time")
        case .server(let state, let message, _, _):
            let isDenied = "\(state)".contains("42501")
            return BackupError(isDenied ? .permissionDenied : .programFailed, "PostgreSQL refused: \(message)")
        case .body(let inner): return (inner as? BackupError) ?? BackupError(.programFailed, "\(inner)")
        default: return BackupError(.unavailable, "\(error)")
        }
    }
}
