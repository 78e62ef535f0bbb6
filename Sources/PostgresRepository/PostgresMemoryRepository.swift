import MemoryModel
public import MemoryService
import MonotonicClock
public import PostgresDriver

/// Memories in PostgreSQL, through a pool of connections.
///
/// Each read of several memories is one statement, or one transaction that sees one snapshot. A write that nothing can
/// refuse is one statement that commits itself; every other write is a transaction, so that when it is refused, surely
/// nothing was written. Stores of one memory that come at the same time share a statement, and so do reads of one.
public struct PostgresMemoryRepository: MemoryRepository {
    let pool: GatedPool
    let stores: StoreGroups
    let reads: ReadGroups
    let lastStatistics = LastStatistics()

    /// How `deleteExpired` leaves room for others.
    public var expiryPacing = ExpiryPacing()

    /// Makes a repository on a pool whose sessions have `sessionSettings`. While `gate` is closed every call throws
    /// `store_unavailable`.
    ///
    /// - Parameters:
    ///   - concurrentStores: how many statements many stores of one memory are shared out to, at least 1. Each has its cost.
    ///     With two, one is carried out while the other one's callers are told, and while it waits for the disk.
    ///   - concurrentReads: the same for reads by id, which wait for no disk: no more than there are processors for.
    public init(
        pool: PostgresConnectionPool, gate: SchemaGate = SchemaGate(), concurrentStores: Int = 2,
        concurrentReads: Int = 2
    ) {
        self.pool = GatedPool(pool: pool, gate: gate)
        stores = .stores(pool: pool, flights: concurrentStores)
        reads = .reads(pool: pool, flights: concurrentReads)
    }

    /// What the pool must set on its sessions, for `PostgresPoolConfiguration.sessionSettings`.
    ///
    /// They hold every plan to index lookups in the order of answers, also while statistics are missing or old, and let
    /// PostgreSQL plan each statement once a session; `schema/QUERY-PLANS.md` has measurements.
    public static let sessionSettings: [String: String] = [
        // A statement whose daemon has died, or has given it up, ends soon, also while it waits for a lock.
        "client_connection_check_interval": "100ms",
        "plan_cache_mode": "force_generic_plan",
        "enable_seqscan": "off",
        "enable_bitmapscan": "off",
        "enable_hashjoin": "off",
        "enable_mergejoin": "off",
        "jit": "off",
        "work_mem": "16MB",
    ]

    /// Whether the store answers now. Returns within `timeout`, whatever the server does.
    public func health(within timeout: Duration) async -> StoreHealth {
        await pool.health(within: timeout)
    }

    /// Runs work that changes nothing.
    func read<T: Sendable>(
        deadline: MonotonicInstant, _ body: @escaping @Sendable (PostgresSession) throws -> T
    ) async throws(StoreError) -> T {
        try await pool.run(.read, deadline: deadline, body)
    }

    /// Runs work that may write; `ids` are the memories it is about.
    func write<T: Sendable>(
        ids: [MemoryID] = [], deadline: MonotonicInstant,
        _ body: @escaping @Sendable (PostgresSession) throws -> T
    ) async throws(StoreError) -> T {
        try await pool.run(.write, ids: ids, deadline: deadline, body)
    }
}
