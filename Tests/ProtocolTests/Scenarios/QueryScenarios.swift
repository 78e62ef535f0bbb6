import DaemonFixture
import Testing

/// query, its kin and their filters, each alone.
extension Scenario {
    /// Memories of one agent, their ids `agent-name`.
    private static func fill(_ world: World, _ records: [(name: String, members: String)]) async throws -> String {
        let agent = world.unique("q")
        let texts = records.map { name, members in
            #"{"id":"\#(agent)-\#(name)","agentId":"\#(agent)","context":{},\#(members)}"#
        }
        try await world.client.result("storeBatch", #"{"records":[\#(texts.joined(separator: ","))]}"#)
        return agent
    }

    /// Fails the test unless exactly these match, by query, queryContext and count.
    private static func expect(
        _ world: World, _ agent: String, _ filters: String, _ names: [String],
        _ location: SourceLocation = #_sourceLocation
    ) async throws {
        let filters = #"{"agentId":"\#(agent)"\#(filters.isEmpty ? "" : ",")\#(filters)}"#
        let page = try await world.client.page("query", filters)
        #expect(page["memories"].ids == names.map { "\(agent)-\($0)" }, "\(filters)", sourceLocation: location)
        #expect(page["nextCursor"] == .null, sourceLocation: location)
        #expect(try await world.client.page("queryContext", filters) == page, sourceLocation: location)
        let count = try await world.client.result("count", filters)
        #expect(count == ["count": .int(names.count)], "\(filters)", sourceLocation: location)
    }

    static let queries: [Scenario] = [
        Scenario(
            "query answers newest first, then by id from the greatest", .query, .queryOrder, .queryContext,
            .getAgentMemories, .servedFrom
        ) { world in
            let agent = try await fill(
                world,
                [
                    ("a", #""timestamp":"2026-01-01T00:00:00Z""#), ("b", #""timestamp":"2026-01-03T00:00:00Z""#),
                    ("B", #""timestamp":"2026-01-03T00:00:00Z""#), ("a.1", #""timestamp":"2026-01-01T00:00:00+00:00""#),
                    ("c", #""timestamp":"2026-01-02T00:00:00Z""#), ("d", #""timestamp":"2026-01-02T00:00:00.000001Z""#),
                    ("10", #""timestamp":"2025-12-31T23:59:59.999999-00:30""#),
                    ("9", #""timestamp":"2025-01-01T00:00:00Z""#),
                ])
            try await expect(world, agent, "", ["b", "B", "d", "c", "10", "a.1", "a", "9"])
            let page = try await world.client.page("query", #"{"agentId":"\#(agent)"}"#)
            #expect(page.keys == ["memories", "nextCursor", "servedFrom"])
            #expect(page["memories"]?[0] == (try await world.client.memory("\(agent)-b")))
            #expect(try await world.client.page("getAgentMemories", #"{"agentId":"\#(agent)"}"#) == page)
        },
        Scenario("tagMode any is the default, all wants every tag, no tags are no filter", .tagMode, .query, .count) {
            world in
            let agent = try await fill(
                world,
                [
                    ("1", #""tags":["x"]"#), ("2", #""tags":["x","y"]"#), ("3", #""tags":["y","z"]"#),
                    ("4", #""tags":[]"#),
                    ("5", #""tags":["x","y","z"]"#),
                ].map { ($0, $1 + #","timestamp":"2026-01-01T00:00:00Z""#) })
            try await expect(world, agent, #""tags":["x"]"#, ["5", "2", "1"])
            try await expect(world, agent, #""tags":["x","z"]"#, ["5", "3", "2", "1"])
            try await expect(world, agent, #""tags":["x","z","x"],"tagMode":"any""#, ["5", "3", "2", "1"])
            try await expect(world, agent, #""tags":["x","y"],"tagMode":"all""#, ["5", "2"])
            try await expect(world, agent, #""tags":["z"],"tagMode":"all""#, ["5", "3"])
            try await expect(world, agent, #""tags":["x","nobody"]"#, ["5", "2", "1"])
            try await expect(world, agent, #""tags":["x","nobody"],"tagMode":"all""#, [])
            try await expect(world, agent, #""tags":["nobody"]"#, [])
            for mode in ["any", "all"] {
                try await expect(world, agent, #""tags":[],"tagMode":"\#(mode)""#, ["5", "4", "3", "2", "1"])
            }
            try await expect(world, agent, #""tagMode":"all""#, ["5", "4", "3", "2", "1"])
        },
        Scenario("dates are inclusive, a date as end is its whole day", .dates, .query, .count, run: dates),
        Scenario("a filter may have 64 tags", .tagMode, .recordTags, .query, .count) { world in
            let tags = JSONValue.strings((0..<64).map { "t\($0)" })
            let agent = try await fill(
                world,
                [("all", #""tags":\#(tags)"#), ("one", #""tags":["t7"]"#), ("none", #""tags":["u"]"#)]
                    .map { ($0, $1 + #","timestamp":"2026-01-01T00:00:00Z""#) })
            try await expect(world, agent, #""tags":\#(tags)"#, ["one", "all"])
            try await expect(world, agent, #""tags":\#(tags),"tagMode":"all""#, ["all"])
        },
        Scenario("minImportance is inclusive", .minImportance, .query, .count) { world in
            let agent = try await fill(
                world,
                [1, 5, 9, 10].map {
                    (String($0), #""importance":\#($0),"timestamp":"2026-01-0\#($0 / 2 + 1)T00:00:00Z""#)
                })
            try await expect(world, agent, #""minImportance":1"#, ["10", "9", "5", "1"])
            try await expect(world, agent, #""minImportance":5"#, ["10", "9", "5"])
            try await expect(world, agent, #""minImportance":6"#, ["10", "9"])
            try await expect(world, agent, #""minImportance":10"#, ["10"])
        },
        answers(
            .query, "query of an agent without memories", method: "query", #"{"agentId":"%"}"#,
            #"{"memories":[],"nextCursor":null,"servedFrom":"store"}"#),
        answers(
            .queryContext, "queryContext of an agent without memories", method: "queryContext", #"{"agentId":"%"}"#,
            #"{"memories":[],"nextCursor":null,"servedFrom":"store"}"#),
        answers(
            .getAgentMemories, "getAgentMemories of an agent without any", method: "getAgentMemories",
            #"{"agentId":"%"}"#, #"{"memories":[],"nextCursor":null,"servedFrom":"store"}"#),
        answers(.count, "count of an agent without memories", method: "count", #"{"agentId":"%"}"#, #"{"count":0}"#),
    ]

    @Sendable private static func dates(_ world: World) async throws {
        let agent = try await fill(
            world,
            [
                ("1", "2026-01-01T23:59:59.999999Z"), ("2", "2026-01-02T00:00:00Z"), ("3", "2026-01-02T12:00:00Z"),
                ("4", "2026-01-02T23:59:59.999999Z"), ("5", "2026-01-03T00:00:00Z"),
                ("6", "9999-12-31T23:59:59.999999Z"),
                ("0", "0001-01-01T00:00:00Z"),
            ].map { ($0, #""timestamp":"\#($1)""#) })
        try await expect(world, agent, #""startDate":"2026-01-02""#, ["6", "5", "4", "3", "2"])
        try await expect(world, agent, #""endDate":"2026-01-02""#, ["4", "3", "2", "1", "0"])
        try await expect(world, agent, #""startDate":"2026-01-02","endDate":"2026-01-02""#, ["4", "3", "2"])
        try await expect(world, agent, #""startDate":"2026-01-02T12:00:00Z""#, ["6", "5", "4", "3"])
        try await expect(world, agent, #""startDate":"2026-01-02T12:00:00.000001Z""#, ["6", "5", "4"])
        try await expect(world, agent, #""endDate":"2026-01-02T12:00:00Z""#, ["3", "2", "1", "0"])
        try await expect(world, agent, #""endDate":"2026-01-02T11:59:59.999999Z""#, ["2", "1", "0"])
        try await expect(world, agent, #""endDate":"2026-01-02T00:00:00Z""#, ["2", "1", "0"])
        try await expect(
            world, agent, #""startDate":"2026-01-02T13:00:00+01:00","endDate":"2026-01-02T11:00:00-01:00""#, ["3"])
        try await expect(
            world, agent, #""startDate":"0001-01-01","endDate":"9999-12-31""#, ["6", "5", "4", "3", "2", "1", "0"])
        try await expect(world, agent, #""endDate":"0001-01-01""#, ["0"])
        try await expect(world, agent, #""startDate":"9999-12-31T23:59:59.9999991Z""#, ["6"])
        try await expect(world, agent, #""startDate":"2026-01-03","endDate":"2026-01-02""#, [])
        try await expect(
            world, agent, #""startDate":"2026-01-02T12:00:00.000001Z","endDate":"2026-01-02T12:00:00Z""#, [])
        let insights = try await world.client.result(
            "getCrossAgentInsights", #"{"startDate":"2026-01-03","endDate":"2026-01-02"}"#)
        #expect(insights == ["memories": [], "byAgent": [:], "sharedTags": []])
    }
}
