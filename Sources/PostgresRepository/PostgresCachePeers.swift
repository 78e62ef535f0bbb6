public import Logging
import MemoryModel
public import MemoryService
import MonotonicClock
public import PostgresDriver
import Synchronization

/// Announcements of daemons on one database, kept as shared advisory locks: they cost the server no write, others see
/// them at once, and they end with the session that holds them, which is with the daemon at the latest.
///
/// Each daemon holds two, both with two 32-bit keys: which member it is, and which cache it keeps. When either changes it
/// says so by NOTIFY, and each listens: so one that has not asked for a while learns of daemons that came and went
/// meanwhile. A connection pooler between the daemon and PostgreSQL must give sessions whole (PgBouncer:
/// `pool_mode = session`).
public struct PostgresCachePeers: CachePeers {
    private let pool: PostgresConnectionPool
    private let sessions: SessionRelay

    /// Announces over one connection of its own, made as `configuration` says but for its number.
    public init(configuration: PostgresPoolConfiguration, logger: Logger) {
        var configuration = configuration
        configuration.size = 1
        configuration.minimumConnections = 1
        configuration.hasProbe = false
        configuration.sessionSettings[Self.idleSetting] = Self.idleLimit(.quick)
        let sessions = SessionRelay()
        configuration.onConnected = { sessions.tell() }
        self.sessions = sessions
        pool = PostgresConnectionPool(configuration: configuration, logger: logger)
    }

    /// Connects.
    public func start() { pool.start() }

    /// Takes the announcement back.
    public func shutdown() async { await pool.shutdown(within: .zero) }

    /// Has `body` called each time that a session has begun, which knows nothing of what was announced before.
    public func onNewSession(_ body: @escaping @Sendable () -> Void) { sessions.receive(body) }

    /// The cluster, the database and the schema: what tells one store from any other.
    public func storeIdentity(deadline: MonotonicInstant) async throws -> String {
        try await pool.run(deadline: deadline, access: .read) { session in
            try session.execute(Self.identity).text(0, 0)
        }
    }

    private static let identity = PostgresStatement(
        name: "cache-store",
        sql: """
            SELECT concat_ws(' ', c.system_identifier, d.oid, current_schema())
            FROM pg_control_system() AS c, pg_database AS d
            WHERE d.datname = current_database()
            """, isWrite: false)

    // MARK: Announcing

    /// Announces `own` in the place of what this daemon announced before, and returns what every daemon announces now.
    public func announce(
        _ own: CachePeer, pace: CachePeersPace, deadline: MonotonicInstant
    ) async throws -> CachePeersAnswer {
        try await pool.run(deadline: deadline, access: .read) { session in
            var locks = try Locks(session)
            let isNew = locks.own.isEmpty
            // Before anything is announced: nobody may come and go unheard from then on.
            if isNew { _ = try session.execute(Self.listen) }
            let wanted: Set = [Lock(kind: .member, value: own.member), Lock(kind: .cache, value: own.cache)]
            if locks.own != wanted {
                // First the new, then not the old: in between the daemon announces both, and others keep off.
                for lock in wanted.subtracting(locks.own) { try lock.take(session) }
                for lock in locks.own.subtracting(wanted) { try lock.release(session) }
                _ = try session.execute(Self.notify, [.text(String(own.member))])
                locks = try Locks(session)
            }
            if locks.idleLimit != Self.idleLimit(pace) {
                _ = try session.execute(Self.setIdleLimit, [.text(Self.idleLimit(pace))])
            }
            let notifications = session.takeNotifications()
            let isKnown = !isNew && notifications.isComplete
            return CachePeersAnswer(
                present: locks.peers, heard: isKnown ? Set(notifications.payloads.compactMap { UInt32($0) }) : nil)
        }
    }

    /// How long the session may be idle now, as PostgreSQL writes it.
    func idleLimit(deadline: MonotonicInstant) async throws -> String {
        try await pool.run(deadline: deadline, access: .read) { try Locks($0).idleLimit }
    }

