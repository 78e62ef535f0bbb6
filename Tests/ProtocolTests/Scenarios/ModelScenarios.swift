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

    static let models: [Scenario] = [
        Scenario(
            "query and count give what a naive model gives, page by page", .query, .count, .queryOrder, .tagMode,
            .dates,
            .minImportance, .limit, .cursor, in: .fresh(.init())
        ) { world in
            var model = try await fill(world, seed: 1)
            var matched = 0
            for _ in 0..<150 {
                let filter = model.filter()
                let expected = model.query(filter).map(\.id)
                let limit = max(model.limit(), expected.count / 8 + 1)
                let found = try await world.client.ids(object(filter.members), limit: limit)
                #expect(found == expected, "\(filter.members) by \(limit)")
                let count = try await world.client.result("count", object(filter.members))
                #expect(count == ["count": .int(expected.count)], "\(filter.members)")
                matched += expected.isEmpty ? 0 : 1
            }
            #expect(matched > 75)
        },
        Scenario(
            "query and count give what the model gives after writes", .query, .count, .storeReplaces, .delete,
            in: .fresh(.init())
        ) { world in
            let first = try await fill(world, seed: 2)
            // The same ids with other fields, and a third of them gone.
            var second = try await fill(world, seed: 3)
            for memory in first.memories.prefix(100) {
                try await world.client.result("delete", #"{"id":"\#(memory.id)"}"#)
            }
            second.forget(100)
            for _ in 0..<60 {
                let filter = second.filter()
                let expected = second.query(filter).map(\.id)
                #expect(try await world.client.ids(object(filter.members)) == expected, "\(filter.members)")
                let count = try await world.client.result("count", object(filter.members))
                #expect(count == ["count": .int(expected.count)], "\(filter.members)")
            }
        },
        Scenario("insights give what a naive model gives", .insights, .codePoints, in: .fresh(.init())) { world in
            var model = try await fill(world, seed: 4)
            for _ in 0..<100 {
                let filter = model.filter(agents: false)
                let limit = model.limit()
                let result = try await world.client.result(
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
        },
    ]
}

extension NaiveModel {
    /// Forgets the first memories.
    mutating func forget(_ count: Int) { memories.removeFirst(count) }
}
