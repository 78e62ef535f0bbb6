import MemoryModel
import MemoryService
import MonotonicClock
import PostgresDriver

/// Connections to a database that is used only once its schema has been checked, and whose failures are the service's.
struct GatedPool: Sendable {
    let pool: PostgresConnectionPool
    let gate: SchemaGate

    /// Runs work on a connection; `ids` are the memories that a write is about. Throws `store_unavailable` while the gate
    /// is closed.
    func run<T: Sendable>(
        _ access: PostgresAccess, ids: [MemoryID] = [], deadline: MonotonicInstant,
        _ body: @escaping @Sendable (PostgresSession) throws -> T
    ) async throws(StoreError) -> T {
        try gate.pass()
        do {
            return try await pool.run(deadline: deadline, access: access, body)
        } catch {
            throw StoreError(error, ids: ids)
        }
    }

    /// Whether the store answers now. Returns within `timeout`, whatever the server does.
    func health(within timeout: Duration) async -> StoreHealth {
        if let reason = gate.reason { return .unavailable(reason: reason) }
        let health = await pool.probe(timeout: timeout)
        return switch health.status {
        case .ok: .available(latency: health.latency ?? .zero)
        default: .unavailable(reason: health.reason ?? "no answer")
        }
    }
}
