import MemoryModel
public import MemoryService
public import PostgresDriver

/// Announcements of daemons on one database, kept as shared advisory locks: they cost the server no write, others see
/// them at once, and they end with the session that holds them, which is with the daemon at the latest.
///
/// Each daemon holds two, both with two 32-bit keys: which member it is, and which cache it keeps. A connection pooler
/// between the daemon and PostgreSQL must give sessions whole (PgBouncer: `pool_mode = session`).
public struct PostgresCachePeers: CachePeers {
    private let pool: PostgresConnectionPool

    /// Announces on `pool`, which must have exactly one connection, and no other use: a lock belongs to its session.
    public init(pool: PostgresConnectionPool) {
        self.pool = pool
    }

    /// The cluster, the database and the schema: what tells one store from any other.
    public func storeIdentity(deadline: ContinuousClock.Instant) async throws -> String {
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

    /// Announces `own` in the place of what this daemon announced before, and returns what every daemon announces now.
    public func announce(_ own: CachePeer, deadline: ContinuousClock.Instant) async throws -> Set<CachePeer> {
        try await pool.run(deadline: deadline, access: .read) { session in
            let locks = try Locks(session)
            let wanted: Set = [Lock(kind: .member, value: own.member), Lock(kind: .cache, value: own.cache)]
            if locks.own == wanted { return locks.peers }
            // First the new, then not the old: in between the daemon announces both, and others keep off.
            for lock in wanted.subtracting(locks.own) { try lock.take(session) }
            for lock in locks.own.subtracting(wanted) { try lock.release(session) }
            return try Locks(session).peers
        }
    }
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

    init(_ session: PostgresSession) throws {
        let rows = try session.execute(Self.held)
        var members: [Int32: [UInt32]] = [:]
        var caches: [Int32: [UInt32]] = [:]
        for row in 0..<rows.rowCount {
            let process = try rows.int4(row, 0)
            let value = UInt32(truncatingIfNeeded: try rows.int8(row, 2))
            guard let kind = Lock.Kind(rawValue: Int32(truncatingIfNeeded: try rows.int8(row, 1))) else { continue }
            if try rows.bool(row, 3) { own.insert(Lock(kind: kind, value: value)) }
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
            SELECT l.pid, l.classid::bigint, l.objid::bigint, l.pid = pg_backend_pid()
            FROM pg_locks AS l
            WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2
                AND l.classid IN (\(Lock.Kind.member.rawValue), \(Lock.Kind.cache.rawValue))
                AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
            """, isWrite: false)
}
