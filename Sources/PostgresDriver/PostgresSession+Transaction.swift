import CLibPQ

/// How isolated a transaction is from others.
public enum PostgresIsolation: String, Sendable {
    /// Each statement sees what was committed before it began.
    case readCommitted = "READ COMMITTED"
    /// All statements see what was committed before the first; a conflicting write fails with 40001.
    case repeatableRead = "REPEATABLE READ"
}

extension PostgresSession {
    /// Runs `body` in a transaction: BEGIN, then COMMIT, or ROLLBACK when it throws.
    ///
    /// When this returns, everything is committed. Transactions do not nest.
    ///
    /// - Parameters:
    ///   - readOnly: makes the server refuse writes; always so in a `.read` body.
    /// - Throws: what `body` throws (then everything is rolled back); `.outcomeUnknown` when the answer to a COMMIT
    ///   of writes is lost; `.server` when the COMMIT itself fails, e.g. by a deferred constraint.
    public func transaction<T>(
        isolation: PostgresIsolation = .readCommitted, readOnly: Bool = false,
        _ body: (PostgresSession) throws -> T
    ) throws -> T {
        guard !isInTransaction else { throw PostgresError.protocolViolation("transactions do not nest") }
        let mode = readOnly || access == .read ? "READ ONLY" : "READ WRITE"
        transactionWrote = false
        try simple("BEGIN ISOLATION LEVEL \(isolation.rawValue) \(mode)", commits: false)
        let value: T
        do {
            value = try body(self)
        } catch {
            rollBack()
            throw error
        }
        try commit()
        return value
    }

    private func commit() throws(PostgresError) {
        guard connection.transactionStatus != PQTRANS_INERROR else {
            rollBack()
            throw .server(
                .inFailedTransaction, message: "a statement of the transaction failed", constraint: nil, detail: nil)
        }
        let storage: PostgresRows.Storage?
        do {
            storage = try simple("COMMIT", commits: transactionWrote)
        } catch {
            // Past its deadline nothing was sent and the transaction is still open.
            if isInTransaction { rollBack() }
            throw error
        }
        // A failed transaction's COMMIT succeeds, as a rollback.
        guard let storage, let tag = PQcmdStatus(storage.result), String(cString: tag) == "COMMIT" else {
            throw .server(
                .inFailedTransaction, message: "the server rolled back instead", constraint: nil, detail: nil)
        }
    }

    /// Undoes the open transaction; where that fails the connection ends, and the transaction with it.
    func rollBack() {
        guard connection.handle != nil, isInTransaction else { return }
        // Also after the caller's deadline, as long as the connection may be held.
        let time = ExchangeTime(deadline: time.hardDeadline, hardDeadline: time.hardDeadline)
        guard case .answered = connection.exchange(time, { PQsendQuery($0, "ROLLBACK") }) else {
            connection.abandon("a rollback failed")
            return
        }
    }
}
