import MemoryModel
import PostgresFixture
import Testing

@testable import PostgresRepository

/// Statistics that are brought up to date by what changed are those that reading everything gives.
@Suite struct IncrementalStatisticsTests {
    /// Seconds from now at which memories expire: around the ends of the spans that a refresh looks at.
    private static let lives = [
        0.5, 1, 59, 60, 61, 3_600, 86_340, 86_399, 86_400, 86_401, 86_460, 90_000, 172_800, 3e6,
    ]

    /// Seconds that pass between two steps.
    static let pauses = [0, 0, 0, 0.5, 1, 59, 60, 3_600, 86_399, 86_400, 200_000]

    static func change(_ store: Store, _ random: inout ModelTests.Random) async throws {
        func some() -> String { "id IN (SELECT id FROM brain_memories ORDER BY md5(id || '\(random.next())') LIMIT 3)" }
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<5:
            let drafts = try Set((0..<8).map { _ in Int.random(in: 0..<60, using: &random) }).map { number in
                try MemoryDraft.of(
                    "m\(number)", agent: "a\(Int.random(in: 0..<4, using: &random))",
                    at: 1_700_000_000_000_000 + Int64.random(in: 0..<50, using: &random),
                    tags: ["x", "y", "z", "é"].filter { _ in Bool.random(using: &random) },
                    importance: Int.random(in: 1...10, using: &random),
                    context: #"{"text":"\#(String(repeating: "w", count: Int.random(in: 0..<40, using: &random)))"}"#)
            }
            _ = try await store.repository.store(drafts, ifVersion: nil, scope: .all, deadline: .soon)
        case 5, 6:
            let life = lives.randomElement(using: &random) ?? 0
            try await store.sql(
                "UPDATE brain_memories SET expires_at = public.now() + \(life) * interval '1 s' WHERE \(some())")
        case 7: try await store.sql("DELETE FROM brain_memories WHERE \(some())")
        case 8: _ = try await store.repository.deleteExpired(deadline: .soon)
        default:
            _ = try await store.repository.clear(
                scope: .only(["a\(Int.random(in: 0..<4, using: &random))"]), deadline: .soon)
        }
    }

    @Test(arguments: [1, 2] as [UInt64]) func randomChangesAddUp(seed: UInt64) async throws {
        try await Store.withClock { store in
            var random = ModelTests.Random(state: seed)
            try await store.refresh()
            for round in 0..<60 {
                for _ in 0..<Int.random(in: 0..<4, using: &random) {
                    try await Self.change(store, &random)
                    try await store.moveClock(bySeconds: Self.pauses.randomElement(using: &random) ?? 0)
                }
                try await store.moveClock(bySeconds: Self.pauses.randomElement(using: &random) ?? 0)
                let refresh = try await store.refresh()
                #expect(refresh.extent == .changes)
                let drift = try await store.drift()
                #expect(drift.isEmpty, "seed \(seed), round \(round): \(drift)")
                guard drift.isEmpty else { return }
            }
        }
    }

    @Test func aRefreshTellsWhatItDid() async throws {
        try await Store.withClock { store in
            try await store.store(.of("m1", agent: "a"))
            let first = try await store.refresh()
            #expect(first.extent == .everything(reason: "there was no refresh before") && first.agents == 1)
            try await store.store(.of("m1", agent: "b"))
            try await store.store(.of("m2", agent: "c"))
            try await store.moveClock(bySeconds: 1)
            let second = try await store.refresh()
            #expect(second.extent == .changes && second.changes == 3 && second.agents == 3)
            #expect(try await store.sql("SELECT agent_id FROM brain_memory_stats ORDER BY 1") == ["b", "c"])
            let third = try await store.repository.refreshStatistics(ifOlderThan: .seconds(60), deadline: .soon)
            #expect(third.extent == .none && third.refreshedAt == second.refreshedAt)
            try await store.moveClock(bySeconds: -100)
            guard case .everything(let reason) = try await store.refresh().extent else { throw NotWellFormed() }
            #expect(reason.contains("backwards"))
            #expect(try await store.drift().isEmpty)
        }
    }

    /// Writers never wait for a refresh, and none of what they write is counted twice or left out.
    @Test func writersMayGoOnMeanwhile() async throws {
        try await Store.with { store in
            try await store.refresh()
            let refreshes = try await withThrowingTaskGroup(of: [StatisticsRefresh].self) { group in
                for writer in 0..<4 {
                    group.addTask {
                        var random = ModelTests.Random(state: UInt64(writer))
                        for _ in 0..<150 { try await Self.write(store, &random) }
                        return []
                    }
                }
                group.addTask {
                    var refreshes: [StatisticsRefresh] = []
                    for _ in 0..<40 { refreshes.append(try await store.refresh()) }
                    return refreshes
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(refreshes.allSatisfy { $0.extent == .changes })
            #expect(refreshes.contains { $0.changes > 0 })
            #expect(try await store.refresh().extent == .changes)
            #expect(try await store.drift().isEmpty)
        }
    }

    private static func write(_ store: Store, _ random: inout ModelTests.Random) async throws {
        let id = "m\(Int.random(in: 0..<40, using: &random))"
        guard Int.random(in: 0..<4, using: &random) > 0 else {
            _ = try await store.repository.delete(.of(id), ifVersion: nil, scope: .all, deadline: .soon)
            return
        }
        let life = Int64.random(in: 20_000...400_000, using: &random)
        try await store.store(
            .of(
                id, agent: "a\(Int.random(in: 0..<3, using: &random))",
                tags: ["x", "y", "z"].filter { _ in Bool.random(using: &random) },
                expiresAt: Bool.random(using: &random) ? try Timestamp.now.advanced(byMicroseconds: life) : nil))
    }
}
