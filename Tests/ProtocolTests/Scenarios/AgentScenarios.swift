import DaemonFixture
import Testing

/// Registrations.
extension Scenario {
    static let agents: [Scenario] = [
        Scenario("registerAgent registers, then replaces and keeps registeredAt", .registerAgent, .listAgents) {
            world in
            let client = world.client
            let agent = world.unique("r")
            let before = WallClock.instant()
            let first = try await client.result(
                "registerAgent",
                #"{"agentId":"\#(agent)","name":"Ada","capabilities":["b","a","b"],"metadata":{"v":[1]}}"#)
            #expect(first.keys == ["agentId", "created", "registeredAt"])
            #expect(first["agentId"] == .string(agent) && first["created"] == true)
            let registeredAt = try #require(first["registeredAt"]?.string)
            #expect(before <= registeredAt && registeredAt <= WallClock.instant())
            var listing: JSONValue = [
                "agentId": .string(agent), "name": "Ada", "capabilities": ["a", "b"], "metadata": ["v": [1]],
                "registeredAt": .string(registeredAt), "memories": 0,
            ]
            #expect(try await client.listing(of: agent) == listing)
            let second = try await client.result("registerAgent", #"{"agentId":"\#(agent)"}"#)
            #expect(second == ["agentId": .string(agent), "created": false, "registeredAt": .string(registeredAt)])
            (listing["name"], listing["capabilities"], listing["metadata"]) = (nil, [], [:])
            #expect(try await client.listing(of: agent) == listing)
        },
        Scenario(
            "unregisterAgent removes the registration, memories stay", .unregisterAgent, .listAgents,
            .registrationsApart
        ) { world in
            let client = world.client
            let agent = world.unique("u")
            let memory = #"{"record":{"id":"\#(agent)","agentId":"\#(agent)","context":{}}}"#
            #expect(try await client.result("unregisterAgent", #"{"agentId":"\#(agent)"}"#) == ["deleted": false])
            try await client.result("registerAgent", #"{"agentId":"\#(agent)","name":"","metadata":{"a":1}}"#)
            #expect(try await client.memory(agent) == nil)
            #expect(try await client.ids(#"{"agentId":"\#(agent)"}"#).isEmpty)
            try await client.result("store", memory)
            let stored = try await client.memory(agent)
            #expect(try await client.listing(of: agent)?["memories"] == 1)
            #expect(try await client.listing(of: agent)?["name"] == "")
            #expect(try await client.result("unregisterAgent", #"{"agentId":"\#(agent)"}"#) == ["deleted": true])
            #expect(try await client.result("unregisterAgent", #"{"agentId":"\#(agent)"}"#) == ["deleted": false])
            #expect(try await client.memory(agent) == stored)
            let rest: JSONValue = [
                "agentId": .string(agent), "capabilities": [], "metadata": [:], "registeredAt": .null, "memories": 1,
            ]
            #expect(try await client.listing(of: agent) == rest)
            let again = try await client.result("registerAgent", #"{"agentId":"\#(agent)"}"#)
            #expect(again["created"] == true)
        },
        Scenario(
            "listAgents pages by agentId over those registered and those with memories", .listAgents, .limit, .cursor,
            .codePoints, in: .fresh(.init()), run: listing),
        Scenario("a registration's name has at most 128 code points", .registrationLimits) { world in
            for name in [
                String(repeating: "x", count: 128), String(repeating: "😀", count: 128),
                String(repeating: "e\u{301}", count: 64), "", "a\nb \u{7f}",
            ] {
                let agent = world.unique("n")
                try await world.client.result(
                    "registerAgent", #"{"agentId":"\#(agent)","name":\#(JSONValue.string(name))}"#)
                #expect(try await world.client.listing(of: agent)?["name"] == .string(name))
            }
            for name in [
                String(repeating: "x", count: 129), String(repeating: "😀", count: 129),
                String(repeating: "e\u{301}", count: 65),
            ] {
                try await world.client.expectInvalid(
                    "name", "registerAgent", #"{"agentId":"a","name":\#(JSONValue.string(name))}"#)
            }
        },
        Scenario("a registration's metadata is an object of at most 64 KiB", .registrationLimits, .numbers) { world in
            func metadata(_ size: Int) -> String { #"{"t":"\#(String(repeating: "x", count: size - 8))"}"# }
            let deep = String(repeating: #"{"a":"#, count: 61) + "{}" + String(repeating: "}", count: 61)
            for metadata in [
                "{}", metadata(65_536), deep, #"{"n":[1e308,0.1,-5e-324,9007199254740993],"\u00e9":1,"e\u0301":null}"#,
            ] {
                let agent = world.unique("m")
                try await world.client.result("registerAgent", #"{"agentId":"\#(agent)","metadata":\#(metadata)}"#)
                #expect(try await world.client.listing(of: agent)?["metadata"] == json(metadata))
            }
            try await world.client.expectInvalid(
                "metadata", "registerAgent", #"{"agentId":"a","metadata":\#(metadata(65_537))}"#)
        },
    ]

    @Sendable private static func listing(_ world: World) async throws {
        let client = world.client
        #expect(try await client.result("listAgents") == ["agents": [], "nextCursor": .null])
        let registered = ["Zoe", "alice", "a.b", "a/b", "a:b", "org@x", "b1", "b10", "b2"]
        let holders = ["Yan", "a-b", "alice", "b10", "z"]
        for agent in registered { try await client.result("registerAgent", #"{"agentId":"\#(agent)"}"#) }
        for (n, agent) in (holders + holders).enumerated() {
            try await client.result("store", #"{"record":{"id":"m\#(n)","agentId":"\#(agent)","context":{}}}"#)
        }
        let all = Set(registered + holders).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        for limit in [1, 2, 5, all.count - 1, all.count, all.count + 1, 1_000] {
            var (found, cursor, pages) = ([JSONValue](), JSONValue.null, 0)
            repeat {
                let page = try await client.result("listAgents", #"{"limit":\#(limit),"cursor":\#(cursor)}"#)
                #expect(page.keys == ["agents", "nextCursor"])
                found += page["agents"]?.array ?? []
                cursor = try #require(page["nextCursor"])
                pages += 1
            } while !cursor.isNull
            #expect(found.compactMap { $0["agentId"]?.string } == all)
            #expect(pages == (all.count + limit - 1) / limit)
            for agent in found {
                let name = try #require(agent["agentId"]?.string)
                #expect(agent["memories"] == (holders.contains(name) ? 2 : 0))
                #expect(agent["registeredAt"]?.isNull == !registered.contains(name))
            }
        }
    }
}
