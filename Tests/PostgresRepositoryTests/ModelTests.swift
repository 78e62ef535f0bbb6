import MemoryModel
import PostgresDriver
import Testing

@testable import PostgresRepository

/// Random memories and random queries, against the simplest program that could answer them.
@Suite struct ModelTests {
    private static let agents = ["a", "b", "ab", "team-1", "team-2", "Z"]
    private static let tags = ["t0", "t1", "t2", "é", "e\u{301}", "rare"]

    /// A generator whose numbers a failing run can be repeated with.
    struct Random: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            // SplitMix64 (Steele, Lea, Flood 2014).
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    private static func draft(_ number: Int, _ random: inout Random) throws -> MemoryDraft {
        // Few timestamps, so that many memories share one and the id decides.
        let time = 1_700_000_000_000_000 + Int64.random(in: 0..<40, using: &random)
        let tags = Self.tags.dropLast().filter { _ in Int.random(in: 0..<3, using: &random) == 0 }
        return try .of(
            "m\(Int.random(in: 0..<10_000, using: &random))-\(number)",
            agent: agents.randomElement(using: &random) ?? "a", at: time,
            tags: tags + (number % 50 == 0 ? ["rare"] : []), importance: Int.random(in: 1...10, using: &random))
    }

    private static func filter(_ random: inout Random) throws -> MemoryFilter {
        func maybe(_ random: inout Random) -> Bool { Bool.random(using: &random) }
        var filter = MemoryFilter()
        if maybe(&random) { filter.agentID = try .of((agents + ["none"]).randomElement(using: &random) ?? "a") }
        if maybe(&random) {
            let count = Int.random(in: 1...3, using: &random)
            let chosen = (tags + ["none"]).shuffled(using: &random).prefix(count)
            filter.tags = MemoryModel.Tag.normalized(try chosen.map(MemoryModel.Tag.of))
            filter.tagMode = maybe(&random) ? .any : .all
        }
        if maybe(&random) { filter.minimumImportance = Int.random(in: 1...10, using: &random) }
        if maybe(&random) { filter.start = try .of(1_700_000_000_000_000 + Int64.random(in: -2..<42, using: &random)) }
        if maybe(&random) { filter.end = try .of(1_700_000_000_000_000 + Int64.random(in: -2..<42, using: &random)) }
        return filter
    }

    private static func matches(_ record: MemoryDraft, _ filter: MemoryFilter, _ scope: AgentScope) -> Bool {
        let hits = filter.tags.filter(record.tags.contains).count
        let hasTags = filter.tags.isEmpty || (filter.tagMode == .any ? hits > 0 : hits == filter.tags.count)
        return scope.contains(record.agentID) && filter.agentID.map { $0 == record.agentID } ?? true && hasTags
            && record.importance >= filter.minimumImportance ?? 1
            && filter.start.map { record.timestamp >= $0 } ?? true && filter.end.map { record.timestamp <= $0 } ?? true
    }

    private static func isNewer(_ left: MemoryDraft, _ right: MemoryDraft) -> Bool {
        (right.timestamp, right.id) < (left.timestamp, left.id)
    }

    private static func isMoreImportant(_ left: MemoryDraft, _ right: MemoryDraft) -> Bool {
        left.importance != right.importance ? left.importance > right.importance : isNewer(left, right)
    }

    @Test func everyReadAnswersAsTheModelDoes() async throws {
        try await Store.with { store in
            var random = Random(state: 42)
            var drafts: [MemoryDraft] = []
            for number in 0..<400 { drafts.append(try Self.draft(number, &random)) }
            _ = try await store.repository.store(drafts, ifVersion: nil, scope: .all, deadline: .soon)
            let expired = drafts.indices.filter { $0 % 10 == 3 }.map { "'\(drafts[$0].id)'" }.joined(separator: ",")
            try await store.sql("UPDATE brain_memories SET expires_at = now() - interval '1s' WHERE id IN (\(expired))")
            let live = drafts.enumerated().filter { $0.offset % 10 != 3 }.map(\.element)
            let scopes = try [
                AgentScope.all, .only(["a", "Z"]), .only([], prefixes: ["team-"]),
                .only(["b", "none"], prefixes: ["a", "ab", "x"]), .none,
            ]
            for round in 0..<400 {
                let filter = try Self.filter(&random)
                let scope = scopes.randomElement(using: &random) ?? .all
                let expected = live.filter { Self.matches($0, filter, scope) }
                let limit = [1, 2, 7, 50, 1_000].randomElement(using: &random) ?? 1
                let note = Comment("round \(round): \(filter) in \(scope), limit \(limit)")
                try await Self.comparePages(store, filter, scope, limit, expected.sorted(by: Self.isNewer), note)
                let count = try await store.repository.count(matching: filter, scope: scope, deadline: .soon).value
                #expect(count == expected.count, note)
                try await Self.compareInsights(store, filter, scope, limit, expected, note)
            }
        }
    }

