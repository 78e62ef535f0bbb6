import MemoryModel
import MonotonicClock
import StrictJSON
import Testing

@testable import PostgresRepository

@Suite struct StoreTests {
    @Test func aMemoryComesBackAsItWas() async throws {
        try await Store.with { store in
            var draft = try MemoryDraft.of(
                "m1", agent: "a:b/c@d.e", at: -62_135_596_800_000_000, tags: ["z", "a"], importance: 10,
                context: #"{"text":"é\n\u0001","deep":[[{}]],"":null}"#, expiresAt: .latest)
            draft.embeddings = [0, -0.0, 1.5, .greatestFiniteMagnitude, .leastNonzeroMagnitude, -1e-20, 0.1]
            let before = try Timestamp.now
            let outcome = try await store.store(draft)
            #expect(outcome == StoreOutcome(id: draft.id, version: 1, created: true))
            let record = try #require(try await store.memory("m1"))
            #expect(Self.isSame(record.draft, draft))
            #expect(record.version == 1)
            let after = try Timestamp.now
            #expect(record.createdAt >= before && record.createdAt <= after)
            #expect(record.updatedAt == record.createdAt)
        }
    }

    /// jsonb reorders an object's members; everything else must be equal.
    static func isSame(_ left: MemoryDraft, _ right: MemoryDraft) -> Bool {
        var left = left
        left.context = right.context
        return left == right
    }

    @Test func aSecondStoreReplacesTheWholeRecord() async throws {
        try await Store.with { store in
            var draft = try MemoryDraft.of("m1", tags: ["a", "b", "c"], context: #"{"old":1}"#)
            draft.embeddings = [1]
            try await store.store(draft)
            let first = try #require(try await store.memory("m1"))
            let replacement = try MemoryDraft.of("m1", agent: "other", at: 5, tags: ["b", "d"], context: #"{"new":2}"#)
            #expect(try await store.store(replacement) == StoreOutcome(id: draft.id, version: 2, created: false))
            let second = try #require(try await store.memory("m1"))
            #expect(second.draft == replacement)
            #expect(second.createdAt == first.createdAt)
            #expect(second.updatedAt > first.updatedAt)
            #expect(try await store.store(replacement).version == 3)
            #expect(try await store.sql(Self.tagRows) == ["b other", "d other"])
        }
    }

    private static let tagRows = "SELECT tag || ' ' || agent_id FROM brain_memory_tags ORDER BY tag"

    /// Whoever writes the table, the tags follow.
    @Test func tagsFollowTheTable() async throws {
        try await Store.with { store in
            try await store.store(.of("m1", tags: ["a", "b"]))
            try await store.sql("UPDATE brain_memories SET tags = '{b,c}', agent_id = 'x', importance = 9")
            #expect(try await store.sql(Self.tagRows) == ["b x", "c x"])
            #expect(try await store.sql("SELECT min(importance)::text FROM brain_memory_tags") == ["9"])
            try await store.sql("UPDATE brain_memories SET tags = '{}'")
            #expect(try await store.sql(Self.tagRows) == [])
            try await store.sql("UPDATE brain_memories SET tags = '{q}'")
            try await store.sql("DELETE FROM brain_memories")
            #expect(try await store.sql(Self.tagRows) == [])
        }
    }

    /// A row of tags that is right already is not written again.
    @Test func unchangedTagsAreNotWritten() async throws {
        try await Store.with { store in
            try await store.store(.of("m1", tags: ["a", "b"]))
            let places = "SELECT ctid::text FROM brain_memory_tags ORDER BY tag"
            let before = try await store.sql(places)
            try await store.store(.of("m1", tags: ["a", "b"], context: #"{"changed":true}"#))
            #expect(try await store.sql(places) == before)
        }
    }

    @Test func updatedAtNeverGoesBackwards() async throws {
        try await Store.with { store in
            try await store.store(.of("m1"))
            try await store.sql(
                """
                ALTER TABLE brain_memories DISABLE TRIGGER USER;
                UPDATE brain_memories SET updated_at = '2100-01-01Z';
                ALTER TABLE brain_memories ENABLE TRIGGER USER
                """)
            try await store.store(.of("m1"))
            let record = try #require(try await store.memory("m1"))
            #expect("\(record.updatedAt)".hasPrefix("2100-01-01T00:00:00"))
        }
    }

    @Test func aBatchIsAnsweredInItsOrder() async throws {
        try await Store.with { store in
            try await store.store(.of("b"))
            let drafts = try ["c", "a", "b"].map { try MemoryDraft.of($0, tags: [$0, "all"]) }
            let outcomes = try await store.repository.store(drafts, ifVersion: nil, scope: .all, deadline: .soon)
            #expect(outcomes.map(\.id.value) == ["c", "a", "b"])
            #expect(outcomes.map(\.version) == [1, 1, 2])
            #expect(outcomes.map(\.created) == [true, true, false])
        }
    }

    @Test func aThousandAtOnce() async throws {
        try await Store.with { store in
            let drafts = try (0..<1_000).map { try MemoryDraft.of("m\($0)", at: Int64($0), tags: ["t\($0 % 7)"]) }
            let outcomes = try await store.repository.store(drafts, ifVersion: nil, scope: .all, deadline: .soon)
            #expect(outcomes.count == 1_000)
            let again = try await store.repository.store(drafts, ifVersion: nil, scope: .all, deadline: .soon)
            #expect(again.allSatisfy { $0.version == 2 && !$0.created })
            let page = try await store.page()
            #expect(page.memories.map(\.draft) == drafts.reversed())
            #expect(page.next == nil)
        }
    }

    @Test func ifVersionDecides() async throws {
        try await Store.with { store in
            let draft = try MemoryDraft.of("m1")
            let absent = await storeError { try await store.store(draft, ifVersion: 1) }
            #expect(absent?.conflict == .absent)
            #expect(try await store.store(draft, ifVersion: 0).created)
            let present = await storeError { try await store.store(draft, ifVersion: 0) }
            #expect(present?.kind == .versionConflict)
            #expect(present?.conflict == .current(1))
            #expect(try await store.store(draft, ifVersion: 1).version == 2)
            let stale = await storeError { try await store.store(draft, ifVersion: 1) }
            #expect(stale?.conflict == .current(2))
        }
    }

    @Test func ofManyConditionalWritersOneWins() async throws {
        try await Store.with { store in
            for round in 0..<10 {
                let version = Int64(round)
                let winners = await withTaskGroup(of: Bool.self) { group in
                    for _ in 0..<20 {
                        group.addTask {
                            do {
                                let outcome = try await store.store(.of("m1", tags: ["a"]), ifVersion: version)
                                return outcome.version == version + 1
                            } catch {
                                #expect((error as? StoreError)?.conflict == .current(version + 1))
                                return false
                            }
                        }
                    }
                    return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
                }
                #expect(winners == 1, "round \(round)")
            }
        }
    }

    /// Two batches of the same ids in opposite orders, over and over: no deadlock, and no write is lost.
    @Test func batchesDoNotWaitForEachOtherInACircle() async throws {
        try await Store.with { store in
            let drafts = try (0..<50).map { try MemoryDraft.of("m\($0)", tags: ["a", "b"]) }
            let clock = ContinuousClock()
            let duration = try await clock.measure {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for task in 0..<4 {
                        group.addTask {
                            for _ in 0..<10 {
                                let batch = task.isMultiple(of: 2) ? drafts : drafts.reversed()
                                _ = try await store.repository.store(
                                    batch, ifVersion: nil, scope: .all, deadline: .soon)
                            }
                        }
                    }
                    try await group.waitForAll()
                }
            }
            #expect(duration < .seconds(20))
            #expect(try await store.sql("SELECT DISTINCT version::text FROM brain_memories") == ["40"])
            let deadlocks = "SELECT deadlocks::text FROM pg_stat_database WHERE datname = current_database()"
            #expect(try await store.sql(deadlocks) == ["0"])
        }
    }

    @Test func whatIsOutsideTheScopeIsDenied() async throws {
        try await Store.with { store in
            try await store.store(.of("m1", agent: "theirs"))
            let mine = try AgentScope.only(["mine"], prefixes: ["team-"])
            let draft = try MemoryDraft.of("m1", agent: "mine")
            for ifVersion in [nil, 0, 1, 7] as [Int64?] {
                let error = await storeError { try await store.store(draft, ifVersion: ifVersion, scope: mine) }
                #expect(error?.kind == .permissionDenied, "ifVersion \(String(describing: ifVersion))")
                let deletion = await storeError {
                    _ = try await store.repository.delete(draft.id, ifVersion: ifVersion, scope: mine, deadline: .soon)
                }
                #expect(deletion?.kind == .permissionDenied)
            }
            // All or none: the new one of the batch is not there afterwards.
            let batch = try [MemoryDraft.of("m0", agent: "mine"), draft]
            let error = await storeError {
                _ = try await store.repository.store(batch, ifVersion: nil, scope: mine, deadline: .soon)
            }
            #expect(error?.kind == .permissionDenied)
            #expect(try await store.memory("m0") == nil)
            #expect(try await store.memory("m1")?.version == 1)
            #expect(try await store.memory("m1", scope: mine) == nil)
            #expect(try await store.store(.of("m2", agent: "team-x"), scope: mine).created)
            #expect(try await store.store(.of("m2", agent: "mine"), scope: mine).version == 2)
        }
    }

    @Test func deletes() async throws {
        try await Store.with { store in
            let id = try MemoryID.of("m1")
            func delete(_ ifVersion: Int64? = nil) async throws -> Bool {
                try await store.repository.delete(id, ifVersion: ifVersion, scope: .all, deadline: .soon) != nil
            }
            #expect(try await delete() == false)
            #expect(try await delete(0) == false)
            #expect(await storeError { _ = try await delete(3) }?.conflict == .absent)
            try await store.store(.of("m1"))
            #expect(await storeError { _ = try await delete(0) }?.conflict == .current(1))
            #expect(await storeError { _ = try await delete(2) }?.conflict == .current(1))
            #expect(try await delete(1))
            #expect(try await store.memory("m1") == nil)
            #expect(try await store.store(.of("m1")).created)
            #expect(try await delete())
        }
    }

    @Test func clearsAScope() async throws {
        try await Store.with { store in
            for agent in ["a", "ab", "b", "team-1", "team-2"] {
                for number in 0..<3 { try await store.store(.of("\(agent)\(number)", agent: agent)) }
            }
            func clear(_ scope: AgentScope) async throws -> Int64 {
                try await store.repository.clear(scope: scope, deadline: .soon)
            }
            #expect(try await clear(.none) == 0)
            #expect(try await clear(.only(["a"])) == 3)
            #expect(try await clear(.only(["team-1"], prefixes: ["team-", "team-2"])) == 6)
            try await store.sql("UPDATE brain_memories SET expires_at = '2020-01-01Z' WHERE id = 'ab0'")
            #expect(try await clear(.all) == 5)
            #expect(try await store.sql("SELECT count(*)::text FROM brain_memories") == ["0"])
        }
    }
}
