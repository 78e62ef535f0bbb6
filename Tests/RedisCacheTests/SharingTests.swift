import MemoryModel
import MemoryService
import MonotonicClock
import RedisDriver
import RedisFixture
import TestSupport
import Testing

@testable import RedisCache

/// Daemons that share a Redis, but not everything else.
@Suite struct SharingTests {
    private static func cache(_ redis: RedisServer, _ peers: Peers, database: Int = 0) throws -> RedisMemoryCache {
        let cache = RedisMemoryCache(
            configuration: RedisCacheConfiguration(
                endpoint: try RedisEndpoint(url: redis.url + "?db=\(database)"), now: { .earliest }),
            peers: peers, observer: Reports())
        cache.start()
        return cache
    }

    private static func find(_ cache: RedisMemoryCache, _ key: CacheKey) async -> CacheLookup {
        await cache.lookUp(key, deadline: .now + .seconds(5))
    }

    @Test func storesWithOnePrefixNeverAnswerForEachOther() async throws {
        let redis = try await RedisServer.start()
        let (one, two) = (try Self.cache(redis, Peers(store: "one")), try Self.cache(redis, Peers(store: "two")))
        #expect(try await eventually { one.isInUse && two.isInUse })
        let query = CacheKey.query(CachedQuery(method: .count, filter: MemoryFilter(), scope: .all))
        for key in [CacheKey.memory(try .of("m1")), query] {
            let isKept = try await eventually {
                switch await Self.find(one, key) {
                case .hit: return true
                case .miss(let ticket):
                    if let ticket { one.keep(.of("secret"), for: ticket) }
                    return false
                }
            }
            #expect(isKept)
            guard case .miss = await Self.find(two, key) else {
                Issue.record("another store's answer")
                return
            }
        }
        await one.shutdown()
        await two.shutdown()
        try await redis.shutdown()
    }

    @Test func daemonsInOtherDatabasesOfOneRedisKeepOff() async throws {
        let redis = try await RedisServer.start()
        let peers = Peers()
        let one = try Self.cache(redis, peers)
        #expect(try await eventually { one.isInUse })
        let two = try Self.cache(redis, peers, database: 1)
        #expect(try await eventually { !one.isInUse && !two.isInUse })
        await one.shutdown()
        await two.shutdown()
        try await redis.shutdown()
    }

    /// Something foreign under one name costs nobody else the cache.
    @Test func aForeignValueIsNoReasonToStop() async throws {
        try await CacheFixture.with { fixture in
            let epoch = try fixture.redis.command("GET", "cache:epoch")
            try fixture.redis.command("HSET", "memory:m1", "a", "b")
            try fixture.redis.command("SET", "cache:hits", "no number")
            let id = try MemoryID.of("m1")
            #expect(await fixture.hit(.memory(id)) == nil)
            _ = await fixture.cache.sharedCounters()
            #expect(fixture.cache.isInUse)
            let ticket = try #require(await fixture.cache.prepareWrite(of: id))
            try fixture.redis.command("DEL", "memory:m1")
            try fixture.redis.command("HSET", "memory:m1", "a", "b")
            await fixture.cache.finishWrite(
                .committed(ids: [id], places: [try .of("a")], ticket: ticket, answer: .of("new")))
            #expect(fixture.cache.isInUse)
            #expect(try fixture.redis.command("GET", "cache:epoch") == epoch)
        }
    }

    /// It rests, and the first who comes finds what is cached all the same.
    @Test func aDaemonThatRestsIsWokenByWhoeverComes() async throws {
        let redis = try await RedisServer.start()
        let peers = Peers()
        let one = try Self.cache(redis, peers)
        #expect(try await eventually { one.isInUse })
        let key = CacheKey.memory(try .of("m1"))
        let isKept = try await eventually {
            switch await Self.find(one, key) {
            case .hit: return true
            case .miss(let ticket):
                if let ticket { one.keep(.of("found"), for: ticket) }
                return false
            }
        }
        #expect(isKept)
        #expect(try await eventually { peers.count(.resting) > 0 })
        // Until it is asked for something nothing happens.
        let asked = peers.count(.quick)
        #expect(try await eventually { !one.isInUse })
        #expect(peers.count(.quick) == asked)
        guard case .ok = one.health, case .hit = await Self.find(one, key) else {
            Issue.record("what was cached was not found")
            return
        }
        #expect(peers.count(.quick) > asked && one.isInUse)
        // One who writes without a cache came while it rested again.
        #expect(try await eventually { peers.count(.resting) > 1 })
        peers.comesAndGoes(99)
        guard case .miss = await Self.find(one, key) else {
            Issue.record("an answer that may be older than a write of the one who is gone")
            return
        }
        await one.shutdown()
        try await redis.shutdown()
    }

    @Test func oneWithoutACacheAnnouncesOnceForEachSession() async throws {
        let peers = Peers()
        let absence = CacheAbsence(peers: peers)
        absence.start()
        #expect(try await eventually { peers.count(.resting) == 1 })
        peers.beginsNewSession()
        #expect(try await eventually { peers.count(.resting) == 2 })
        #expect(try await !eventually(within: .milliseconds(200)) { peers.count(.resting) > 2 })
        await absence.shutdown()
    }
}
