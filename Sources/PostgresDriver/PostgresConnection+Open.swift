import CLibPQ
import Logging
import MonotonicClock
import ThreadedIO

/// What each connection of a pool has in common.
struct ConnectionSettings: Sendable {
    let url: ConnectionString
    let applicationName: String
    let session: [(name: String, value: String)]
    let connectTimeout: Duration
    let cancelGate: CancelGate
    let logger: Logger

    init(_ configuration: PostgresPoolConfiguration, cancelGate: CancelGate, logger: Logger) throws(PostgresError) {
        url = try ConnectionString(configuration.url)
        applicationName = configuration.applicationName
        session = configuration.effectiveSessionSettings
        connectTimeout = configuration.connectTimeout
        self.cancelGate = cancelGate
        self.logger = logger
    }

    /// One statement that sets everything; set_config takes any kind of setting, SET does not.
    fileprivate var sessionScript: String {
        let calls = session.map { "set_config(\(Self.literal($0.name)), \(Self.literal($0.value)), false)" }
        return "SELECT " + calls.joined(separator: ", ")
    }

    private static func literal(_ text: String) -> String {
        let escaped = text.replacing("\\", with: "\\\\").replacing("'", with: "''").replacing("\0", with: "")
        return "E'\(escaped)'"
    }
}

extension PostgresConnection {
    /// Connects, checks the server's version and sets the session up.
    ///
    /// Blocks the calling thread until it stands or `connectTimeout` has passed. (Looking a host name up is the one
    /// part of libpq that has no time limit of ours; the pool gives up on the thread in that case.)
    ///
    /// - Throws: `.unavailable` with libpq's or the server's reason; `.shutDown` after an abort.
    static func open(
        _ settings: ConnectionSettings, signal: ConnectionSignal
    ) throws(PostgresError) -> PostgresConnection {
        let deadline = MonotonicInstant.now + settings.connectTimeout
        guard let handle = startConnecting(settings) else { throw .unavailable("out of memory") }
        let connection = PostgresConnection(handle: handle, signal: signal, settings: settings)
        guard PQstatus(handle) != CONNECTION_BAD else { throw .unavailable(connection.lastMessage) }
        try connection.finishConnecting(until: deadline)
        PQsetnonblocking(handle, 1)
        let version = connection.serverVersion
        guard version >= PostgresLimits.minimumServerVersion else {
            connection.close()
            throw .unavailable(
                "PostgreSQL \(PostgresLimits.minimumServerVersion / 10_000) or newer is needed, this server is "
                    + describe(version: version))
        }
        try connection.setUpSession(settings, until: deadline)
        return connection
    }

    /// `15.4` for 150004.
    static func describe(version: Int) -> String {
        version >= 100_000
            ? "\(version / 10_000).\(version % 10_000)" : "\(version / 10_000).\(version / 100 % 100).\(version % 100)"
    }

    private static func startConnecting(_ settings: ConnectionSettings) -> OpaquePointer? {
        // The connection string comes first, so that what follows wins; a fallback yields to it all the same.
        let parameters = [
            ("dbname", settings.url.text), ("fallback_application_name", settings.applicationName),
            ("client_encoding", "UTF8"),
        ]
        return withCStrings(parameters.map(\.0)) { keywords in
            withCStrings(parameters.map(\.1)) { values in
                // It may look a host name up.
                ThreadPulse.unbounded { PQconnectStartParams(keywords, values, 1) }
            }
        }
    }

    /// A null-terminated array of C strings, valid inside `body`.
    private static func withCStrings<R>(
        _ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> R
    ) -> R {
        var storage: [CChar] = []
        let offsets = strings.map { string in
            defer {
                storage.append(contentsOf: string.utf8.map(CChar.init(bitPattern:)))
                storage.append(0)
            }
            return storage.count
        }
        return storage.withUnsafeBufferPointer { storage in
            let pointers = offsets.map { storage.baseAddress?.advanced(by: $0) } + [nil]
            return pointers.withUnsafeBufferPointer { body($0.baseAddress) }
        }
    }

    private func finishConnecting(until deadline: MonotonicInstant) throws(PostgresError) {
        guard let handle else { throw .unavailable(lastMessage) }
        var status = PGRES_POLLING_WRITING
        while status != PGRES_POLLING_OK {
            guard status != PGRES_POLLING_FAILED else { throw .unavailable(lastMessage) }
            // The socket may be another one after each step: libpq tries one address after the other.
            let interest: Readiness = status == PGRES_POLLING_READING ? .socketReadable : .socketWritable
            let ready = Readiness.wait(
                socket: PQsocket(handle), interest, wakeup: signal.wakeup.descriptor, until: deadline)
            if signal.isAborted { throw .shutDown }
            if ready.contains(.wakeup) { signal.wakeup.drain() }
            if MonotonicInstant.now >= deadline {
                abandon("no answer")
                throw .unavailable("no answer within the time to connect")
            }
            if ready.isSubset(of: .wakeup) { continue }
            status = ThreadPulse.unbounded { PQconnectPoll(handle) }
        }
    }

    private func setUpSession(
        _ settings: ConnectionSettings, until deadline: MonotonicInstant
    ) throws(PostgresError) {
        let script = settings.sessionScript
        switch exchange(ExchangeTime(deadline: deadline, hardDeadline: deadline), { PQsendQuery($0, script) }) {
        case .answered: return
        case .refused(let error): throw .unavailable("cannot set the session up: \(error)")
        case .cancelled, .expired:
            abandon("no answer")
            throw .unavailable("no answer within the time to connect")
        case .lost(let reason): throw .unavailable(reason)
        case .aborted: throw .shutDown
        }
    }
}
