import DaemonFixture
import Testing

/// Answers that would pass 16 MiB.
extension Scenario {
    private static let most = 16_777_216

    /// Memories `m10`, `m11`… of 1 MiB each, the last the newest. By SQL, which is a matter of milliseconds.
    private static func fill(_ world: World, _ count: Int) async throws -> [String] {
        try await world.execute(
            """
            INSERT INTO brain_memories (id, agent_id, "timestamp", context, importance)
            SELECT 'm' || n, 'agent' || n % 2, timestamptz '2026-01-01' + n * interval '1 hour',
                jsonb_build_object('t', repeat('x', 1048568)), 5
            FROM generate_series(10, \(9 + count)) AS n
            """)
        return (10..<10 + count).map { "m\($0)" }.reversed()
    }

    static let bigAnswers: [Scenario] = [
        Scenario(
            "a page ends before it passes 16 MiB, and its cursor goes on there", .answerBytes, .query, .cursor,
            in: .fresh(.init())
        ) { world in
            let ids = try await fill(world, 20)
            let first = try await world.client.call("query", #"{"limit":1000}"#)
            let page = try first.success()
            #expect(first.byteCount <= most)
            #expect(page["memories"].ids == Array(ids.prefix(15)))
            let rest = try await world.client.result(
                "query", #"{"limit":1000,"cursor":\#(try #require(page["nextCursor"]))}"#)
            #expect(rest["memories"].ids == Array(ids.dropFirst(15)))
            #expect(rest["nextCursor"] == .null)
        },
        Scenario("insights give way at 16 MiB, their aggregates do not", .answerBytes, .insights, in: .fresh(.init())) {
            world in
            let ids = try await fill(world, 18)
            let answer = try await world.client.call("getCrossAgentInsights", #"{"limit":1000}"#)
            #expect(answer.byteCount <= most)
            let result = try answer.success()
            #expect(result["memories"].ids == Array(ids.prefix(15)))
            #expect(result["byAgent"] == ["agent0": 9, "agent1": 9])
        },
        Scenario("getBatch refuses ids that take more than 16 MiB", .answerBytes, .getBatch, in: .fresh(.init())) {
            world in
            let ids = try await fill(world, 17)
            try await world.client.expectInvalid("ids", "getBatch", #"{"ids":\#(JSONValue.strings(ids))}"#)
            let answer = try await world.client.call("getBatch", #"{"ids":\#(JSONValue.strings(ids.prefix(15)))}"#)
            #expect(answer.byteCount <= most)
            #expect(try answer.success()["memories"].ids == Array(ids.prefix(15)))
        },
        Scenario(
            "a list of agents ends before it passes 16 MiB", .answerBytes, .listAgents, .cursor, in: .fresh(.init())
        ) { world in
            try await world.execute(
                """
                INSERT INTO brain_agents (agent_id, metadata)
                SELECT 'agent' || n, jsonb_build_object('t', repeat('x', 65528)) FROM generate_series(1001, 1300) AS n
                """)
            let first = try await world.client.call("listAgents", #"{"limit":1000}"#)
            #expect(first.byteCount <= most)
            let page = try first.success()
            let rest = try await world.client.result(
                "listAgents", #"{"limit":1000,"cursor":\#(try #require(page["nextCursor"]))}"#)
            let names = [page, rest].flatMap { $0["agents"]?.array ?? [] }.compactMap { $0["agentId"]?.string }
            #expect(names == (1_001...1_300).map { "agent\($0)" })
            #expect(rest["nextCursor"] == .null)
        },
        Scenario("what can't be cut to 16 MiB is unsupported", .unsupported, .answerBytes, in: .fresh(.init())) {
            world in
            try await world.execute(
                """
                INSERT INTO brain_memories (id, agent_id, "timestamp", context)
                SELECT 'm' || n, rpad('a' || n, 128, 'x'), now(), '{}' FROM generate_series(1, 130000) AS n
                """)
            let refusal = try await world.client.refusal("getStats", #"{"fresh":true}"#)
            #expect(refusal.kind == "unsupported")
            #expect(refusal.message.contains("\(most)"))
            #expect(try await world.client.result("count") == ["count": 130_000])
        },
    ]
}
