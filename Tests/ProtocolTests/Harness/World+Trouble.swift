import DaemonFixture
import PostgresFixture
import Testing

extension World {
    private static let lockHolders = """
        FROM pg_locks WHERE relation = 'brain_memories'::regclass AND mode = 'AccessExclusiveLock' AND granted
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        """

    /// Runs `body` while another session holds a lock that everything about memories waits for.
    func withMemoriesLocked(_ body: @Sendable () async throws -> Void) async throws {
        let holder = Task {
            _ = try? await execute("LOCK TABLE brain_memories IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(120)")
        }
        let isHeld = try await eventually(within: .seconds(20)) {
            try await !execute("SELECT pid \(Self.lockHolders)").isEmpty
        }
        #expect(isHeld)
        var failure: (any Error)?
        do { try await body() } catch { failure = error }
        try await unlockMemories()
        await holder.value
        if let failure { throw failure }
    }

    /// Ends the lock before `withMemoriesLocked` does.
    func unlockMemories() async throws { try await execute("SELECT pg_cancel_backend(pid) \(Self.lockHolders)") }

    /// Waits until so many sessions wait for the lock.
    func waitUntilBlocked(_ count: Int) async throws {
        let blocked = """
            SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()
            """
        let areBlocked = try await eventually(within: .seconds(20)) { try await execute(blocked) == ["\(count)"] }
        #expect(areBlocked)
    }

    /// Ends every session of the service, which makes new ones.
    func breakSessions() async throws {
        try await execute(
            """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
            """)
    }
}
