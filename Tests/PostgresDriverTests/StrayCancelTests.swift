import PostgresDriver
import PostgresFixture
import Testing

/// A cancel request makes the postmaster signal the session twice, the second time as a process group
/// (src/backend/postmaster/postmaster.c, signal_child): the statement after a cancelled one must not be hit by that.
@Suite struct StrayCancelTests {
    @Test func aCancelHitsNoLaterStatement() async throws {
        let server = try await PostgresServer.shared()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<6 {
                group.addTask {
                    try await withPool(server.url, { $0.size = 1 }) { pool async throws in
                        for _ in 0..<100 {
                            let late = await pool.failure(within: .milliseconds(2)) { _ = try $0.execute(sleepForever) }
                            #expect(late.error?.kind == "deadlineExceeded")
                            let next = await pool.failure(within: .seconds(5)) { _ = try $0.execute(selectOne) }
                            #expect(next.error == nil, "\(String(describing: next.error))")
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}
