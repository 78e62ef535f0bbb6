import CLibPQ
import Glibc
import LogEvents
import Logging
import MonotonicClock
import Synchronization
import ThreadedIO

/// What another thread may tell a connection's thread: wake up, and whether to drop everything.
final class ConnectionSignal: Sendable {
    let wakeup: WakeupDescriptor
    private let abortRequested = Atomic(false)

    init() throws(PostgresError) { wakeup = try .forConnection() }

    /// Ends the statement or attempt under way without waiting for the server.
    func abort() {
        abortRequested.store(true, ordering: .releasing)
        wakeup.signal()
    }

    var isAborted: Bool { abortRequested.load(ordering: .acquiring) }
}

/// One libpq connection. Belongs to one thread; every wait is a poll(2) with the time that is left.
final class PostgresConnection {
    /// What the notice receiver may touch while libpq runs on this connection's thread.
    final class Notices {
        let logger: Logger
        /// A FATAL message came outside any statement: the server is about to close the connection.
        var fatal: String?
        /// Warnings since the last statement began.
        var warnings = 0
        /// The last statement's commit gave up its wait for a standby, whoever asked for that.
        var isUnreplicated = false

        init(logger: Logger) { self.logger = logger }
    }

    /// nil once abandoned or closed.
    var handle: OpaquePointer?
    let signal: ConnectionSignal
    let cancelGate: CancelGate
    let notices: Notices
    let redact: (String) -> String
    var prepared = PreparedStatementCache()
    /// Those that nobody has taken yet.
    var notifications = PostgresNotifications()
    /// Why this connection must not be used for another body; nil while it is sound.
    private(set) var flaw: String?

    init(handle: OpaquePointer, signal: ConnectionSignal, settings: ConnectionSettings) {
        self.handle = handle
        self.signal = signal
        cancelGate = settings.cancelGate
        notices = Notices(logger: settings.logger)
        redact = settings.url.redact
        PQsetNoticeReceiver(handle, Self.receiveNotice, Unmanaged.passUnretained(notices).toOpaque())
    }

    deinit { abandon("dropped") }

    /// As in PQserverVersion: 150004 for 15.4.
    var serverVersion: Int { handle.map { Int(PQserverVersion($0)) } ?? 0 }

    /// Whether a transaction is open, failed, or absent.
    var transactionStatus: PGTransactionStatusType {
        handle.map { PQtransactionStatus($0) } ?? PQTRANS_UNKNOWN
    }

    /// Marks the connection as unfit for another body.
    func retire(_ reason: String) { flaw = flaw ?? reason }

    /// Ends the session politely; never blocks, since the socket is non-blocking.
    func close() {
        guard let handle else { return }
        self.handle = nil
        PQfinish(handle)
    }

    /// Ends the connection without a word to the server and without waiting for it.
    func abandon(_ reason: String) {
        retire(reason)
        guard let handle else { return }
        // After this neither libpq's farewell nor TLS's can block or reach anyone.
        let socket = PQsocket(handle)
        if socket >= 0 { shutdown(socket, CInt(SHUT_RDWR)) }
        close()
    }

    /// What libpq says went wrong last, on one line, without secrets.
    var lastMessage: String {
        guard let handle, let message = PQerrorMessage(handle) else { return flaw ?? "the connection is closed" }
        let text = redact(String(cString: message))
        return text.isEmpty ? "the connection is closed" : text
    }

    /// Whether an idle connection still stands, by what waits on its socket. Does not block.
    func isAlive() -> Bool {
        // Each round takes in what has come; a server has no reason to send an idle session more than a few messages.
        for _ in 0..<16 {
            guard let handle, flaw == nil, PQstatus(handle) == CONNECTION_OK else { return false }
            let ready = Readiness.wait(
                socket: PQsocket(handle), .socketReadable, wakeup: -1, until: MonotonicInstant.now)
            if ready.isEmpty { return true }
            guard PQconsumeInput(handle) == 1 else { return false }
            _ = PQisBusy(handle)  // parses
            takeInNotifications(of: handle)
            if let fatal = notices.fatal {
                retire(fatal)
                return false
            }
        }
        return false
    }

    /// Keeps the notifications among what has been read from the socket.
    func takeInNotifications(of handle: OpaquePointer) {
        while let notification = PQnotifies(handle) {
            notifications.append(notification.pointee.extra.map { String(cString: $0) } ?? "")
            PQfreemem(notification)
        }
    }

    private static let receiveNotice: PQnoticeReceiver = { context, result in
        guard let context, let result else { return }
        let notices = Unmanaged<Notices>.fromOpaque(context).takeUnretainedValue()
        let severity = PQresultErrorField(result, BRAIN_PG_DIAG_SEVERITY).map { String(cString: $0) } ?? ""
        let message = PQresultErrorField(result, BRAIN_PG_DIAG_MESSAGE_PRIMARY).map { String(cString: $0) } ?? ""
        switch severity {
        case "FATAL", "PANIC": notices.fatal = message
        case "WARNING":
            notices.warnings += 1
            // By the function that warns: texts are translated.
            let function = PQresultErrorField(result, BRAIN_PG_DIAG_SOURCE_FUNCTION).map { String(cString: $0) }
            if function == "SyncRepWaitForLSN" { notices.isUnreplicated = true }
        default: break
        }
        notices.logger.log(
            .storeNotice, .debug, "PostgreSQL notice: \(severity): \(message)", metadata: ["severity": "\(severity)"])
    }
}
