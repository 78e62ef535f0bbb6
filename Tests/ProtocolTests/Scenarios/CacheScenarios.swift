import DaemonFixture
import RedisFixture
import TestSupport
import Testing

/// What callers see of Redis: who served an answer, and otherwise nothing.
extension Scenario {
    private static let ownRedis = Place.fresh(.init(hasOwnRedis: true))

    /// Every method, in an order that reads what it has written.
    @Sendable private static func callEverything(_ world: World, _ word: String) async throws {
        let client = world.client
        let (id, agent) = (world.unique(word), world.unique("agent"))
        let record = #"{"id":"\#(id)","agentId":"\#(agent)","context":{"n":1},"tags":["t"]}"#
        try await client.result("store", #"{"record":\#(record)}"#)
        for _ in 0..<2 {
            #expect(try await client.memory(id)?["version"] == 1)
            #expect(try await client.ids(#"{"agentId":"\#(agent)"}"#) == [id])
            #expect(try await client.result("count", #"{"agentId":"\#(agent)"}"#) == ["count": 1])
            try await client.result("getCrossAgentInsights", #"{"tags":["t"]}"#)
            try await client.result("getBatch", #"{"ids":["\#(id)"]}"#)
            try await client.result("getStats")
            try await client.result("listAgents")
            try await client.result("getHealth")
        }
        try await client.result("storeBatch", #"{"records":[\#(record)]}"#)
        #expect(try await client.memory(id)?["version"] == 2)
        #expect(try await client.result("delete", #"{"id":"\#(id)"}"#) == ["deleted": true])
        #expect(try await client.memory(id) == nil)
        #expect(try await client.ids(#"{"agentId":"\#(agent)"}"#) == [])
        try await client.result("clear", #"{"agentId":"\#(agent)"}"#)
    }

    private static func waitForCache(_ world: World, _ status: String) async throws {
        let isSo = try await eventually(within: .seconds(10)) {
            guard try await world.client.result("getHealth")["cache"]?["status"]?.string == status else { return false }
            guard status == "ok" else { return true }
            return try await world.client.result("get", #"{"id":"none"}"#)["servedFrom"] == "cache"
        }
        #expect(isSo)
    }

    static let cache: [Scenario] = [
        Scenario("servedFrom tells which reads the cache answered", .servedFrom, in: ownRedis, over: [.socket]) {
            world in
            try await waitForCache(world, "ok")
            let client = world.client
            try await client.result("store", #"{"record":{"id":"m1","agentId":"a","context":{}}}"#)
            #expect(try await client.result("get", #"{"id":"m1"}"#)["servedFrom"] == "cache")
            let first = try await client.result("query", "{}")
            #expect(first["servedFrom"] == "store")
            let isCached = try await eventually {
                try await client.result("query", "{}")["servedFrom"] == "cache"
            }
            #expect(isCached)
            #expect(try await client.page("query", "{}")["memories"] == first["memories"])
            let counters = try #require(try await client.result("getStats")["cache"])
            #expect(try #require(counters["hits"]?.int) >= 2 && counters["misses"]?.int ?? 0 >= 1)
            let health = try await client.result("getHealth")
            #expect(health["status"] == "ok" && health["cache"]?["hits"] == counters["hits"])
        },
        Scenario("Redis never causes an error", .cacheNeverFails, .getHealth, in: ownRedis, over: [.socket]) { world in
            let redis = try #require(world.redis)
            try await waitForCache(world, "ok")
            try await callEverything(world, "well")
            try await redis.pause()
            try await callEverything(world, "paused")
            #expect(try await world.client.result("getHealth")["status"] == "degraded")
            redis.resume()
            try await waitForCache(world, "ok")
            try await redis.kill()
            try await callEverything(world, "killed")
            let health = try await world.client.result("getHealth")
            #expect(health["status"] == "degraded" && health["cache"]?["status"] == "unavailable")
            #expect(health["cache"]?["reason"]?.string?.isEmpty == false)
            try await world.restart()
            try await callEverything(world, "missing")
            try await redis.restart()
            try await waitForCache(world, "ok")
            try redis.command("CONFIG", "SET", "maxmemory", "1")
            try await callEverything(world, "full")
            try redis.command("CONFIG", "SET", "maxmemory", "0")
            try await waitForCache(world, "ok")
            try redis.command("REPLICAOF", "127.0.0.1", "1")
            try await callEverything(world, "read-only")
        },
    ]
}
