import DaemonFixture
import Testing

/// Rules that bind callers to agents.
extension Scenario {
    private static let rules = World.Options(flags: [
        "--access-rules", "uid:60001 read:team-*,shared write:team-*,drop", "--access-rules",
        "gid:60002 read:bob write:bob",
        "--access-rules", "uid:60003 read:*",
    ])

    /// May read team-* and shared, and write team-* and drop.
    private static let member = User(uid: 60_001, gid: 60_001)
    private static let reader = User(uid: 60_003, gid: 60_003)
    private static let nobody = User(uid: 60_004, gid: 60_004)

    private static func record(_ id: String, _ agent: String, _ tags: String = #""common""#) -> String {
        #"{"id":"\#(id)","agentId":"\#(agent)","context":{"of":"\#(agent)"},"tags":[\#(tags)]}"#
    }

    private static let owners = [
        "t1": "team-1", "t2": "team-2", "s": "shared", "b": "bob", "d": "drop", "x": "teamster", "y": "team",
    ]

    /// One memory of each agent, and a registration of each.
    private static func fill(_ world: World) async throws {
        for (id, agent) in owners.sorted(by: { $0.key < $1.key }) {
            try await world.client.result("store", #"{"record":\#(record(id, agent))}"#)
            try await world.client.result("registerAgent", #"{"agentId":"\#(agent)"}"#)
        }
    }

    private static func expectDenied(
        _ client: Client, _ method: String, _ params: String, _ location: SourceLocation = #_sourceLocation
    ) async throws {
        let answer = try await client.call(method, params)
        #expect(answer.failure?.kind == "permission_denied", "\(method) \(params): \(answer)", sourceLocation: location)
    }

    private static func bound(
        _ name: String, _ proves: Rule..., run: @escaping @Sendable (World) async throws -> Void
    ) -> Scenario {
        Scenario(name, proves + [.accessRules, .peerCredentials], in: .fresh(rules), severalUsers: true) { world in
            try await fill(world)
            try await run(world)
        }
    }

    /// Fails the test unless the caller sees exactly the memories of these ids.
    private static func expectSees(_ client: Client, _ ids: Set<String>, _ location: SourceLocation = #_sourceLocation)
        async throws
    {
        let agents = Set(ids.compactMap { owners[$0] })
        let byAgent = JSONValue.object(agents.sorted().map { .init($0, 1) })
        for (id, _) in owners {
            #expect((try await client.memory(id) != nil) == ids.contains(id), sourceLocation: location)
        }
        let batch = try await client.result("getBatch", #"{"ids":\#(JSONValue.strings(owners.keys.sorted()))}"#)
        #expect(Set(batch["memories"].ids) == ids, sourceLocation: location)
        for filters in ["{}", #"{"tags":["common"]}"#, #"{"minImportance":2}"#, #"{"tags":["common","x"]}"#] {
            #expect(Set(try await client.ids(filters)) == ids, "\(filters)", sourceLocation: location)
            #expect(try await client.result("count", filters) == ["count": .int(ids.count)], sourceLocation: location)
            let insights = try await client.result("getCrossAgentInsights", filters)
            #expect(Set(insights["memories"].ids) == ids && insights["byAgent"] == byAgent, sourceLocation: location)
            #expect(
                (insights["sharedTags"]?[0]?["agents"]).strings == (ids.count > 1 ? agents.sorted() : []),
                sourceLocation: location)
        }
        for (id, agent) in owners {
            let own = try await client.result("getAgentMemories", #"{"agentId":"\#(agent)"}"#)
            #expect(own["memories"].ids == (ids.contains(id) ? [id] : []), sourceLocation: location)
        }
        for fresh in [true, false] {
            let stats = try await client.result("getStats", #"{"fresh":\#(fresh)}"#)
            #expect(
                stats["memoryByAgent"] == byAgent && stats["totalMemories"] == .int(ids.count), sourceLocation: location
            )
            #expect(stats["tagCount"] == .int(ids.isEmpty ? 0 : 1), sourceLocation: location)
        }
        let listed = try await client.result("listAgents", #"{"limit":1000}"#)["agents"]?.array ?? []
        #expect(listed.compactMap { $0["agentId"]?.string } == agents.sorted(), sourceLocation: location)
    }

    static let permissions: [Scenario] = [
        bound(
            "a bound caller sees, counts, queries and lists what it may read, and no more", .boundCallers,
            .unreadableIsNull
        ) { world in
            try await expectSees(world.client, Set(owners.keys))
            try await expectSees(try await world.client(as: member), ["t1", "t2", "s"])
            try await expectSees(try await world.client(as: reader), Set(owners.keys))
            try await expectSees(try await world.client(as: User(uid: 60_009, gid: 60_002)), ["b"])
            try await expectSees(
                try await world.client(as: User(uid: 60_009, gid: 60_009, groups: [60_008, 60_002])), ["b"])
            try await expectSees(try await world.client(as: User(uid: 60_001, gid: 60_002)), ["t1", "t2", "s", "b"])
            try await expectSees(try await world.client(as: nobody), [])
        },
        bound("a bound caller's cursor and page stay within what it may read", .boundCallers, .cursor) { world in
            let client = try await world.client(as: member)
            let page = try await client.result("query", #"{"limit":2}"#)
            let rest = try await client.result("query", #"{"limit":1,"cursor":\#(try #require(page["nextCursor"]))}"#)
            #expect(
                Set(page["memories"].ids + rest["memories"].ids) == ["t1", "t2", "s"] && rest["nextCursor"] == .null)
        },
        bound(
            "a bound caller writes what it may write, and no more", .permissionDenied, .oldAndNewAgent, .boundCallers,
            run: writes),
        bound("permission comes before ifVersion", .oldAndNewAgent, .permissionDenied, .versionConflict) { world in
            let client = try await world.client(as: member)
            for version in [0, 1, 5] {
                try await expectDenied(
                    client, "store", #"{"record":\#(record("b", "team-1")),"ifVersion":\#(version)}"#)
                try await expectDenied(client, "store", #"{"record":\#(record("t1", "bob")),"ifVersion":\#(version)}"#)
                try await expectDenied(
                    client, "store", #"{"record":\#(record("fresh", "bob")),"ifVersion":\#(version)}"#)
                try await expectDenied(client, "delete", #"{"id":"b","ifVersion":\#(version)}"#)
            }
            #expect(
                try await client.refusal("store", #"{"record":\#(record("t1", "team-1")),"ifVersion":5}"#).data[
                    "currentVersion"] == 1)
            #expect(try await client.refusal("delete", #"{"id":"t1","ifVersion":5}"#).data["currentVersion"] == 1)
            #expect(try await world.client.memory("b")?["version"] == 1)
        },
        bound("the id of a memory that expired belongs to nobody", .recordExpiry, .oldAndNewAgent) { world in
            try await world.execute("UPDATE brain_memories SET expires_at = now() WHERE id = 'b'")
            let client = try await world.client(as: member)
            #expect(try await client.result("delete", #"{"id":"b"}"#) == ["deleted": false])
            #expect(try await client.result("store", #"{"record":\#(record("b", "team-1"))}"#)["created"] == true)
        },
        bound("writing does not include reading", .unreadableIsNull, .accessRules) { world in
            let client = try await world.client(as: member)
            #expect(try await client.result("store", #"{"record":\#(record("d", "drop"))}"#)["version"] == 2)
            #expect(try await client.memory("d") == nil)
            #expect(try await client.result("delete", #"{"id":"d"}"#) == ["deleted": true])
            let only = try await world.client(as: reader)
            for (id, agent) in owners {
                try await expectDenied(only, "store", #"{"record":\#(record(id, agent))}"#)
                try await expectDenied(only, "clear", #"{"agentId":"\#(agent)"}"#)
                if id != "d" { try await expectDenied(only, "delete", #"{"id":"\#(id)"}"#) }
            }
        },
        bound("a caller whom no rule names may do nothing", .accessRules, .permissionDenied) { world in
            let client = try await world.client(as: nobody)
            try await expectDenied(client, "store", #"{"record":\#(record("n", "n"))}"#)
            try await expectDenied(client, "delete", #"{"id":"b"}"#)
            #expect(try await client.result("delete", #"{"id":"none"}"#) == ["deleted": false])
            #expect(try await client.result("ping") == [:])
            #expect(try await client.result("getHealth")["status"] == "ok")
        },
    ]

    @Sendable private static func writes(_ world: World) async throws {
        let client = try await world.client(as: member)
        let stored = try await client.result("store", #"{"record":\#(record("new", "team-new"))}"#)
        #expect(stored["created"] == true)
        #expect(try await client.result("store", #"{"record":\#(record("t1", "team-2"))}"#)["version"] == 2)
        for agent in ["bob", "shared", "team", "teamster", "Team-1"] {
            try await expectDenied(client, "store", #"{"record":\#(record("t1", agent))}"#)
            try await expectDenied(client, "store", #"{"record":\#(record("free", agent))}"#)
            try await expectDenied(client, "storeContext", #"{"agentId":"\#(agent)","context":{}}"#)
            try await expectDenied(client, "clear", #"{"agentId":"\#(agent)"}"#)
            try await expectDenied(client, "registerAgent", #"{"agentId":"\#(agent)"}"#)
            try await expectDenied(client, "unregisterAgent", #"{"agentId":"\#(agent)"}"#)
        }
        for id in ["b", "s", "x", "y"] {
            try await expectDenied(client, "store", #"{"record":\#(record(id, "team-1"))}"#)
            try await expectDenied(client, "delete", #"{"id":"\#(id)"}"#)
            try await expectDenied(
                client, "storeBatch", #"{"records":[\#(record("batch", "team-1")),\#(record(id, "team-1"))]}"#)
            #expect(try await world.client.memory(id)?["version"] == 1)
        }
        try await expectDenied(
            client, "storeBatch", #"{"records":[\#(record("batch", "team-1")),\#(record("batch2", "bob"))]}"#)
        #expect(try await world.client.memory("batch") == nil)
        #expect(try await world.client.memory("free") == nil)
        #expect(try await client.result("registerAgent", #"{"agentId":"team-9"}"#)["created"] == true)
        #expect(try await client.result("unregisterAgent", #"{"agentId":"team-9"}"#) == ["deleted": true])
        #expect(try await client.result("clear", #"{"agentId":"team-2"}"#) == ["deleted": 2])
        #expect(try await client.result("delete", #"{"id":"new"}"#) == ["deleted": true])
        #expect(try await client.result("delete", #"{"id":"new"}"#) == ["deleted": false])
        #expect(Set(try await world.client.ids("{}")) == ["b", "d", "s", "x", "y"])
    }
}
