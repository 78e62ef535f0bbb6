import MemoryModel
import MonotonicClock
import PostgresDriver
import PostgresFixture
import Testing

@testable import PostgresRepository

/// Stores of several callers in one statement: each fails on its own, and each is told what became of its own.
@Suite struct GroupedStoreTests {
    typealias Landing = Result<StoredMemory, StoreError>

    /// One caller's store.
    struct Caller: Sendable {
        var draft: MemoryDraft
        var scope = AgentScope.all
        var patience = Duration.seconds(30)
        var returningRecord = false

        func store(in repository: PostgresMemoryRepository) async -> Landing {
            do throws(StoreError) {
                return .success(
                    try await repository.store(
                        [draft], ifVersion: nil, returningRecords: returningRecord, scope: scope,
                        deadline: .now + patience)[0])
            } catch {
                return .failure(error)
            }
        }
    }

    /// Makes all stores while the only connection is held, so that they go in one group as far as they can; what became of
    /// each.
    static func inOneGroup(
        _ store: Store, _ callers: [Caller], beforeFlight: () async throws -> Void = {}
    ) async throws -> [Landing] {
        let held = Outcome<Void>()
        let holder = Task { try await store.pool.run(deadline: .soon, access: .read) { _ in _ = held.wait() } }
        #expect(try await eventually { store.pool.snapshot.leased == 1 })
        let repository = store.repository
        return try await withThrowingTaskGroup(of: (Int, Landing).self) { group in
            for (index, caller) in callers.enumerated() {
                group.addTask { (index, await caller.store(in: repository)) }
                #expect(try await eventually(every: .milliseconds(1)) { repository.stores.waitingCount == index + 1 })
            }
            try await beforeFlight()
            held.end(.success(()))
            try await holder.value
            var landings: [Int: Landing] = [:]
            for try await (index, landing) in group { landings[index] = landing }
            return try callers.indices.map { try #require(landings[$0]) }
        }
    }

    private static let transactions = "SELECT count(DISTINCT xmin::text)::text FROM brain_memories WHERE id LIKE 'm%'"

    @Test func oneTransactionAndEachItsOutcome() async throws {
        try await Store.with(connections: 1) { store in
            for number in 0..<20 where number.isMultiple(of: 3) {
                try await store.store(.of("m\(number)", agent: "old", tags: ["old"]))
            }
            let callers = try (0..<20).map { number in
                Caller(
                    draft: try .of("m\(number)", tags: ["t\(number)"], context: #"{"b":1e2,"a":\#(number)}"#),
                    returningRecord: number.isMultiple(of: 2))
            }
            let landings = try await Self.inOneGroup(store, callers)
            for (number, landing) in landings.enumerated() {
                let stored = try landing.get()
                let isOld = number.isMultiple(of: 3)
                #expect(stored.outcome.id.value == "m\(number)")
                #expect(stored.outcome.version == (isOld ? 2 : 1) && stored.outcome.created == !isOld)
                #expect(try stored.replaced == (isOld ? MemoryPlace(agentID: .of("old"), tags: [.of("old")]) : nil))
                let kept = try await store.memory("m\(number)")
                #expect(stored.record == (number.isMultiple(of: 2) ? kept : nil))
                #expect(kept?.draft.tags == callers[number].draft.tags)
            }
            #expect(try await store.sql(Self.transactions) == ["1"])
        }
    }

    @Test func oneBadValueFailsNobodyElse() async throws {
        try await Store.with(connections: 1) { store in
            var callers = try (0..<6).map { Caller(draft: try .of("m\($0)")) }
            callers[2].draft.importance = 11
            callers[4].draft.embeddings = [.nan]
            let landings = try await Self.inOneGroup(store, callers)
            for (number, landing) in landings.enumerated() {
                switch landing {
                case .success(let stored): #expect(stored.outcome.created && number != 2 && number != 4)
                case .failure(let error): #expect(error.sqlState == "23514" && (number == 2 || number == 4))
                }
            }
            #expect(try await store.sql("SELECT count(*)::text FROM brain_memories") == ["4"])
        }
    }

    @Test func twoStoresOfOneMemoryAreBothWritten() async throws {
        try await Store.with(connections: 1) { store in
            let callers = try (0..<6).map { Caller(draft: try .of("m\($0 / 2)", at: Int64($0))) }
            let landings = try await Self.inOneGroup(store, callers)
            for (number, landing) in landings.enumerated() {
                #expect(try landing.get().outcome.version == (number.isMultiple(of: 2) ? 1 : 2))
            }
            #expect(try await store.memory("m2")?.draft.timestamp == .of(5))
        }
    }

    @Test func whoMayNotReplaceIsRefusedAlone() async throws {
        try await Store.with(connections: 1) { store in
            try await store.store(.of("m1", agent: "theirs"))
            try await store.store(.of("m3", agent: "mine"))
            let mine = try AgentScope.only(["mine"])
            let callers = try (0..<6).map { number in
                Caller(draft: try .of("m\(number)", agent: "mine"), scope: number < 4 ? mine : .all)
            }
            let landings = try await Self.inOneGroup(store, callers)
            for (number, landing) in landings.enumerated() {
                switch landing {
                case .success(let stored): #expect(stored.outcome.version == (number == 3 ? 2 : 1) && number != 1)
                case .failure(let error): #expect(error.kind == .permissionDenied && number == 1)
                }
            }
            #expect(try await store.memory("m1")?.draft.agentID.value == "theirs")
        }
    }

    /// Another transaction holds a row: only who writes that one waits for it.
    @Test func aHeldRowHoldsUpNobodyElse() async throws {
        try await Store.with { store in
            try await store.store(.of("m3"))
            let holder = Task {
                try await store.sql(
                    "BEGIN; SELECT 1 FROM brain_memories WHERE id = 'm3' FOR UPDATE; SELECT pg_sleep(30)")
            }
            #expect(
                try await eventually {
                    try await store.sql(
                        "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"
                    ) == ["1"]
                })
            let repository = store.repository
            let blocked = Task { [store] in try await store.store(.of("m3")) }
            let hurried = Task { [store] in
                await storeError {
                    _ = try await store.repository.store(
                        [.of("m3")], ifVersion: nil, scope: .all, deadline: .now + .milliseconds(300))
                }
            }
            // All the while others come, some with it in one group.
            let others = try (0..<200).map { Caller(draft: try .of("n\($0)")) }
            await withTaskGroup(of: Void.self) { group in
                for caller in others {
                    group.addTask {
                        let landing = await caller.store(in: repository)
                        #expect((try? landing.get())?.outcome.created == true)
                    }
                }
            }
            #expect(await hurried.value?.kind == .deadlineExceeded)
            #expect(try await store.sql("SELECT version::text FROM brain_memories WHERE id = 'm3'") == ["1"])
            try await store.sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"
            )
            _ = await holder.result
            #expect(try await blocked.value.version == 2)
        }
    }

