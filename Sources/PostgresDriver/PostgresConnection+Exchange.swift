import CLibPQ
import MonotonicClock
import ThreadedIO

/// How long an exchange may take.
struct ExchangeTime {
    /// From here on the statement is no longer wanted: a cancel request goes out.
    let deadline: MonotonicInstant
    /// From here on nobody waits any more: the connection is abandoned.
    let hardDeadline: MonotonicInstant
}

extension ExchangeTime {
    /// With the usual time for a cancel request.
    init(deadline: MonotonicInstant) {
        self.init(deadline: deadline, hardDeadline: deadline + PostgresLimits.cancellationGrace)
    }
}

/// How one message to the server and all its answers ended.
enum ExchangeResult {
    /// Every answer came, none an error, and the server is ready for more: a commit among them is durable.
    case answered([PostgresRows.Storage])
    /// The server refused; whatever the message would have done is undone.
    case refused(PostgresError)
    /// The server refused because of our own cancel request.
    case cancelled
    /// The connection broke before the server said it was ready: what was sent may have taken effect or not.
    case lost(String)
    /// The hard deadline came first; the connection is abandoned.
    case expired
    /// Someone asked for an end; the connection is abandoned.
    case aborted
}

extension PostgresConnection {
    /// Sends a message and awaits the server's whole answer.
    ///
    /// In the extended protocol CommandComplete comes before the implicit commit, so a first good result proves
    /// nothing: what counts is that no error follows and the server reports itself ready.
    ///
    /// - Parameter send: one of libpq's PQsend functions, given the connection.
    func exchange(_ time: ExchangeTime, _ send: (OpaquePointer) -> CInt) -> ExchangeResult {
        guard let handle else { return .lost(lastMessage) }
        notices.warnings = 0
        notices.isUnreplicated = false
        guard send(handle) == 1 else { return lose(lastMessage) }
        var collected = Collected()
        let end = awaitAnswers(of: handle, time, &collected)
        // A late cancel would hit whatever runs next. One that was answered is no exception: the postmaster signals the
        // session twice, by its pid and as a process group (src/backend/postmaster/postmaster.c, signal_child).
        if let cancel = collected.cancel, !cancel.finished(until: time.hardDeadline) {
            retire("a cancel request is still under way")
        }
        return conclude(end, collected)
    }

    /// What has come so far.
    private struct Collected {
        var results: [PostgresRows.Storage] = []
        var error: PostgresError?
        var isCancellation = false
        /// An error that ends the session, or one of libpq's own: says nothing about what the server did before.
        var sessionEnd: String?
        var cancel: CancelRequest?
        var wasCancelSent = false
    }

    private enum End {
        case ready, broken, expired, aborted
    }

    private func awaitAnswers(of handle: OpaquePointer, _ time: ExchangeTime, _ collected: inout Collected) -> End {
        var isFlushing = true
        while true {
            // A failed flush is no end: the server's parting words may still be read.
            if isFlushing { isFlushing = PQflush(handle) == 1 }
            while PQisBusy(handle) == 0 {
                guard let result = PQgetResult(handle) else {
                    takeInNotifications(of: handle)
                    return .ready
                }
                guard collect(PostgresRows.Storage(result), &collected) else { return .broken }
            }
            // Without a socket poll(2) would wait for nothing.
            guard PQsocket(handle) >= 0 else { return .broken }
            let until = collected.wasCancelSent ? time.hardDeadline : time.deadline
            let ready = Readiness.wait(
                socket: PQsocket(handle), isFlushing ? [.socketReadable, .socketWritable] : .socketReadable,
                wakeup: signal.wakeup.descriptor, until: until)
            if ready.contains(.wakeup) {
                // In this order: what is asked for after the look wakes the next wait.
                signal.wakeup.drain()
                if signal.isAborted { return .aborted }
            }
            if ready.contains(.socketReadable), PQconsumeInput(handle) == 0 {
                let message = lastMessage
                drainBufferedResults(of: handle, &collected)
                collected.sessionEnd = collected.sessionEnd ?? message
                return .broken
            }
            guard ready.isEmpty, MonotonicInstant.now >= until else { continue }
            if MonotonicInstant.now >= time.hardDeadline { return .expired }
            collected.cancel = CancelRequest(of: handle, gate: cancelGate)
            collected.wasCancelSent = true
        }
    }

    /// Answers that came just before the end of the connection.
    private func drainBufferedResults(of handle: OpaquePointer, _ collected: inout Collected) {
        while PQisBusy(handle) == 0, let result = PQgetResult(handle) {
            guard collect(PostgresRows.Storage(result), &collected) else { return }
        }
    }

    /// - Returns: false when the connection can't go on.
    private func collect(_ storage: PostgresRows.Storage, _ collected: inout Collected) -> Bool {
        let result = storage.result
        switch PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
            collected.results.append(storage)
            return true
        case PGRES_FATAL_ERROR:
            noteError(result, &collected)
            return true
        case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
            collected.sessionEnd = "COPY is not supported"
            return false
        default:
            collected.sessionEnd = "an answer that was not understood"
            return false
        }
    }

    private func noteError(_ result: OpaquePointer, _ collected: inout Collected) {
        func field(_ code: CInt) -> String? { PQresultErrorField(result, code).map { String(cString: $0) } }
        let severity = field(BRAIN_PG_DIAG_SEVERITY)
        let message = redact(field(BRAIN_PG_DIAG_MESSAGE_PRIMARY) ?? lastMessage)
        guard let code = field(BRAIN_PG_DIAG_SQLSTATE), severity == "ERROR" else {
            collected.sessionEnd = collected.sessionEnd ?? message
            return
        }
        let state = SQLState(code)
        if state.retiresConnection { retire(message) }
        collected.isCancellation = state == .queryCanceled
        collected.error =
            collected.error
            ?? .server(
                state, message: message, constraint: field(BRAIN_PG_DIAG_CONSTRAINT_NAME),
                detail: field(BRAIN_PG_DIAG_MESSAGE_DETAIL))
    }

    private func conclude(_ end: End, _ collected: Collected) -> ExchangeResult {
        if end != .ready || collected.sessionEnd != nil { abandon(collected.sessionEnd ?? lastMessage) }
        // An error of severity ERROR is definite, whatever became of the connection afterwards.
        if let error = collected.error {
            return collected.isCancellation && collected.wasCancelSent ? .cancelled : .refused(error)
        }
        switch end {
        case .expired: return .expired
        case .aborted: return .aborted
        case .broken: return .lost(flaw ?? lastMessage)
        case .ready: break
        }
        if let reason = collected.sessionEnd { return .lost(reason) }
        guard [PQTRANS_IDLE, PQTRANS_INTRANS, PQTRANS_INERROR].contains(transactionStatus) else {
            return lose("the server is in an unexpected state")
        }
        // Cancelling a commit that waits for a standby makes it succeed, with no more than a warning that the standby
        // may lack it (src/backend/replication/syncrep.c). That is no acknowledgement.
        if notices.isUnreplicated || (collected.wasCancelSent && notices.warnings > 0) {
            return lose("a commit's wait for a standby was cancelled")
        }
        return .answered(collected.results)
    }

    private func lose(_ reason: String) -> ExchangeResult {
        abandon(reason)
        return .lost(reason)
    }
}
