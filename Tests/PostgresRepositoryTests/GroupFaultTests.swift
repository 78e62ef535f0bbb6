import Logging
import MemoryModel
import MonotonicClock
import PostgresDriver
import PostgresFixture
import Testing

@testable import PostgresRepository

/// Groups whose server goes away: what is acknowledged is kept, and nothing that surely failed is.
@Suite struct GroupFaultTests {
    private static func with(_ body: (Store, PostgresServer) async throws -> Void) async throws {
        let server = try await PostgresServer.start(settings: ["fsync": "on"])
        let pool = Store.makePool(server.url)
        let result = await Result {
            _ = try await MigrationRunner(pool: pool).migrate(deadline: .soon)
            try await body(
                Store(url: server.url, pool: pool, repository: PostgresMemoryRepository(pool: pool)), server)
        }
        await pool.shutdown(within: .seconds(1))
        try await server.shutdown()
        try result.get()
    }

    @Test func aServerKilledInTheMiddleLosesNothingAcknowledged() async throws {
        try await Self.with { store, server in
            let repository = store.repository
            let landings = try await withThrowingTaskGroup(of: [(String, GroupedStoreTests.Landing)].self) { group in
                for worker in 0..<24 {
                    group.addTask {
                        var landings: [(String, GroupedStoreTests.Landing)] = []
                        for number in 0..<2_000 {
                            let id = "w\(worker)-\(number)"
                            let caller = GroupedStoreTests.Caller(draft: try .of(id, tags: ["t"]))
                            let landing = await caller.store(in: repository)
                            landings.append((id, landing))
                            if case .failure = landing { break }
                        }
                        return landings
                    }
                }
                #expect(
                    try await eventually { try await store.sql("SELECT count(*) > 200 FROM brain_memories") == ["t"] })
                try await server.kill()
                return try await group.reduce(into: []) { $0 += $1 }
            }
            try await server.restart()
            let kept = Set(try await server.execute("SELECT id FROM brain_memories").compactMap(\.self))
            var failures = 0
            for (id, landing) in landings {
                switch landing {
                case .success: #expect(kept.contains(id), "an acknowledged memory is lost")
                case .failure(let error):
                    failures += 1
                    #expect([.commitUnknown, .storeUnavailable].contains(error.kind))
                    if error.kind == .commitUnknown {
                        #expect(error.ids.map(\.value) == [id])
                    } else {
                        #expect(!kept.contains(id), "what was surely not written is there")
                    }
                }
            }
            #expect(failures == 24)
        }
    }

    @Test func aStoppedServerKeepsNobodyBeyondItsDeadline() async throws {
        try await Self.with { store, server in
            try await store.store(.of("m0"))
            try await server.stop()
            let repository = store.repository
            let begin = MonotonicInstant.now
            let callers = try (1...40).map { number in
                GroupedStoreTests.Caller(
                    draft: try .of("m\(number)"), patience: .milliseconds(number.isMultiple(of: 2) ? 200 : 600))
            }
            await withTaskGroup(of: Void.self) { group in
                for caller in callers {
                    group.addTask {
                        let landing = await caller.store(in: repository)
                        let elapsed = begin.duration(to: .now)
                        guard case .failure(let error) = landing else {
                            Issue.record("a stopped server has answered")
                            return
                        }
                        #expect([.commitUnknown, .deadlineExceeded, .storeUnavailable].contains(error.kind))
                        #expect(elapsed < caller.patience + .milliseconds(400))
                    }
                }
            }
            try await server.resume()
            #expect(try await eventually { await storeError { try await store.store(.of("n")) } == nil })
        }
    }
}
