import CLibPQ
import Logging
import Synchronization
import ThreadedIO

/// The thread of one connection: connects, runs one job after the other, watches the idle socket, and ends with it.
final class ConnectionWorker: Sendable {
    /// What a worker tells the pool. After `connectFailed`, `closed`, or `released` with `keep` false it is gone.
    enum Report: Sendable {
        case connected(version: Int)
        case connectFailed(PostgresError)
        /// The job has ended; `lost` says why the connection is not to be used again, nil when it is sound.
        case released(lost: String?)
        /// The connection ended between jobs. A job given to it meanwhile has not been started.
        case closed(String)
    }

    private enum Command: Sendable {
        case run(PoolJob)
        case close
    }

    private struct Mail {
        var commands: [Command] = []
        /// Whether the thread waits for a signal: otherwise it looks by itself.
        var isAwaited = false
    }

    private let signal: ConnectionSignal
    private let mail = Mutex(Mail())
    private let settings: ConnectionSettings
    private let report: @Sendable (Report) -> Void

    /// Starts the thread, which begins to connect.
    ///
    /// - Parameter report: called on the thread, after this has returned or before.
    /// - Throws: `.unavailable` when the process has no thread or descriptor left; `report` is then never called.
    static func start(
        _ settings: ConnectionSettings, report: @escaping @Sendable (Report) -> Void
    ) throws(PostgresError) -> ConnectionWorker {
        let worker = ConnectionWorker(signal: try ConnectionSignal(), settings: settings, report: report)
        try OwnThread.startForConnection(named: "pg-connection") { worker.main() }
        return worker
    }

    private init(signal: ConnectionSignal, settings: ConnectionSettings, report: @escaping @Sendable (Report) -> Void) {
        self.signal = signal
        self.settings = settings
        self.report = report
    }

    /// Gives the connection a job. Only for a connection that is idle.
    ///
    /// - Returns: whether `wake()` is to be called: waking another thread takes long enough to keep it out of locks. A thread
    ///   that has just reported the end of its last job needs no waking.
    func give(_ job: PoolJob) -> Bool { put(.run(job)) }

    /// Has the thread look at what it was given.
    func wake() { signal.wakeup.signal() }

    /// Ends the connection: at once when idle, after its job otherwise.
    func close() {
        if put(.close) { wake() }
    }

    /// Ends the connection without waiting for the server or the job.
    func abort() {
        _ = put(.close)
        signal.abort()
    }

    /// - Returns: whether the thread waits to be woken.
    private func put(_ command: Command) -> Bool {
        mail.withLock { mail in
            mail.commands.append(command)
            return mail.isAwaited
        }
    }

    private func main() {
        let connection: PostgresConnection
        do {
            connection = try PostgresConnection.open(settings, signal: signal)
        } catch {
            report(.connectFailed(error))
            return
        }
        report(.connected(version: connection.serverVersion))
        while true {
            switch nextCommand(for: connection) {
            case nil:
                let reason = connection.lastMessage
                connection.abandon(reason)
                report(.closed(reason))
                return
            case .close:
                connection.close()
                report(.closed("closed"))
                return
            case .run(let job):
                guard run(job, on: connection) else { return }
            }
        }
    }

    /// - Returns: whether the connection is kept.
    private func run(_ job: PoolJob, on connection: PostgresConnection) -> Bool {
        let tellCaller = job.perform(connection)
        let flaw = connection.handle == nil ? connection.lastMessage : connection.flaw
        if flaw != nil { connection.close() }
        report(.released(lost: flaw))
        tellCaller()
        return flaw == nil
    }

    /// The next command, checked against a connection that has ended meanwhile; nil when it has.
    private func nextCommand(for connection: PostgresConnection) -> Command? {
        // The answer to the last statement has been read to its end just now.
        var isQuiet = true
        while true {
            let command = takeCommand()
            if case .close = command { return command }
            guard isQuiet || connection.isAlive(), let handle = connection.handle else { return nil }
            if let command { return command }
            let ready = Readiness.wait(
                socket: PQsocket(handle), .socketReadable, wakeup: signal.wakeup.descriptor, until: nil)
            if ready.contains(.wakeup) { signal.wakeup.drain() }
            isQuiet = !ready.contains(.socketReadable)
        }
    }

    /// The next command; without one, whoever brings it wakes the thread.
    private func takeCommand() -> Command? {
        mail.withLock { mail in
            mail.isAwaited = mail.commands.isEmpty
            return mail.commands.isEmpty ? nil : mail.commands.removeFirst()
        }
    }
}
