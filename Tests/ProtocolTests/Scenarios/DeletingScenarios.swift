import DaemonFixture
import Testing

/// delete, clear and cleanupExpired.
extension Scenario {
    static let deleting: [Scenario] = [
        Scenario("delete tells whether there was a memory", .delete) { world in
            let client = world.client
            let id = world.unique("d")
            try await store(world, id, agent: id)
            #expect(try await client.result("delete", #"{"id":"\#(id)"}"#) == ["deleted": true])
            #expect(try await client.result("delete", #"{"id":"\#(id)"}"#) == ["deleted": false])
            #expect(try await client.memory(id) == nil)
            for filters in [#"{"agentId":"\#(id)"}"#, #"{"agentId":"\#(id)","tags":["t"]}"#] {
                #expect(try await client.result("count", filters) == ["count": 0])
            }
        },
        Scenario("ifVersion decides whether a delete is carried out", .delete, .versionConflict) { world in
            let client = world.client
            let id = world.unique("d")
            func delete(_ version: Int) async throws -> Answer {
                try await client.call("delete", #"{"id":"\#(id)","ifVersion":\#(version)}"#)
            }
            #expect(try await delete(0).success() == ["deleted": false])
            var refusal = try await delete(1).refusal()
            #expect(refusal.kind == "version_conflict" && refusal.data["currentVersion"] == .null)
            try await store(world, id, agent: id)
            try await store(world, id, agent: id)
            for version in [0, 1, 3] {
                refusal = try await delete(version).refusal()
                #expect(refusal.kind == "version_conflict" && refusal.data["currentVersion"] == 2)
            }
            #expect(try await delete(2).success() == ["deleted": true])
            refusal = try await delete(2).refusal()
            #expect(refusal.data["currentVersion"] == .null)
        },
        Scenario("clear of an agent deletes its memories and nothing else", .clear, .registrationsApart) { world in
            let client = world.client
            let (one, other) = (world.unique("one"), world.unique("other"))
            try await client.result("registerAgent", #"{"agentId":"\#(one)","name":"One"}"#)
            for n in 0..<7 { try await store(world, "\(one)-\(n)", agent: one) }
            try await store(world, other, agent: other)
            try await store(world, one + "x", agent: one + "x")
            #expect(try await client.result("clear", #"{"agentId":"\#(one)"}"#) == ["deleted": 7])
            #expect(try await client.result("clear", #"{"agentId":"\#(one)"}"#) == ["deleted": 0])
            #expect(try await client.ids(#"{"agentId":"\#(one)"}"#).isEmpty)
            #expect(try await client.ids(#"{"agentId":"\#(other)"}"#) == [other])
            #expect(try await client.ids(#"{"agentId":"\#(one)x"}"#) == [one + "x"])
            #expect(try await client.listing(of: one)?["name"] == "One")
        },
        Scenario("clear wants an agent, or all, and only one of them", .clear) { world in
            try await world.client.expectInvalid("agentId", "clear", "{}")
            try await world.client.expectInvalid("all", "clear", #"{"all":false}"#)
            try await world.client.expectInvalid("all", "clear", #"{"agentId":"a","all":true}"#)
            try await world.client.expectInvalid("all", "clear", #"{"agentId":"a","all":false}"#)
        },
        Scenario("clear all deletes every memory and no registration", .clear, in: .fresh(.init())) { world in
            let client = world.client
            try await client.result("registerAgent", #"{"agentId":"a"}"#)
            for n in 0..<12 { try await store(world, "m\(n)", agent: "agent\(n % 4)") }
            #expect(try await client.result("clear", #"{"all":true}"#) == ["deleted": 12])
            #expect(try await client.result("clear", #"{"all":true}"#) == ["deleted": 0])
            #expect(try await client.result("count", "{}") == ["count": 0])
            #expect(try await client.result("listAgents", "{}")["agents"]?.array?.compactMap { $0["agentId"] } == ["a"])
            #expect(try await world.execute("SELECT count(*) FROM brain_memory_tags") == ["0"])
        },
        Scenario("cleanupExpired removes what has expired, and counts it", .cleanupExpired, in: .fresh(.init())) {
            world in
            let client = world.client
            for n in 0..<5 { try await store(world, "m\(n)", agent: "a") }
            #expect(try await client.result("cleanupExpired", "{}") == ["deleted": 0])
            // Nobody waits until they expire: what is past their instant is the same as what is let pass.
            try await world.execute(
                "UPDATE brain_memories SET expires_at = now() - interval '1 second' WHERE id < 'm3'")
            #expect(try await client.result("cleanupExpired") == ["deleted": 3])
            #expect(try await client.result("cleanupExpired", "{}") == ["deleted": 0])
            try await world.execute(
                """
                INSERT INTO brain_memories (id, agent_id, "timestamp", context, expires_at)
                SELECT 'old' || n, 'a', now(), '{}', now() - interval '1 second' FROM generate_series(1, 2500) AS n
                """)
            #expect(try await client.result("cleanupExpired") == ["deleted": 2_500])
            #expect(try await world.execute("SELECT count(*) FROM brain_memories") == ["2"])
            #expect(try await world.execute("SELECT count(*) FROM brain_memory_tags") == ["2"])
        },
    ]

    private static func store(_ world: World, _ id: String, agent: String) async throws {
        try await world.client.result(
            "store", #"{"record":{"id":"\#(id)","agentId":"\#(agent)","context":{},"tags":["t"]}}"#)
    }
}
