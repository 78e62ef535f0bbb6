import MemoryModel
import MemoryService
import MonotonicClock
import RedisFixture
import TestSupport
import Testing

@testable import RedisCache

/// A Redis that goes away, hangs, forgets, remembers too much or refuses, and one answer that must not be found after.
@Suite(.serialized) struct FaultTests {
    /// A write that Redis can't be told of while `fault` lasts, and the old answer after it has ended.
    private static func expectNothingOld(
        _ fixture: CacheFixture, during fault: () async throws -> Void, end: () async throws -> Void
    ) async throws {
        let id = try MemoryID.of("m1")
        try await fixture.fill(.memory(id), .of("old"))
        try await fault()
        let begin = MonotonicInstant.now
        await fixture.cache.finishWrite(.committed(ids: [id], places: [try .of("a")]))
        #expect(MonotonicInstant.now - begin < .milliseconds(500))
        #expect(await fixture.hit(.memory(id)) == nil)
        try await end()
        #expect(try await fixture.isInUse())
        #expect(await fixture.hit(.memory(id)) == nil)
        try await fixture.fill(.memory(id), .of("new"))
    }

    @Test func killedAndRestarted() async throws {
        try await CacheFixture.with { fixture in
            try await Self.expectNothingOld(
                fixture, during: { try await fixture.redis.kill() }, end: { try await fixture.redis.restart() })
            // Each change is told once.
            let isInUse = fixture.reports.changes.map { $0 == nil }
            #expect(isInUse.count >= 3 && zip(isInUse, isInUse.dropFirst()).allSatisfy { $0 != $1 })
        }
    }

    /// The snapshot brings the old answer and the old tokens back together.
    @Test func restartedFromAnOldSnapshot() async throws {
        try await CacheFixture.with { fixture in
            let id = try MemoryID.of("m1")
            let query = CacheKey.query(CachedQuery(method: .count, filter: MemoryFilter(), scope: .all))
            try await fixture.fill(.memory(id), .of("old"))
            try await fixture.fill(query, .of("old"))
            try fixture.redis.command("SAVE")
            await fixture.cache.finishWrite(.committed(ids: [id], places: [try .of("a")]))
            try await fixture.redis.restart()
            #expect(try fixture.redis.command("EXISTS", "memory:m1") == .number(1))
            let isBack = try await eventually {
                let hits = [await fixture.hit(.memory(id)), await fixture.hit(query)]
                #expect(hits == [nil, nil])
                return fixture.cache.isInUse
            }
            #expect(isBack)
            try await fixture.fill(.memory(id), .of("new"))
        }
    }

    @Test func paused() async throws {
        try await CacheFixture.with { fixture in
            try await Self.expectNothingOld(
                fixture, during: { try await fixture.redis.pause() }, end: { fixture.redis.resume() })
        }
    }

    /// A hang costs a read or a write at most 50 ms of waiting, and then nothing.
    @Test func aHangIsShort() async throws {
        try await CacheFixture.with { fixture in
            try await fixture.redis.pause()
            let begin = MonotonicInstant.now
            _ = try await fixture.find("m1")
            let first = MonotonicInstant.now
            for _ in 0..<100 { _ = try await fixture.find("m1") }
            // Wide for a busy machine: without a bound it would be for ever.
            #expect(first - begin < .seconds(1))
            #expect(MonotonicInstant.now - first < .seconds(1))
            guard case .unavailable = fixture.cache.health else {
                Issue.record("\(fixture.cache.health)")
                return
            }
            fixture.redis.resume()
            #expect(try await fixture.isInUse())
        }
    }

    @Test func flushed() async throws {
        try await CacheFixture.with { fixture in
            let id = try MemoryID.of("m1")
            let ticket = try await fixture.ticket(.memory(id))
            try fixture.redis.command("FLUSHALL")
            fixture.cache.keep(.of("old"), for: ticket)
            #expect(await fixture.hit(.memory(id)) == nil)
            try await fixture.fill(.memory(id), .of("new"))
        }
    }

    @Test func full() async throws {
        try await CacheFixture.with { fixture in
            try await Self.expectNothingOld(
                fixture,
                during: {
                    try fixture.redis.command("CONFIG", "SET", "maxmemory-policy", "noeviction")
                    try fixture.redis.command("CONFIG", "SET", "maxmemory", "1")
                    let id = try MemoryID.of("m2")
                    #expect(try #require(await fixture.cache.prepareWrite(of: id)).stamp == nil)
                    #expect(!fixture.cache.isInUse)
                }, end: { try fixture.redis.command("CONFIG", "SET", "maxmemory", "0") })
            #expect(fixture.reports.changes.contains { $0?.contains("OOM") == true })
        }
    }

    @Test func readOnly() async throws {
        try await CacheFixture.with { fixture in
            try await Self.expectNothingOld(
                fixture,
                during: { try fixture.redis.command("REPLICAOF", "127.0.0.1", "1") },
                end: { try fixture.redis.command("REPLICAOF", "NO", "ONE") })
            #expect(fixture.reports.changes.contains { $0?.contains("READONLY") == true })
        }
    }

    @Test func forgotItsScripts() async throws {
        try await CacheFixture.with { fixture in
            try fixture.redis.command("SCRIPT", "FLUSH")
            // The lookup that needs one fails, and with the next connection they are there again.
            let id = CacheKey.memory(try .of("m1"))
            _ = await fixture.cache.lookUp(id, deadline: .now + .seconds(5))
            #expect(!fixture.cache.isInUse)
            #expect(try await fixture.isInUse())
            try await fixture.fill(id, .of("x"))
        }
    }

    @Test func missingAtTheStart() async throws {
        let redis = try await RedisServer.start()
        try await redis.kill()
        let fixture = try CacheFixture(redis)
        #expect(await fixture.hit(.memory(try .of("m1"))) == nil)
        await fixture.cache.finishWrite(.committed(ids: [try .of("m1")], places: []))
        #expect(try await eventually { fixture.reports.changes.count == 1 })
        guard case .unavailable = fixture.cache.health else {
            Issue.record("\(fixture.cache.health)")
            return
        }
        try await redis.restart()
        #expect(try await fixture.isInUse())
        #expect(fixture.reports.changes.map { $0 == nil } == [false, true])
        await fixture.cache.shutdown()
        try await redis.shutdown()
    }

    /// Another daemon that can't reach Redis keeps this one from using it.
    @Test func anotherDaemonIsCutOff() async throws {
        try await CacheFixture.with { fixture in
            let peers = Peers()
            let mine = try CacheFixture(fixture.redis, peers: peers)
            #expect(try await mine.isInUse())
            let elsewhere = try await RedisServer.start()
            let other = try CacheFixture(elsewhere, peers: peers)
            #expect(try await eventually(within: .seconds(5)) { !mine.cache.isInUse })
            await other.cache.shutdown()
            await mine.cache.shutdown()
            try await elsewhere.shutdown()
        }
    }
}