    private static func comparePages(
        _ store: Store, _ filter: MemoryFilter, _ scope: AgentScope, _ limit: Int, _ expected: [MemoryDraft],
        _ note: Comment
    ) async throws {
        var seen: [MemoryDraft] = []
        var position: PagePosition?
        repeat {
            let page = try await store.page(filter, after: position, limit: limit, scope: scope)
            // An end is told at once, also after a full page.
            #expect(page.memories.count == limit || page.next == nil, note)
            seen += page.memories.map(\.draft)
            position = page.next
        } while position != nil && seen.count < 60
        #expect(seen == Array(expected.prefix(seen.count)), note)
        if position == nil { #expect(seen.count == expected.count, note) }
    }

    private static func compareInsights(
        _ store: Store, _ filter: MemoryFilter, _ scope: AgentScope, _ limit: Int, _ expected: [MemoryDraft],
        _ note: Comment
    ) async throws {
        let insights = try await store.repository.insights(
            matching: filter, limit: limit, maximumBytes: Limits.answerBytes, scope: scope, deadline: .soon)
        #expect(insights.memories.map(\.draft) == Array(expected.sorted(by: isMoreImportant).prefix(limit)), note)
        let counts = Dictionary(grouping: expected, by: \.agentID).mapValues { Int64($0.count) }
        #expect(insights.countByAgent == counts, note)
        #expect(insights.sharedTags == sharedTags(expected), note)
    }

    private static func sharedTags(_ drafts: [MemoryDraft]) -> [CrossAgentInsights.SharedTag] {
        var holders: [MemoryModel.Tag: [AgentID]] = [:]
        for draft in drafts { for tag in draft.tags { holders[tag, default: []].append(draft.agentID) } }
        return holders.map { tag, agents in
            CrossAgentInsights.SharedTag(tag: tag, agents: Set(agents).sorted(), count: Int64(agents.count))
        }
        .filter { $0.agents.count > 1 }
        .sorted { left, right in
            if left.agents.count != right.agents.count { return left.agents.count > right.agents.count }
            return left.count != right.count ? left.count > right.count : left.tag < right.tag
        }
    }

    /// For many matches another statement is used; both must say the same.
    @Test func bothWaysToSharedTagsAgree() async throws {
        try await Store.with { store in
            var random = Random(state: 7)
            var drafts: [MemoryDraft] = []
            for number in 0..<300 { drafts.append(try Self.draft(number, &random)) }
            _ = try await store.repository.store(drafts, ifVersion: nil, scope: .all, deadline: .soon)
            let scopes = try [AgentScope.all, .only(["a", "Z"]), .only(["b"], prefixes: ["team-"])]
            for scope in scopes {
                for importance in [nil, 4] as [Int?] {
                    var filter = MemoryFilter(start: try .of(1_700_000_000_000_010), minimumImportance: importance)
                    filter.end = try .of(1_700_000_000_000_030)
                    let values = try #require(FilterValues(filter, scope: scope))
                    let texts = try await store.repository.read(deadline: .soon) { session in
                        try [MemoryFilterSQL.Read.sharedTagsOfFew, .sharedTagsOfMany].map { read in
                            let rows = try session.execute(read, values, budgetBytes: 1 << 20)
                            return try (0..<rows.rowCount).map { row in
                                "\(try rows.text(row, 0)) \(try rows.textArray(row, 1)) \(try rows.int8(row, 2))"
                            }
                        }
                    }
                    #expect(texts[0] == texts[1])
                    #expect(!texts[0].isEmpty)
                }
            }
        }
    }

    /// What matched throughout comes exactly once, whatever is written meanwhile.
    @Test func pagesUnderConcurrentWritesMissNothing() async throws {
        try await Store.with { store in
            var random = Random(state: 3)
            var drafts: [MemoryDraft] = []
            for number in 0..<300 { drafts.append(try Self.draft(number, &random)) }
            _ = try await store.repository.store(drafts, ifVersion: nil, scope: .all, deadline: .soon)
            let (stable, churned) = (drafts[..<200], Array(drafts[200...]))
            let writer = Task {
                var random = Random(state: 4)
                var round = 0
                while !Task.isCancelled {
                    round += 1
                    guard var draft = churned.randomElement(using: &random) else { return }
                    if Bool.random(using: &random) {
                        _ = try await store.repository.delete(draft.id, ifVersion: nil, scope: .all, deadline: .soon)
                    } else {
                        draft.importance = round % 10 + 1
                        try await store.store(draft)
                    }
                    let time = 1_700_000_000_000_000 + Int64(round % 40)
                    try await store.store(.of("new\(round)", at: time, tags: ["t0"]))
                }
            }
            for filter in try [MemoryFilter(), MemoryFilter(tags: [.of("t0"), .of("t1")])] {
                var seen: [MemoryID] = []
                var position: PagePosition?
                repeat {
                    let page = try await store.page(filter, after: position, limit: 5)
                    seen += page.memories.map(\.draft.id)
                    position = page.next
                } while position != nil && seen.count < 20_000
                let expected = stable.filter { Self.matches($0, filter, .all) }.sorted(by: Self.isNewer).map(\.id)
                let known = Set(expected)
                #expect(seen.filter(known.contains) == expected)
                #expect(Set(seen).count == seen.count)
            }
            writer.cancel()
            _ = await writer.result
        }
    }
}
