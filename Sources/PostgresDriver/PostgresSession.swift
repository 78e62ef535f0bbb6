import CLibPQ
import MonotonicClock

/// What a body given to ``PostgresConnectionPool/run(deadline:access:_:)`` may do.
public enum PostgresAccess: Sendable {
    /// Statements that change nothing. The body may run twice.
    case read
    /// Any statement. The body may run twice, but only when its first run surely wrote nothing.
    case write
}

/// A leased connection, inside a body given to ``PostgresConnectionPool/run(deadline:access:_:)`` and only there.
///
/// All calls block the connection's own thread, each for at most the time that is left. After an error that ends the
/// connection every further call fails at once. An error thrown here is best left to pass through the body: the
/// pool's retries are decided by it.
public final class PostgresSession {
    let connection: PostgresConnection
    let access: PostgresAccess
    private(set) var time: ExchangeTime
    /// Something of this body has been committed, or may have been.
    var mayHaveWritten = false
    /// The connection broke during this body.
    private(set) var isLost = false
    /// A statement met a stale plan inside a transaction, where only running the body again can help.
    private(set) var metStalePlan = false
    /// The open transaction holds writes.
    var transactionWrote = false

    init(connection: PostgresConnection, access: PostgresAccess, time: ExchangeTime) {
        self.connection = connection
        self.access = access
        self.time = time
    }

    /// When the caller stops waiting. Bodies that loop should look at it.
    public var deadline: MonotonicInstant { time.deadline }

    /// Has the statements to come end by another instant, for a body that learns only when it runs who waits for it.
    public func setDeadline(_ deadline: MonotonicInstant) { time = ExchangeTime(deadline: deadline) }

    /// The server's version as in `PQserverVersion`: 150004 for 15.4.
    public var serverVersion: Int { connection.serverVersion }

    /// Whether a transaction is open.
    public var isInTransaction: Bool { connection.transactionStatus != PQTRANS_IDLE }

    /// Takes what came, on the channels that this session listens to, since this was last called. What was said before a
    /// statement began has come when that statement has been answered.
    public func takeNotifications() -> PostgresNotifications {
        defer { connection.notifications = PostgresNotifications() }
        return connection.notifications
    }

    /// Runs a statement, prepared on first use, with its values sent in binary.
    ///
    /// Outside a transaction the statement is one of its own: when this returns, what it wrote is committed. The whole
    /// result is held in memory, so a statement that may answer many rows needs a LIMIT.
    ///
    /// - Throws: `.server` for a statement refused, `.outcomeUnknown`, `.unavailable`, `.deadlineExceeded`,
    ///   `.invalidParameter`, `.tooLarge`; `.protocolViolation` for a write in a `.read` body.
    public func execute(
        _ statement: PostgresStatement, _ values: [PostgresValue] = []
    ) throws(PostgresError) -> PostgresRows {
        guard !statement.isWrite || access == .write else {
            throw .protocolViolation("statement \(statement.name) writes, in a body that may only read")
        }
        guard statement.name.utf8.count <= PostgresLimits.maximumStatementNameBytes,
            !statement.name.utf8.contains(0)
        else { throw .invalidParameter("statement \(statement.name.prefix(80)) has an impossible name or text") }
        let parameters = try ParameterBuffer(values, for: statement)
        let isAlone = !isInTransaction
        do {
            return try executeOnce(statement, parameters)
        } catch {
            guard case .server(let state, _, _, _) = error, state.category == .stalePlan else { throw error }
            connection.prepared.outdate()
            guard isAlone else {
                metStalePlan = true
                throw error
            }
            return try executeOnce(statement, parameters)
        }
    }

    /// Runs SQL text of any number of statements by the simple protocol, for migrations.
    ///
    /// Outside a transaction the whole text is one transaction. It must not begin or end transactions itself.
    ///
    /// - Throws: as `execute`; `.protocolViolation` in a `.read` body or when the text began or ended a transaction.
    public func executeScript(_ sql: String) throws(PostgresError) {
        guard access == .write else { throw .protocolViolation("a script in a body that may only read") }
        let before = connection.transactionStatus
        let hadWritten = mayHaveWritten
        _ = try simple(sql, commits: true)
        if before == PQTRANS_INTRANS {
            transactionWrote = true
            mayHaveWritten = hadWritten
        }
        guard connection.transactionStatus == before else {
            mayHaveWritten = true
            connection.retire("a script began or ended a transaction")
            throw .protocolViolation("a script began or ended a transaction")
        }
    }

