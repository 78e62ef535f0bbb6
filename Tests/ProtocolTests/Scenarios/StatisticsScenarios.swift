import DaemonFixture
import Testing

/// getStats.
extension Scenario {
    private static func store(_ world: World, _ id: String, _ agent: String, _ tags: [String]) async throws {
        try await world.client.result(
            "store",
            #"{"record":{"id":"\#(id)","agentId":"\#(agent)","context":{},"tags":\#(JSONValue.strings(tags))}}"#)
    }

    static let statistics: [Scenario] = [
        Scenario("getStats of nothing", .getStats, .statsNumbers, in: .fresh(.init())) { world in
            let before = WallClock.instant()
            for params in ["{}", #"{"fresh":true}"#] {
                var stats = try await world.client.result("getStats", params)
                #expect(
                    stats.keys == ["agentCount", "cache", "memoryByAgent", "refreshedAt", "tagCount", "totalMemories"])
                let refreshedAt = try #require(stats["refreshedAt"]?.string)
                #expect(before <= refreshedAt && refreshedAt <= WallClock.instant())
                stats["refreshedAt"] = nil
                let nothing =
                    #"""
                    {"totalMemories":0,"agentCount":0,"tagCount":0,
                    "memoryByAgent":{},"cache":{"hits":0,"misses":0,"hitRate":0}}
                    """#
                #expect(stats == json(nothing))
            }
        },
        Scenario(
            "getStats counts memories, agents with memories, and distinct tags", .getStats, .statsNumbers,
            in: .fresh(.init())
        ) { world in
            try await store(world, "1", "alice", ["x", "y"])
            try await store(world, "2", "alice", ["y", "é"])
            try await store(world, "3", "bob", ["x", "e\u{301}"])
            try await store(world, "4", "bob", [])
            try await store(world, "4", "carol", ["X"])
            try await world.client.result("registerAgent", #"{"agentId":"dora"}"#)
            let stats = try await world.client.result("getStats", #"{"fresh":true}"#)
            #expect(stats["totalMemories"] == 4 && stats["agentCount"] == 3 && stats["tagCount"] == 5)
            #expect(stats["memoryByAgent"] == ["alice": 2, "bob": 1, "carol": 1])
            let cache = try #require(stats["cache"])
            #expect(cache.keys == ["hitRate", "hits", "misses"])
            let (hits, misses) = (try #require(cache["hits"]?.double), try #require(cache["misses"]?.double))
            #expect(cache["hitRate"]?.double == (hits + misses == 0 ? 0 : hits / (hits + misses)))
        },
        Scenario(
            "without fresh, getStats answers as of refreshedAt", .statsAsOf, .getStats,
            in: .fresh(.init(flags: ["--stats-max-age-ms", "86400000"]))
        ) { world in
            let client = world.client
            try await store(world, "1", "alice", ["x"])
            let old = try await client.result("getStats", "{}")
            #expect(old["totalMemories"] == 1)
            try await store(world, "2", "alice", ["y"])
            try await world.execute("UPDATE brain_memories SET expires_at = now() WHERE id = '1'")
            let stale = try await client.result("getStats", #"{"fresh":false}"#)
            #expect(stale["refreshedAt"] == old["refreshedAt"])
            #expect(stale["totalMemories"] == 1 && stale["tagCount"] == 1)
            let before = WallClock.instant()
            try await store(world, "3", "alice", ["y"])
            let fresh = try await client.result("getStats", #"{"fresh":true}"#)
            #expect(fresh["totalMemories"] == 2 && fresh["tagCount"] == 1 && fresh["memoryByAgent"] == ["alice": 2])
            #expect(try #require(fresh["refreshedAt"]?.string) > before)
        },
        Scenario(
            "without fresh, getStats is no older than configured", .statsAsOf,
            in: .fresh(.init(flags: ["--stats-max-age-ms", "300"]))
        ) { world in
            let old = try #require(try await world.client.result("getStats")["refreshedAt"]?.string)
            try await store(world, "1", "alice", ["x"])
            try await WallClock.pass(WallClock.instant(afterMicroseconds: 310_000))
            let stats = try await world.client.result("getStats")
            #expect(stats["totalMemories"] == 1)
            #expect(try #require(stats["refreshedAt"]?.string) > old)
        },
    ]
}
