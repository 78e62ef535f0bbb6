import Logging
import MonotonicClock
import PostgresDriver
import Synchronization

/// Asks the server how far the stream is, on a connection of its own.
struct WALStreamWatch: Sendable {
    private let pool: PostgresConnectionPool
    private let parameters: [PostgresValue]

    /// What the server knows of the stream at one moment.
    struct Sight: Equatable, Sendable {
        /// The end of the log on the server's disk.
        var server: WALLocation
        /// Up to where the slot has been received; nil without a slot.
        var received: WALLocation?
        /// The kind of standby that the stream is, such as `async` or `sync`; nil when it is not connected.
        var synchronization: String?
        /// Whether a receiver is connected to the slot.
        var isConnected: Bool
        /// Whether the role may see the state of others' connections.
        var maySee: Bool
    }

    init(configuration: WALStreamConfiguration, logger: Logger) {
        var pool = PostgresPoolConfiguration(url: configuration.connectionInfo)
        pool.size = 1
        pool.minimumConnections = 1
        pool.hasProbe = false
        pool.applicationName = "brain-memoryd WAL watch"
        // The main pool tells of the server's going and coming: once is enough.
        self.pool = PostgresConnectionPool(
            configuration: pool, logger: Logger(label: logger.label) { _ in SwiftLogNoOpLogHandler() })
        parameters = [.text(configuration.slot), .text(configuration.applicationName)]
        self.pool.start()
    }

    /// Looks once.
    func look() async -> Result<Sight, PostgresError> {
        let parameters = parameters
        do throws(PostgresError) {
            return .success(
                try await pool.run(deadline: .now + WALStreamConfiguration.watchBound, access: .read) { session in
                    let rows = try session.execute(Self.statement, parameters)
                    let server = WALLocation(try rows.text(0, 0)) ?? WALLocation(bytes: 0)
                    return Sight(
                        server: server,
                        received: rows.isNull(0, 1) ? nil : WALLocation(try rows.text(0, 1)),
                        synchronization: rows.isNull(0, 2) ? nil : try rows.text(0, 2),
                        isConnected: try rows.bool(0, 4), maySee: try rows.bool(0, 3))
                })
        } catch {
            return .failure(error)
        }
    }

    /// Closes the connection.
    func end() async { await pool.shutdown(within: .zero) }

    /// The slot's position is what the receiver has told to be on its disk; unlike the receiver's own row, any role sees it.
    private static let statement = PostgresStatement(
        name: "wal-stream",
        sql: """
            SELECT pg_current_wal_flush_lsn()::text, s.restart_lsn::text, r.sync_state,
                pg_has_role(current_user, 'pg_read_all_stats', 'USAGE'), coalesce(s.active, false)
            FROM (SELECT 1) AS one
                LEFT JOIN pg_replication_slots AS s ON s.slot_name = $1
                LEFT JOIN pg_stat_replication AS r ON r.application_name = $2 AND r.pid = s.active_pid
            """, parameterTypes: [.text, .text], isWrite: false)
}

extension WALStreamStatus {
    /// Takes over what the server knows.
    mutating func take(_ sight: WALStreamWatch.Sight, _ lag: inout WALLag, now: Duration) {
        serverLSN = sight.server
        receivedLSN = sight.received
        isSynchronous = sight.maySee ? sight.synchronization.map { $0 == "sync" || $0 == "quorum" } ?? false : nil
        watchProblem =
            sight.maySee
            ? nil
            : "its role may not see whether the stream is a synchronous standby (GRANT pg_read_all_stats to it)"
        guard let received = sight.received else {
            (lagBytes, lagSeconds) = (nil, nil)
            return
        }
        lagBytes = sight.server > received ? sight.server.bytes - received.bytes : 0
        lagSeconds = lag.take(server: sight.server, received: received, now: now) / .seconds(1)
    }
}
