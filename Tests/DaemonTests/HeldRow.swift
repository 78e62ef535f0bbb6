import DaemonFixture
import PostgresFixture
import Testing

/// A memory's row, held locked on a connection of its own: whoever writes that memory waits.
struct HeldRow {
    private let server: PostgresServer
    private let holder: Task<Void, Never>

    /// What the holder does, as pg_stat_activity shows it.
    private static let holders =
        "FROM pg_stat_activity WHERE query LIKE '%/* held */' AND wait_event = 'PgSleep'"

    /// Returns when the row is locked; it is for up to 30 s.
    init(_ id: String, in url: String, _ server: PostgresServer) async throws {
        let sql = "BEGIN; SELECT 1 FROM brain_memories WHERE id = '\(id)' FOR UPDATE; SELECT pg_sleep(30) /* held */"
        self.server = server
        holder = Task { _ = try? await server.execute(sql, on: url) }
        #expect(try await eventually { try await server.execute("SELECT count(*) \(Self.holders)") == ["1"] })
    }

    /// Waits until so many connections wait for locks.
    func waitUntilBlocking(_ count: Int) async throws {
        let query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        #expect(try await eventually { try await server.execute(query) == ["\(count)"] })
    }

    /// Lets go of the row; returns when that is done.
    func release() async throws {
        try await server.execute("SELECT pg_terminate_backend(pid) \(Self.holders)")
        await holder.value
    }
}
