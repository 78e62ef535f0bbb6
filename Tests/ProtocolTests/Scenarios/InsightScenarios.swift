import DaemonFixture
import Testing

/// getCrossAgentInsights, on memories whose answers a reader can check.
extension Scenario {
    static let insights: [Scenario] = [
        Scenario("insights order memories, agents and shared tags", .insights, .limit, in: .fresh(.init())) { world in
            let client = world.client
            func store(_ id: String, _ agent: String, _ day: Int, _ importance: Int, _ tags: [String]) async throws {
                try await client.result(
                    "store",
                    #"{"record":{"id":"\#(id)","agentId":"\#(agent)","context":{},"#
                        + #""timestamp":"2026-01-0\#(day)T00:00:00Z","importance":\#(importance),"#
                        + #""tags":\#(JSONValue.strings(tags))}}"#
                )
            }
            try await store("a", "alice", 1, 9, ["x", "own"])
            try await store("b", "bob", 2, 9, ["x", "y"])
            try await store("c", "bob", 2, 9, ["x", "z"])
            try await store("d", "carol", 3, 10, ["x", "y", "z"])
            try await store("e", "bob", 9, 1, ["x"])
            try await store("f", "alice", 9, 1, ["w"])
            try await store("g", "Zoe", 8, 1, ["w"])
            let all = try await client.result("getCrossAgentInsights", "{}")
            #expect(all.keys == ["byAgent", "memories", "sharedTags"])
            #expect(all["memories"].ids == ["d", "c", "b", "a", "f", "e", "g"])
            #expect(all["memories"]?[0] == (try await client.memory("d")))
            #expect(all["byAgent"] == ["alice": 2, "bob": 3, "carol": 1, "Zoe": 1])
            let shared = json(
                #"""
                [{"tag":"x","agents":["alice","bob","carol"],"count":5},{"tag":"w","agents":["Zoe","alice"],"count":2},
                {"tag":"y","agents":["bob","carol"],"count":2},{"tag":"z","agents":["bob","carol"],"count":2}]
                """#)
            #expect(all["sharedTags"] == shared)
            let page = try await client.result("getCrossAgentInsights", #"{"limit":2}"#)
            #expect(page["memories"].ids == ["d", "c"])
            #expect(page["byAgent"] == all["byAgent"] && page["sharedTags"] == shared)
            let some = try await client.result(
                "getCrossAgentInsights", #"{"tags":["y"],"minImportance":9,"endDate":"2026-01-03"}"#)
            #expect(some["memories"].ids == ["d", "b"])
            #expect(some["byAgent"] == ["bob": 1, "carol": 1])
            // Of what matches, other tags may be shared too.
            #expect(some["sharedTags"].map { $0.array?.compactMap { $0["tag"]?.string } } == ["x", "y"])
        },
        // Only in process: what many matches change is how PostgreSQL is asked.
        Scenario("insights of 60,000 memories", .insights, in: .fresh(.init()), over: [.inProcess]) { world in
            try await world.execute(
                """
                INSERT INTO brain_memories (id, agent_id, "timestamp", context, tags, importance)
                SELECT 'm' || n, 'agent' || n % 3, timestamptz '2026-01-01' + n * interval '1 second', '{}',
                    ARRAY['t' || n % 6], 1 + n % 10
                FROM generate_series(1, 60000) AS n
                """)
            let result = try await world.client.result("getCrossAgentInsights", #"{"limit":3}"#)
            #expect(result["memories"].ids == ["m59999", "m59989", "m59979"])
            #expect(result["byAgent"] == ["agent0": 20_000, "agent1": 20_000, "agent2": 20_000])
            // Of n by 6 and n by 3: each tag is carried by one agent, so none is shared until one moves.
            #expect(result["sharedTags"] == [])
            try await world.execute("UPDATE brain_memories SET agent_id = 'agent1' WHERE id = 'm6'")
            let moved = try await world.client.result("getCrossAgentInsights", #"{"limit":1}"#)
            #expect(moved["sharedTags"] == [["tag": "t0", "agents": ["agent0", "agent1"], "count": 10_000]])
            #expect(moved["byAgent"] == ["agent0": 19_999, "agent1": 20_001, "agent2": 20_000])
        },
        Scenario("insights of nothing", .insights, in: .fresh(.init())) { world in
            let nothing: JSONValue = ["memories": [], "byAgent": [:], "sharedTags": []]
            let result = try await world.client.result("getCrossAgentInsights")
            #expect(result == nothing)
        },
    ]
}
