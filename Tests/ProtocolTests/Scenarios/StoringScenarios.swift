import DaemonFixture
import Testing

/// store, get and storeContext, one memory at a time.
extension Scenario {
    static let storing: [Scenario] = [
        Scenario(
            "store creates, then replaces the whole record", .store, .get, .storeReplaces, .recordVersion,
            .absentStaysAbsent, run: replacing),
        Scenario("storing equal fields again is a write", .equalStoreIsWrite, .recordVersion) { world in
            let client = world.client
            let id = world.unique("again")
            let record =
                #"{"record":{"id":"\#(id)","agentId":"a","timestamp":"2026-01-02T03:04:05Z","context":{"a":1}}}"#
            try await client.result("store", record)
            let first = try #require(try await client.memory(id))
            #expect(try await client.result("store", record) == ["id": .string(id), "version": 2, "created": false])
            var second = try #require(try await client.memory(id))
            #expect(try #require(second["updatedAt"]?.string) > (try #require(first["updatedAt"]?.string)))
            (second["updatedAt"], second["version"]) = (first["updatedAt"], 1)
            #expect(second == first)
        },
        Scenario("an id is unique over all agents", .store, .storeReplaces) { world in
            let client = world.client
            let (one, other) = (world.unique("one"), world.unique("other"))
            try await client.result(
                "store", #"{"record":{"id":"\#(one)","agentId":"\#(one)","context":{},"tags":["t"]}}"#)
            let moved = try await client.result(
                "store", #"{"record":{"id":"\#(one)","agentId":"\#(other)","context":{}}}"#)
            #expect(moved == ["id": .string(one), "version": 2, "created": false])
            #expect(try await client.ids(#"{"agentId":"\#(one)"}"#).isEmpty)
            #expect(try await client.ids(#"{"agentId":"\#(one)","tags":["t"]}"#).isEmpty)
            #expect(try await client.ids(#"{"agentId":"\#(other)"}"#) == [one])
        },
        Scenario("an example of a record comes back as the page shows it", .exampleFrames, .get, .servedFrom) { world in
            let id = world.unique("m")
            let record =
                #"""
                {"id":"\#(id)","agentId":"a","timestamp":"2026-01-02T03:04:05Z","context":{"k":[1,{"v":null}]},
                "embeddings":[0.5],
                "tags":["y","x"],"importance":7,"expiresAt":"2126-01-01T00:00:00Z"}
                """#
            try await world.client.result("store", #"{"record":\#(record)}"#)
            let result = try await world.client.result("get", #"{"id":"\#(id)"}"#)
            #expect(result.keys == ["memory", "servedFrom"])
            #expect(["store", "cache"].contains(result["servedFrom"]?.string))
            var memory = try #require(result["memory"])
            #expect(
                memory.keys == [
                    "agentId", "context", "createdAt", "embeddings", "expiresAt", "id", "importance", "tags",
                    "timestamp", "updatedAt", "version",
                ])
            #expect(memory["createdAt"] == memory["updatedAt"])
            (memory["createdAt"], memory["updatedAt"], memory["version"]) = (nil, nil, nil)
            var sent = json(record)
            (sent["timestamp"], sent["expiresAt"]) = ("2026-01-02T03:04:05.000000Z", "2126-01-01T00:00:00.000000Z")
            sent["tags"] = ["x", "y"]
            #expect(memory == sent)
        },
        answers(
            .get, "get of an id that nobody has", method: "get", #"{"id":"%"}"#,
            #"{"memory":null,"servedFrom":"store"}"#),
        Scenario("ifVersion decides whether a store is carried out", .store, .versionConflict, run: conditions),
        Scenario("version starts at 1 again after delete", .recordVersion, .versionConflict, .delete) { world in
            let client = world.client
            let id = world.unique("v")
            let record = #"{"id":"\#(id)","agentId":"a","context":{}}"#
            for version in 1...3 {
                #expect(try await client.result("store", #"{"record":\#(record)}"#)["version"] == .int(version))
            }
            let old = try #require(try await client.memory(id)?["createdAt"]?.string)
            try await client.result("delete", #"{"id":"\#(id)"}"#)
            let refusal = try await client.refusal("store", #"{"record":\#(record),"ifVersion":3}"#)
            #expect(refusal.kind == "version_conflict" && refusal.data["currentVersion"] == .null)
            #expect(
                try await client.result("store", #"{"record":\#(record)}"#) == [
                    "id": .string(id), "version": 1, "created": true,
                ])
            #expect(try #require(try await client.memory(id)?["createdAt"]?.string) > old)
        },
        Scenario("storeContext stores what the server gives a name and a time", .storeContext, run: contexts),
    ]

    @Sendable private static func replacing(_ world: World) async throws {
        let client = world.client
        let id = world.unique("m")
        let full =
            #"""
            {"id":"\#(id)","agentId":"a","timestamp":"2026-01-02T03:04:05Z","context":{"a":1,"b":2},"embeddings":[1],
            "tags":["t"],"importance":9,"expiresAt":"2126-01-01T00:00:00Z"}
            """#
        #expect(
            try await client.result("store", #"{"record":\#(full)}"#) == [
                "id": .string(id), "version": 1, "created": true,
            ])
        let first = try #require(try await client.memory(id))
        #expect(first["version"] == 1 && first["createdAt"] == first["updatedAt"])
        let bare = #"{"id":"\#(id)","agentId":"a","context":{"b":3}}"#
        #expect(
            try await client.result("store", #"{"record":\#(bare)}"#) == [
                "id": .string(id), "version": 2, "created": false,
            ])
        let second = try #require(try await client.memory(id))
        #expect(
            second.keys == [
                "agentId", "context", "createdAt", "id", "importance", "tags", "timestamp", "updatedAt", "version",
            ])
        #expect(
            second["context"] == ["b": 3] && second["tags"] == [] && second["importance"] == 5 && second["version"] == 2
        )
        #expect(second["createdAt"] == first["createdAt"])
        #expect(try #require(second["updatedAt"]?.string) > (try #require(first["updatedAt"]?.string)))
        #expect(second["timestamp"] != first["timestamp"])
    }

    @Sendable private static func conditions(_ world: World) async throws {
        let client = world.client
        let id = world.unique("c")
        func store(_ version: String) async throws -> Answer {
            try await client.call(
                "store",
                #"{"record":{"id":"\#(id)","agentId":"a","context":{"v":"\#(version)"}},"ifVersion":\#(version)}"#)
        }
        func expectConflict(_ version: String, _ current: JSONValue) async throws {
            let refusal = try await store(version).refusal()
            #expect(refusal.kind == "version_conflict" && refusal.data["currentVersion"] == current, "\(refusal)")
        }
        try await expectConflict("1", .null)
        try await expectConflict("9223372036854775807", .null)
        #expect(try await client.memory(id) == nil)
        #expect(try await store("0").success() == ["id": .string(id), "version": 1, "created": true])
        try await expectConflict("0", 1)
        try await expectConflict("2", 1)
        #expect(try await store("1").success() == ["id": .string(id), "version": 2, "created": false])
        try await expectConflict("1", 2)
        try await expectConflict("0", 2)
        #expect(try await client.memory(id)?["context"] == ["v": "1"])
        // A record without an id is new, so no version but 0 can match.
        let made = #"{"record":{"agentId":"a","context":{}},"ifVersion":"#
        #expect(try await client.result("store", made + "0}")["created"] == true)
        #expect(try await client.refusal("store", made + "1}").data["currentVersion"] == .null)
    }

    @Sendable private static func contexts(_ world: World) async throws {
        let client = world.client
        let agent = world.unique("talker")
        let params =
            #"""
            {"agentId":"\#(agent)","context":{"said":"hello"},"tags":["b","a"],"importance":8,
            "expiresAt":"2126-01-01T00:00:00Z","embeddings":[1,2]}
            """#
        let first = try await client.result("storeContext", params)
        #expect(first.keys == ["created", "id", "timestamp", "version"])
        #expect(first["version"] == 1 && first["created"] == true)
        var memory = try #require(try await client.memory(first["id"]?.string))
        #expect(memory["timestamp"] == first["timestamp"])
        (memory["id"], memory["timestamp"], memory["version"], memory["createdAt"], memory["updatedAt"]) = (
            nil, nil, nil, nil, nil
        )
        var expected = json(params)
        (expected["tags"], expected["expiresAt"]) = (["a", "b"], "2126-01-01T00:00:00.000000Z")
        #expect(memory == expected)
        let second = try await client.result("storeContext", #"{"agentId":"\#(agent)","context":{}}"#)
        #expect(second["id"] != first["id"])
        let bare = try #require(try await client.memory(second["id"]?.string))
        #expect(bare["importance"] == 5 && bare["tags"] == [] && bare["embeddings"] == nil && bare["expiresAt"] == nil)
    }
}