    @Test func whoWaitsIsToldAtItsDeadlineAndNothingIsWritten() async throws {
        try await Store.with(connections: 1) { store in
            var callers = try (0..<4).map { Caller(draft: try .of("m\($0)")) }
            callers[0].patience = .milliseconds(200)
            callers[2].patience = .milliseconds(250)
            let repository = store.repository
            let landings = try await Self.inOneGroup(store, callers) {
                let isLate = try await eventually { repository.stores.waitingCount == 2 }
                #expect(isLate)
            }
            for (number, landing) in landings.enumerated() {
                if case .failure(let error) = landing {
                    #expect(error.kind == .deadlineExceeded && number.isMultiple(of: 2))
                } else {
                    #expect(!number.isMultiple(of: 2))
                }
            }
            #expect(try await store.sql("SELECT id FROM brain_memories ORDER BY id") == ["m1", "m3"])
        }
    }

    @Test func aCancelledCallerLeavesTheOthers() async throws {
        try await Store.with(connections: 1) { store in
            let repository = store.repository
            let callers = try (0..<3).map { Caller(draft: try .of("m\($0)")) }
            let landings = try await Self.inOneGroup(store, callers) {
                let caller = Caller(draft: try .of("m9"))
                let cancelled = Task { await caller.store(in: repository) }
                #expect(try await eventually { repository.stores.waitingCount == 4 })
                cancelled.cancel()
                guard case .failure(let error) = await cancelled.value else {
                    Issue.record("it was stored")
                    return
                }
                #expect(error.kind == .deadlineExceeded)
            }
            for landing in landings { #expect(try landing.get().outcome.created) }
            #expect(try await store.memory("m9") == nil)
        }
    }

    @Test func twoHundredAtATimeAllTellTheTruth() async throws {
        try await Store.with { store in
            let repository = store.repository
            for round in 1...3 as ClosedRange<Int64> {
                let landings = try await withThrowingTaskGroup(of: StoredMemory.self) { group in
                    for number in 0..<200 {
                        let caller = Caller(
                            draft: try .of("m\(number)", at: Int64(number), tags: ["t\(number % 7)"]),
                            returningRecord: true)
                        group.addTask { try await caller.store(in: repository).get() }
                    }
                    return try await group.reduce(into: [:]) { $0[$1.outcome.id.value] = $1 }
                }
                #expect(landings.count == 200)
                for number in 0..<200 {
                    let stored = try #require(landings["m\(number)"])
                    #expect(stored.outcome.version == round && stored.outcome.created == (round == 1))
                    let instant = try Timestamp.of(Int64(number))
                    #expect(stored.record?.draft.timestamp == instant)
                    #expect(stored.record?.version == round)
                }
            }
            #expect(try await store.sql("SELECT count(*)::text FROM brain_memory_tags") == ["200"])
        }
    }
}
