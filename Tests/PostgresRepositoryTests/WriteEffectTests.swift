import MemoryModel
import PostgresFixture
import Testing

@testable import PostgresRepository

/// What a write tells of the answers that it changes, and a read of when its answer ends by itself.
@Suite struct WriteEffectTests {
    private static func write(_ store: Store, _ draft: MemoryDraft, ifVersion: Int64? = nil) async throws
        -> StoredMemory
    {
        try await store.repository.store(
            [draft], ifVersion: ifVersion, returningRecords: true, scope: .all, deadline: .soon)[0]
    }

    @Test func aStoreReturnsTheRecordAsItIsKept() async throws {
        try await Store.with { store in
            var draft = try MemoryDraft.of(
                "m1", tags: ["b", "a"], context: #"{"b":1e2,"a":[1.50]}"#, expiresAt: .of(4_000_000_000_000_000))
            draft.embeddings = [0.1, -2]
            for ifVersion in [nil, 1] as [Int64?] {
                let stored = try await Self.write(store, draft, ifVersion: ifVersion)
                #expect(try await store.memory("m1") == stored.record)
            }
            let fresh = try await Self.write(store, .of("m2"), ifVersion: 0)
            #expect(try await store.memory("m2") == fresh.record)
            let silent = try await store.repository.store(
                [.of("m3")], ifVersion: nil, returningRecords: false, scope: .all, deadline: .soon)
            #expect(silent[0].record == nil)
        }
    }

    @Test func anUpdateTellsWhatItReplaced() async throws {
        try await Store.with { store in
            #expect(try await Self.write(store, .of("m1", agent: "a", tags: ["x", "y"])).replaced == nil)
            #expect(try await Self.write(store, .of("m1", agent: "a", tags: ["x", "y"])).replaced == nil)
            let moved = try await Self.write(store, .of("m1", agent: "b", tags: ["x", "y"]))
            #expect(try moved.replaced == MemoryPlace(agentID: .of("a"), tags: [.of("x"), .of("y")]))
            let retagged = try await Self.write(store, .of("m1", agent: "b", tags: ["z"]), ifVersion: 3)
            #expect(try retagged.replaced == MemoryPlace(agentID: .of("b"), tags: [.of("x"), .of("y")]))
            let place = try await store.repository.delete(.of("m1"), ifVersion: nil, scope: .all, deadline: .soon)
            #expect(try place == MemoryPlace(agentID: .of("b"), tags: [.of("z")]))
            #expect(try await Self.write(store, .of("m1", agent: "c")).replaced == nil)
        }
    }

    /// A writer that waited for a row tells what it found when it got it, not what was there when it began.
    @Test func whatWasReplacedIsReadUnderTheLock() async throws {
        try await Store.with { store in
            try await store.store(.of("m1", tags: ["old"]))
            async let blocker = store.sql(
                """
                BEGIN; UPDATE brain_memories SET tags = '{between}' WHERE id = 'm1'; SELECT pg_sleep(0.5); COMMIT
                """)
            let isWaiting = try await eventually {
                try await store.sql(
                    """
                    SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()
                    """) == ["1"]
            }
            #expect(isWaiting)
            let stored = try await Self.write(store, .of("m1", tags: ["new"]))
            _ = try await blocker
            #expect(try stored.replaced?.tags == [.of("between")])
        }
    }

    @Test func readsTellWhenTheirAnswerEnds() async throws {
        try await Store.with { store in
            func instant(_ minutes: Int64) throws -> Timestamp {
                try Timestamp.now.advanced(byMicroseconds: minutes * 60_000_000)
            }
            let (soon, later) = (try instant(10), try instant(20))
            try await store.store(.of("m1", at: 3, tags: ["t"]))
            try await store.store(.of("m2", at: 2, tags: ["t"], expiresAt: later))
            try await store.store(.of("m3", at: 1, tags: ["t"], expiresAt: soon))
            for filter in try [MemoryFilter(), MemoryFilter(agentID: .of("agent")), MemoryFilter(tags: [.of("t")])] {
                #expect(try await store.page(filter, limit: 1).firstExpiry == later)
                #expect(try await store.page(filter, limit: 2).firstExpiry == soon)
                #expect(try await store.page(filter).firstExpiry == soon)
                let count = try await store.repository.count(matching: filter, scope: .all, deadline: .soon)
                #expect(count == MemoryCount(value: 3, firstExpiry: soon))
                let insights = try await store.repository.insights(
                    matching: filter, limit: 1, maximumBytes: Limits.answerBytes, scope: .all, deadline: .soon)
                #expect(insights.firstExpiry == soon)
            }
            let none = try MemoryFilter(agentID: .of("nobody"))
            #expect(try await store.page(none).firstExpiry == nil)
            #expect(
                try await store.repository.count(matching: none, scope: .all, deadline: .soon) == MemoryCount(value: 0))
        }
    }
}
