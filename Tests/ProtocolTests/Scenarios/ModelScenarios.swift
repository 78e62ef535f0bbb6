import DaemonFixture
import Testing

/// Random memories and random filters, against a model that looks at every memory.
extension Scenario {
    private static func fill(_ world: World, seed: UInt64) async throws -> NaiveModel {
        let model = NaiveModel(seed: seed, count: 300)
        try await world.client.result(
            "storeBatch", #"{"records":[\#(model.memories.map(\.record).joined(separator: ","))]}"#)
        return model
    }

    private static func object(_ members: [String]) -> String { "{\(members.joined(separator: ","))}" }

    /// Asks with a random filter, and compares query, page by page, and count. Whether anything matched.
    private static func compareQuery(_ client: Client, _ model: inout NaiveModel) async throws -> Bool {
        let filter = model.filter()
        let expected = model.query(filter).map(\.id)
        let limit = max(model.limit(), expected.count / 8 + 1)
        let found = try await client.ids(object(filter.members), limit: limit)
        #expect(found == expected, "\(filter.members) by \(limit)")
        let count = try await client.result("count", object(filter.members))
        #expect(count == ["count": .int(expected.count)], "\(filter.members)")
        return !expected.isEmpty
    }

    /// Asks with a random filter, and compares insights.
    private static func compareInsights(_ client: Client, _ model: inout NaiveModel) async throws {
        let filter = model.filter(agents: false)
        let limit = model.limit()
        let result = try await client.result(
            "getCrossAgentInsights", object(filter.members + [#""limit":\#(limit)"#]))
        #expect(result["memories"].ids == model.insights(filter).prefix(limit).map(\.id), "\(filter.members)")
        let byAgent = Dictionary(
            uniqueKeysWithValues: (result["byAgent"]?.members ?? []).map { ($0.key, $0.value.int ?? 0) })
        #expect(byAgent == model.byAgent(filter), "\(filter.members)")
        let shared = model.sharedTags(filter).map { tag, agents, count in
            ["tag": .string(tag), "agents": .strings(agents), "count": .int(count)] as JSONValue
        }
        #expect(result["sharedTags"] == .array(shared), "\(filter.members)")
    }

    static let models: [Scenario] = [
        Scenario(
            "query and count give what a naive model gives, page by page", .query, .count, .queryOrder, .tagMode,
            .dates, .minImportance, .limit, .cursor, in: .fresh(.init())
        ) { world in
            var model = try await fill(world, seed: 1)
            var matched = 0
            for _ in 0..<150 { matched += try await compareQuery(world.client, &model) ? 1 : 0 }
            #expect(matched > 75)
        },
        Scenario(
            "query, count and insights give what the model gives after writes", .query, .count, .insights,
            .storeReplaces, .delete, in: .fresh(.init())
        ) { world in
            let first = try await fill(world, seed: 2)
            // The same ids with other fields, and a third of them gone.
            var second = try await fill(world, seed: 3)
            for memory in first.memories.prefix(100) {
                try await world.client.result("delete", #"{"id":"\#(memory.id)"}"#)
            }
            second.memories.removeFirst(100)
            for _ in 0..<60 { _ = try await compareQuery(world.client, &second) }
            for _ in 0..<20 { try await compareInsights(world.client, &second) }
        },
        Scenario("insights give what a naive model gives", .insights, .codePoints, in: .fresh(.init())) { world in
            var model = try await fill(world, seed: 4)
            for _ in 0..<100 { try await compareInsights(world.client, &model) }
        },
        Scenario(
            "bound callers are answered from what they may read alone", .boundCallers, .query, .count, .insights,
            in: .fresh(
                .init(flags: [
                    "--access-rules", "uid:60001 read:team-*,alice,Zo*", "--access-rules", "uid:60002 read:bob,carol",
                    "--access-rules", "uid:60003 read:bob",
                ])), severalUsers: true
        ) { world in
            let model = try await fill(world, seed: 5)
            let readable: [UInt32: Set] = [
                60_001: ["team-1", "team-2", "alice", "Zoe"], 60_002: ["bob", "carol"], 60_003: ["bob"],
            ]
            for (uid, agents) in readable {
                let client = try await world.client(as: User(uid: uid, gid: uid))
                var seen = model
                seen.memories.removeAll { !agents.contains($0.agent) }
                for _ in 0..<40 { _ = try await compareQuery(client, &seen) }
                for _ in 0..<20 { try await compareInsights(client, &seen) }
            }
        },
    ]
}