    private func executeOnce(
        _ statement: PostgresStatement, _ parameters: ParameterBuffer
    ) throws(PostgresError) -> PostgresRows {
        try prepare(statement)
        let commits = statement.isWrite && !isInTransaction
        let storages = try perform(commits: commits) { handle in
            parameters.withPointers { values, lengths, formats in
                PQsendQueryPrepared(handle, statement.name, parameters.count, values, lengths, formats, 1)
            }
        }
        if statement.isWrite, !commits { transactionWrote = true }
        guard let storage = storages.last else { throw .protocolViolation("a statement without an answer") }
        return PostgresRows(storage)
    }

    private func prepare(_ statement: PostgresStatement) throws(PostgresError) {
        guard case .prepare(let outdated) = connection.prepared.use(statement) else { return }
        guard !statement.sql.utf8.contains(0) else {
            throw .invalidParameter("the text of statement \(statement.name) holds a NUL byte")
        }
        try deallocate(outdated)
        let types = statement.parameterTypes.map { Oid($0.rawValue) }
        _ = try perform(commits: false) { handle in
            PQsendPrepare(handle, statement.name, statement.sql, Int32(types.count), types)
        }
        connection.prepared.prepared(statement)
    }

    private func deallocate(_ outdated: PreparedStatementCache.Outdated) throws(PostgresError) {
        switch outdated {
        case .nothing: return
        case .all: try simple("DEALLOCATE ALL", commits: false)
        case .one(let name):
            do {
                try simple("DEALLOCATE \"\(name.replacing("\"", with: "\"\""))\"", commits: false)
            } catch {
                // One that the server does not know is gone already.
                guard case .server(.invalidStatementName, _, _, _) = error, !isInTransaction else { throw error }
            }
        }
        connection.prepared.deallocated(outdated)
    }

    /// Runs SQL text by the simple protocol.
    @discardableResult
    func simple(_ sql: String, commits: Bool) throws(PostgresError) -> PostgresRows.Storage? {
        guard !sql.utf8.contains(0) else { throw .invalidParameter("SQL text holds a NUL byte") }
        return try perform(commits: commits) { PQsendQuery($0, sql) }.last
    }

    /// Sends a message and judges its end.
    ///
    /// - Parameter commits: whether success of the message commits a write, so that a lost answer leaves it in doubt.
    private func perform(
        commits: Bool, _ send: (OpaquePointer) -> CInt
    ) throws(PostgresError) -> [PostgresRows.Storage] {
        if isLost { throw ending(.unavailable(connection.lastMessage)) }
        if connection.signal.isAborted {
            // Its signal may have been taken for that of the job.
            isLost = true
            connection.abandon("aborted")
            throw ending(.shutDown)
        }
        guard MonotonicInstant.now < time.deadline else { throw ending(.deadlineExceeded) }
        switch connection.exchange(time, send) {
        case .answered(let storages):
            if commits { mayHaveWritten = true }
            return storages
        case .refused(let error): throw error
        case .cancelled: throw ending(.deadlineExceeded)
        case .lost(let reason):
            isLost = true
            if commits { mayHaveWritten = true }
            throw ending(.unavailable(reason))
        case .expired:
            isLost = true
            if commits { mayHaveWritten = true }
            throw ending(.deadlineExceeded)
        case .aborted:
            isLost = true
            if commits { mayHaveWritten = true }
            throw ending(.shutDown)
        }
    }

    /// `error`, which promises that nothing was written, or `.outcomeUnknown` where that promise cannot be made.
    func ending(_ error: PostgresError) -> PostgresError {
        mayHaveWritten ? .outcomeUnknown("\(error)") : error
    }
}
