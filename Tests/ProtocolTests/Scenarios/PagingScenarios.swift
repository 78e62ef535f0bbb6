import DaemonFixture
import Testing

/// limit and cursor.
extension Scenario {
    /// `count` memories of an agent of their own, one a second, the last stored first.
    private static func fill(_ world: World, _ count: Int) async throws -> (agent: String, ids: [String]) {
        let agent = world.unique("p")
        let ids = (0..<count).map { "\(agent)-\($0 + 1_000)" }
        let records = ids.enumerated().map { index, id in
            let time = WallClock.text(microseconds: 1_767_225_600_000_000 + index / 3 * 1_000_000)
            return
                #"""
                {"id":"\#(id)","agentId":"\#(agent)","context":{},
                "timestamp":"\#(time)","tags":["even\#(index % 2)"]}
                """#
        }
        try await world.client.result("storeBatch", #"{"records":[\#(records.joined(separator: ","))]}"#)
        return (agent, ids.reversed())
    }

    private static func page(
        _ world: World, _ agent: String, _ limit: Int?, _ cursor: JSONValue?, _ filters: String = "",
        method: String = "query"
    ) async throws -> JSONValue {
        let members = [
            #""agentId":"\#(agent)""#, limit.map { #""limit":\#($0)"# }, cursor.map { #""cursor":\#($0)"# },
            filters.isEmpty ? nil : filters,
        ]
        return try await world.client.result(method, "{\(members.compactMap(\.self).joined(separator: ","))}")
    }

    static let paging: [Scenario] = [
        Scenario("limit is 100 by default and 1,000 at most", .limit, .cursor) { world in
            let (agent, ids) = try await fill(world, 1_000)
            #expect(try await page(world, agent, nil, nil)["memories"].ids == Array(ids.prefix(100)))
            #expect(try await page(world, agent, 1, nil)["memories"].ids == Array(ids.prefix(1)))
            let all = try await page(world, agent, 1_000, nil)
            #expect(all["memories"].ids == ids && all["nextCursor"] == .null)
            let most = try await page(world, agent, 999, nil)
            #expect(most["memories"]?.array?.count == 999 && most["nextCursor"]?.string != nil)
        },
        Scenario(
            "cursor is null when nothing more matches, also after a full page", .cursor, .query, .getAgentMemories,
            .queryContext
        ) { world in
            let (agent, ids) = try await fill(world, 12)
            for method in ["query", "queryContext", "getAgentMemories"] {
                for limit in [1, 4, 5, 6, 11, 12, 13] {
                    var (found, cursor, pages) = ([String](), JSONValue.null, 0)
                    repeat {
                        let page = try await page(world, agent, limit, cursor, method: method)
                        #expect(page["memories"]?.array?.isEmpty == false)
                        found += page["memories"].ids
                        cursor = try #require(page["nextCursor"])
                        pages += 1
                    } while !cursor.isNull
                    #expect(found == ids && pages == (12 + limit - 1) / limit)
                }
            }
        },
        Scenario("limit may change on the way", .cursorFilters) { world in
            let (agent, ids) = try await fill(world, 30)
            var (found, cursor) = ([String](), JSONValue.null)
            for limit in [1, 7, 2, 15, 1_000] {
                let page = try await page(world, agent, limit, cursor)
                found += page["memories"].ids
                cursor = try #require(page["nextCursor"])
            }
            #expect(found == ids && cursor.isNull)
        },
        Scenario("a cursor belongs to its filters", .cursorFilters, run: foreignCursors),
        Scenario("a cursor survives restarts", .cursorFilters, in: .fresh(.init())) { world in
            let (agent, ids) = try await fill(world, 20)
            let first = try await page(world, agent, 8, nil)
            let agents = try await registered(world, 3)
            let list = try await world.client.result("listAgents", #"{"limit":2}"#)
            try await world.restart()
            let second = try await page(world, agent, nil, first["nextCursor"])
            #expect(first["memories"].ids + second["memories"].ids == ids)
            let rest = try await world.client.result("listAgents", #"{"cursor":\#(try #require(list["nextCursor"]))}"#)
            let listed = ((list["agents"]?.array ?? []) + (rest["agents"]?.array ?? [])).compactMap {
                $0["agentId"]?.string
            }
            #expect(listed == (agents + [agent]).sorted())
        },
        Scenario(
            "pages give what stays exactly once, whatever is written meanwhile", .cursorExactlyOnce, .cursor,
            run: stirred),
        Scenario("pages of the longest names and the outermost times", .cursor, .recordID, .recordTimestamp) { world in
            let agent = String((world.unique("long") + String(repeating: "/", count: 128)).prefix(128))
            let ids = (0..<6).map {
                String(("\($0)" + world.unique("x") + String(repeating: ".", count: 128)).prefix(128))
            }
            let times = ["9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z", "1970-01-01T00:00:00Z"]
            let allTimes = times + ["1969-12-31T23:59:59.999999Z", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"]
            for (id, time) in zip(ids.reversed(), allTimes) {
                try await world.client.result(
                    "store", #"{"record":{"id":"\#(id)","agentId":"\#(agent)","context":{},"timestamp":"\#(time)"}}"#)
            }
            #expect(try await world.client.ids(#"{"agentId":"\#(agent)"}"#, limit: 1) == ids.reversed())
            try await world.client.result("registerAgent", #"{"agentId":"\#(agent)"}"#)
            #expect(try await world.client.listing(of: agent)?["memories"] == 6)
        },
        Scenario("a page may begin where its last memory was deleted", .cursorExactlyOnce) { world in
            let (agent, ids) = try await fill(world, 9)
            let first = try await page(world, agent, 4, nil)
            try await world.client.result("clear", #"{"agentId":"\#(agent)"}"#)
            let empty = try await page(world, agent, 4, first["nextCursor"])
            #expect(empty["memories"] == [] && empty["nextCursor"] == .null)
            let record =
                #"{"record":{"id":"\#(ids[8])","agentId":"\#(agent)","context":{},"timestamp":"2020-01-01T00:00:00Z"}}"#
            try await world.client.result("store", record)
            #expect(try await page(world, agent, 4, first["nextCursor"])["memories"].ids == [ids[8]])
        },
    ]

    private static func registered(_ world: World, _ count: Int) async throws -> [String] {
        let agents = (0..<count).map { _ in world.unique("agent") }
        for agent in agents { try await world.client.result("registerAgent", #"{"agentId":"\#(agent)"}"#) }
        return agents
    }

    @Sendable private static func foreignCursors(_ world: World) async throws {
        let client = world.client
        let (agent, _) = try await fill(world, 10)
        let filters = #""tags":["even0","even1"],"startDate":"2026-01-01","minImportance":2"#
        let cursor = try #require(try await page(world, agent, 3, nil, filters)["nextCursor"])
        let others = [
            "", #""tags":["even0","even1"],"startDate":"2026-01-01""#,
            #""tags":["even0"],"startDate":"2026-01-01","minImportance":2"#,
            filters + #","tagMode":"all""#, filters + #","endDate":"2027-01-01""#,
            #""tags":["even0","even1"],"startDate":"2026-01-02","minImportance":2"#,
            #""tags":["even0","even1"],"startDate":"2026-01-01","minImportance":3"#,
        ]
        for other in others {
            let params = #"{"agentId":"\#(agent)","cursor":\#(cursor)\#(other.isEmpty ? "" : ",")\#(other)}"#
            try await client.expectInvalid("cursor", "query", params)
        }
        try await client.expectInvalid("cursor", "query", #"{"agentId":"\#(agent)x","cursor":\#(cursor),\#(filters)}"#)
        try await client.expectInvalid("cursor", "query", #"{"cursor":\#(cursor),\#(filters)}"#)
        try await client.expectInvalid("cursor", "getAgentMemories", #"{"agentId":"\#(agent)","cursor":\#(cursor)}"#)
        try await client.expectInvalid("cursor", "listAgents", #"{"cursor":\#(cursor)}"#)
        let text = try #require(cursor.string)
        for broken in [
            text + "0", text + "00", String(text.dropLast()), String(text.dropLast(2)), String(text.reversed()),
            text.uppercased() + "x", " " + text,
        ] {
            let params = #"{"agentId":"\#(agent)","cursor":\#(JSONValue.string(broken)),\#(filters)}"#
            let answer = try await client.call("query", params)
            // One that names another place in the same filters can't be told from the daemon's own.
            #expect(
                answer.result != nil || (answer.failure?.kind == "invalid_params" && answer.failure?.field == "cursor"))
        }
        // The same filters in other words.
        let same = [
            filters, filters + #","tagMode":"any""#,
            #""tags":["even1","even0","even1"],"startDate":"2026-01-01","minImportance":2"#,
            #""tags":["even0","even1"],"startDate":"2026-01-01T01:00:00+01:00","minImportance":2.0"#,
        ]
        for words in same {
            let rest = try await page(world, agent, 100, cursor, words)
            #expect(rest["memories"]?.array?.count == 7, "\(words)")
        }
        _ = try await registered(world, 2)
        let list = try #require(try await client.result("listAgents", #"{"limit":1}"#)["nextCursor"])
        try await client.expectInvalid("cursor", "query", #"{"cursor":\#(list)}"#)
    }

    @Sendable private static func stirred(_ world: World) async throws {
        let client = world.client
        let (agent, ids) = try await fill(world, 60)
        func store(_ id: String, _ members: String) async throws {
            try await client.result(
                "store", #"{"record":{"id":"\#(id)","agentId":"\#(agent)","context":{"new":true},\#(members)}}"#)
        }
        var (found, cursor, round) = ([String](), JSONValue.null, 0)
        var touched: Set<String> = []
        repeat {
            let answer = try await page(world, agent, 7, cursor)
            found += answer["memories"].ids
            cursor = try #require(answer["nextCursor"])
            // New ones before, within and after the place; one gone and one moved on each side; one replaced in place.
            for (n, time) in ["2027-01-01T00:00:00Z", "2026-01-01T00:00:10Z", "2020-01-01T00:00:00Z"].enumerated() {
                try await store("\(agent)-0new\(round)-\(n)", #""timestamp":"\#(time)""#)
            }
            for index in [round, 59 - round] where index < 25 || index > 34 {
                touched.insert(ids[index])
                try await client.result("delete", #"{"id":"\#(ids[index])"}"#)
            }
            let moved = 25 + round
            touched.insert(ids[moved])
            try await store(ids[moved], #""timestamp":"2026-06-01T00:00:00Z""#)
            let kept = try #require(try await client.memory(ids[45 - round])?["timestamp"])
            try await store(ids[45 - round], #""timestamp":\#(kept),"importance":9"#)
            round += 1
        } while !cursor.isNull && round < 30
        let throughout = ids.filter { !touched.contains($0) }
        #expect(found.filter(throughout.contains) == throughout)
        #expect(Set(found).count == found.count)
    }
}
