import DaemonFixture
import Testing

/// Memories that expire.
extension Scenario {
    static let expiry: [Scenario] = [
        kept(
            .recordExpiry, "expiresAt in the future", #"{"expiresAt":"2126-01-02T03:04:05.6789+01:00"}"#,
            as: #"{"expiresAt":"2126-01-02T02:04:05.678900Z"}"#),
        kept(
            .recordExpiry, "expiresAt at the end of time", #"{"expiresAt":"9999-12-31T23:59:59.999999Z"}"#,
            as: #"{"expiresAt":"9999-12-31T23:59:59.999999Z"}"#),
        kept(.absentStaysAbsent, "expiresAt that is absent stays so", "{}", as: #"{"expiresAt":null}"#),
        refused(
            .recordExpiry, "expiresAt in the past is refused", #"{"expiresAt":"2020-01-02T03:04:05Z"}"#,
            field: "expiresAt"),
        refused(.recordExpiry, "expiresAt a number is refused", #"{"expiresAt":4102444800}"#, field: "expiresAt"),
        Scenario("expiresAt a moment ago is refused", .recordExpiry) { world in
            try await refused(
                .recordExpiry, "", #"{"expiresAt":"\#(WallClock.instant(afterMicroseconds: -1))"}"#, field: "expiresAt"
            ).run(world)
        },
        Scenario(
            "from its instant on an expired memory is in no answer", .recordExpiry, in: .fresh(.init()),
            run: expiredIsGone),
        Scenario(
            "the id of an expired memory is free", .recordExpiry, .recordVersion, .versionConflict, run: expiredIsFree),
        Scenario("expiresAt null takes an expiry back", .recordExpiry, .storeReplaces) { world in
            let id = world.unique("saved")
            let end = WallClock.instant(afterMicroseconds: 600_000)
            try await store(world, id, #""expiresAt":"\#(end)""#)
            try await store(world, id, #""expiresAt":null"#)
            try await WallClock.pass(end)
            let memory = try #require(try await world.client.memory(id))
            #expect(memory["expiresAt"] == nil && memory["version"] == 2)
        },
    ]

    @discardableResult
    private static func store(_ world: World, _ id: String, _ members: String, ifVersion: Int? = nil) async throws
        -> JSONValue
    {
        let condition = ifVersion.map { #","ifVersion":\#($0)"# } ?? ""
        return try await world.client.result(
            "store",
            #"{"record":{"id":"\#(id)","agentId":"\#(id)","context":{},"tags":["brief"],\#(members)}\#(condition)}"#)
    }

    @Sendable private static func expiredIsGone(_ world: World) async throws {
        let client = world.client
        let end = WallClock.instant(afterMicroseconds: 1_500_000)
        try await store(world, "brief", #""expiresAt":"\#(end)""#)
        try await client.result(
            "storeContext", #"{"agentId":"brief","context":{},"tags":["brief"],"expiresAt":"\#(end)"}"#)
        try await store(world, "lasting", #""importance":1"#)
        #expect(try await client.result("count", "{}") == ["count": 3])
        #expect(try await client.memory("brief") != nil)
        try await WallClock.pass(end)

        #expect(try await client.memory("brief") == nil)
        #expect(try await client.result("getBatch", #"{"ids":["brief","lasting"]}"#)["memories"]?[0] == .null)
        for filters in ["{}", #"{"tags":["brief"]}"#, #"{"tags":["brief"],"tagMode":"all"}"#, #"{"minImportance":1}"#] {
            #expect(try await client.ids(filters) == ["lasting"])
            #expect(try await client.result("count", filters) == ["count": 1])
            let insights = try await client.result("getCrossAgentInsights", filters)
            #expect(insights["memories"].ids == ["lasting"])
            #expect(insights["byAgent"] == ["lasting": 1])
            #expect(insights["sharedTags"] == [])
        }
        #expect(try await client.result("getAgentMemories", #"{"agentId":"brief"}"#)["memories"] == [])
        let stats = try await client.result("getStats", #"{"fresh":true}"#)
        #expect(stats["totalMemories"] == 1 && stats["memoryByAgent"] == ["lasting": 1])
        #expect(try await client.listing(of: "brief") == nil)
        #expect(try await client.result("delete", #"{"id":"brief"}"#) == ["deleted": false])
        #expect(try await client.result("clear", #"{"agentId":"brief"}"#) == ["deleted": 0])
    }

    @Sendable private static func expiredIsFree(_ world: World) async throws {
        let client = world.client
        let ids = (0..<5).map { _ in world.unique("freed") }
        let end = WallClock.instant(afterMicroseconds: 1_000_000)
        for id in ids {
            try await store(world, id, "\"importance\":9")
            try await store(world, id, #""expiresAt":"\#(end)""#)
        }
        let first = try #require(try await client.memory(ids[0])?["createdAt"]?.string)
        try await WallClock.pass(end)

        let condition = #"{"record":{"id":"\#(ids[0])","agentId":"a","context":{}},"ifVersion":2}"#
        let refusal = try await client.refusal("store", condition)
        #expect(refusal.kind == "version_conflict" && refusal.data["currentVersion"] == .null)
        let deletion = try await client.refusal("delete", #"{"id":"\#(ids[0])","ifVersion":2}"#)
        #expect(deletion.kind == "version_conflict" && deletion.data["currentVersion"] == .null)
        #expect(try await client.result("delete", #"{"id":"\#(ids[0])","ifVersion":0}"#) == ["deleted": false])

        let created: JSONValue = ["version": 1, "created": true]
        for (id, condition) in [(ids[0], nil), (ids[1], 0)] {
            var stored = try await store(world, id, "\"importance\":2", ifVersion: condition)
            stored["id"] = nil
            #expect(stored == created)
            let memory = try #require(try await client.memory(id))
            #expect(memory["version"] == 1 && memory["expiresAt"] == nil)
            #expect(try #require(memory["createdAt"]?.string) > first)
        }
        let batch = #"{"records":[{"id":"\#(ids[2])","agentId":"a","context":{}}]}"#
        #expect(try await client.result("storeBatch", batch)["results"]?[0]?["created"] == true)
        #expect(try await client.result("clear", #"{"agentId":"\#(ids[3])"}"#) == ["deleted": 0])
        #expect(try await store(world, ids[3], "\"importance\":2")["version"] == 1)
    }
}