    /// A session that falls silent, on a host that is gone perhaps, must not speak for its daemon for ever.
    private static func idleLimit(_ pace: CachePeersPace) -> String {
        switch pace {
        case .quick: "2s"
        case .resting: "2min"
        }
    }

    fileprivate static let idleSetting = "idle_session_timeout"

    private static let listen = PostgresStatement(
        name: "cache-peers-listen", sql: "LISTEN brain_memoryd_peers", isWrite: false)

    private static let notify = PostgresStatement(
        name: "cache-peers-notify", sql: "SELECT pg_notify('brain_memoryd_peers', $1)::text",
        parameterTypes: [.text], isWrite: false)

    private static let setIdleLimit = PostgresStatement(
        name: "cache-peers-pace", sql: "SELECT set_config('\(idleSetting)', $1, false)", parameterTypes: [.text],
        isWrite: false)
}

/// Tells one who is made after the pool of the pool's new sessions.
private final class SessionRelay: Sendable {
    private let receiver = Mutex<(@Sendable () -> Void)?>(nil)

    func receive(_ receiver: @escaping @Sendable () -> Void) { self.receiver.withLock { $0 = receiver } }

    func tell() { receiver.withLock { $0 }?() }
}

/// One advisory lock.
private struct Lock: Hashable {
    /// The first key: the bytes of "brcm" and "brcc".
    enum Kind: Int32 {
        case member = 0x6272_636D
        case cache = 0x6272_6363
    }

    var kind: Kind
    var value: UInt32

    func take(_ session: PostgresSession) throws { _ = try session.execute(Self.takeShared, keys) }

    func release(_ session: PostgresSession) throws { _ = try session.execute(Self.releaseShared, keys) }

    private var keys: [PostgresValue] { [.int4(kind.rawValue), .int4(Int32(bitPattern: value))] }

    // Nobody takes these locks exclusively, so taking one never waits.
    private static let takeShared = statement("take", "pg_advisory_lock_shared($1, $2)::text")
    private static let releaseShared = statement("release", "pg_advisory_unlock_shared($1, $2)::text")

    private static func statement(_ name: String, _ call: String) -> PostgresStatement {
        PostgresStatement(
            name: "cache-peers-\(name)", sql: "SELECT \(call)", parameterTypes: [.int4, .int4], isWrite: false)
    }
}

/// Every lock that is held now.
private struct Locks {
    /// This session's.
    var own: Set<Lock> = []
    /// Every session's, as announcements: each member with each cache that its session holds a lock of.
    var peers: Set<CachePeer> = []
    /// How long this session may be idle, as PostgreSQL writes it.
    var idleLimit = ""

    init(_ session: PostgresSession) throws {
        let rows = try session.execute(Self.held)
        var members: [Int32: [UInt32]] = [:]
        var caches: [Int32: [UInt32]] = [:]
        for row in 0..<rows.rowCount {
            let process = try rows.int4(row, 0)
            let value = UInt32(truncatingIfNeeded: try rows.int8(row, 2))
            guard let kind = Lock.Kind(rawValue: Int32(truncatingIfNeeded: try rows.int8(row, 1))) else { continue }
            if try rows.bool(row, 3) { own.insert(Lock(kind: kind, value: value)) }
            idleLimit = try rows.text(row, 4)
            switch kind {
            case .member: members[process, default: []].append(value)
            case .cache: caches[process, default: []].append(value)
            }
        }
        for (process, values) in members {
            for member in values {
                for cache in caches[process] ?? [CachePeer.none] {
                    peers.insert(CachePeer(member: member, cache: cache))
                }
            }
        }
    }

    private static let held = PostgresStatement(
        name: "cache-peers",
        sql: """
            SELECT l.pid, l.classid::bigint, l.objid::bigint, l.pid = pg_backend_pid(),
                current_setting('\(PostgresCachePeers.idleSetting)')
            FROM pg_locks AS l
            WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2
                AND l.classid IN (\(Lock.Kind.member.rawValue), \(Lock.Kind.cache.rawValue))
                AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
            """, isWrite: false)
}
