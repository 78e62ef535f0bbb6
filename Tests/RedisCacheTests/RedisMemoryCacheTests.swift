import MemoryModel
import MemoryService
import MonotonicClock
import RedisFixture
import TestSupport
import Testing

@testable import RedisCache

/// The cache against a real Redis: what is found after what was kept and written.
@Suite struct RedisMemoryCacheTests {
    private static func query(_ agent: String, _ tags: String...) throws -> CacheKey {
        let filter = MemoryFilter(agentID: AgentID(agent), tags: tags.compactMap { MemoryModel.Tag($0) })
        return .query(CachedQuery(method: .query, filter: filter, limit: 10, scope: .all))
    }

    @Test func whatIsKeptIsFound() async throws {
        try await CacheFixture.with(prefix: "one:") { fixture in
            let id = CacheKey.memory(try .of("m1"))
            try await fixture.fill(id, .of("a"))
            try await fixture.fill(Self.query("a"), .of("b"))
            let names = try fixture.keys()
            #expect(names.contains("one:memory:m1") && names.contains("one:memory:query:agent:a"))
            #expect(names.allSatisfy { $0.hasPrefix("one:") })
            for name in names {
                guard case .number(let seconds) = try fixture.redis.command("TTL", name) else { throw NotWellFormed() }
                #expect((1...300).contains(seconds), "\(name)")
            }
        }
    }

    /// A daemon that was alone when it asked, and is stopped before what it read is on its way: another one came meanwhile.
    @Test func anAnswerThatIsPutLateIsNotOfTheNewEpoch() async throws {
        try await CacheFixture.with(localBytes: 1_048_576) { fixture in
            let (key, memory) = (try Self.query("a"), CacheKey.memory(try .of("m1")))
            var tickets: [CacheTicket] = []
            #expect(
                try await eventually(within: .seconds(20)) {
                    tickets = [try await fixture.ticket(key), try await fixture.ticket(memory)]
                    return tickets.allSatisfy { $0.local != nil }
                })
            _ = try fixture.redis.command("SET", "cache:epoch", "0123456789abcdef")
            for ticket in tickets { fixture.cache.keep(.of("old"), for: ticket) }
            // That one holds its own epoch.
            #expect(try await eventually { try fixture.keys().contains("memory:m1") })
            #expect(try fixture.keys() == ["memory:m1"])
            let found = [await fixture.hit(memory), await fixture.hit(key)]
            #expect(found == [nil, nil])
        }
    }

    /// Each of the writes that a daemon makes, and what must not be found after it.
    @Test func aWriteTakesAwayWhatItChanges() async throws {
        try await CacheFixture.with { fixture in
            let (m1, m2) = (CacheKey.memory(try .of("m1")), CacheKey.memory(try .of("m2")))
            let (ofA, ofB, everyone) = (try Self.query("a"), try Self.query("b"), try Self.query(""))
            let tagged = try Self.query("", "t")
            let all = [m1, m2, ofA, ofB, everyone, tagged]
            func fill() async throws {
                for key in all where await fixture.hit(key) == nil { try await fixture.fill(key, .of("x")) }
            }
            func left() async -> [Bool] {
                var found: [Bool] = []
                for key in all { found.append(await fixture.hit(key) != nil) }
                return found
            }
            try await fill()
            await fixture.cache.finishWrite(.committed(ids: [try .of("m1")], places: [try .of("a")]))
            #expect(await left() == [false, true, false, true, false, true])
            try await fill()
            await fixture.cache.finishWrite(
                .committed(ids: [try .of("m2")], places: [try .of("b", "t"), try .of("c")]))
            #expect(await left() == [true, false, true, false, false, false])
            try await fill()
            await fixture.cache.finishWrite(.committed(ids: [try .of("m1")], places: []))
            #expect(await left() == [false, true, true, true, true, true])
            try await fill()
            await fixture.cache.finishWrite(.cleared)
            #expect(await left() == [false, false, false, false, false, false])
            try await fill()
            let many = try (0..<5_000).map { try MemoryID.of("many\($0)") }
            await fixture.cache.finishWrite(.committed(ids: many, places: [try .of("z")]))
            #expect(await left() == [false, false, false, false, false, false])
        }
    }

    @Test func aFillThatAWriteOvertookIsNotFound() async throws {
        try await CacheFixture.with { fixture in
            for key in [CacheKey.memory(try .of("m1")), try Self.query("a")] {
                let ticket = try await fixture.ticket(key)
                await fixture.cache.finishWrite(.committed(ids: [try .of("m1")], places: [try .of("a")]))
                fixture.cache.keep(.of("old"), for: ticket)
                // A second fill, sent after the first, shows that the first has arrived.
                try await fixture.fill(.memory(try .of("other")), .of("x"))
                #expect(await fixture.hit(key) == nil)
                await fixture.cache.finishWrite(.committed(ids: [try .of("other")], places: []))
            }
        }
    }

    @Test func callersThatMissTogetherHaveEqualTicketsUntilAWrite() async throws {
        try await CacheFixture.with { fixture in
            for key in [CacheKey.memory(try .of("m1")), try Self.query("a")] {
                let ticket = try await fixture.ticket(key)
                #expect(try await fixture.ticket(key) == ticket)
                await fixture.cache.finishWrite(.committed(ids: [try .of("m1")], places: [try .of("a")]))
                #expect(try await fixture.ticket(key) != ticket)
            }
        }
    }

    @Test func aWriterCachesWhatItWrote() async throws {
        try await CacheFixture.with { fixture in
            let id = try MemoryID.of("m1")
            try await fixture.fill(.memory(id), .of("old"))
            let ticket = try #require(await fixture.cache.prepareWrite(of: id))
            #expect(await fixture.hit(.memory(id)) == nil)
            // Nobody else fills a writer's lease.
            fixture.cache.keep(.of("old"), for: try await fixture.ticket(.memory(id)))
            await fixture.cache.finishWrite(
                .committed(ids: [id], places: [try .of("a")], ticket: ticket, answer: .of("new")))
            #expect(await fixture.hit(.memory(id)) == .of("new"))
        }
    }

    /// Two writers at once, in each order of their ends: nothing is cached, since who committed last is not known.
    @Test func writersThatOverlapCacheNothing() async throws {
        try await CacheFixture.with { fixture in
            let id = try MemoryID.of("m1")
            for isFirstFirst in [true, false] {
                let first = try #require(await fixture.cache.prepareWrite(of: id))
                let second = try #require(await fixture.cache.prepareWrite(of: id))
                for ticket in isFirstFirst ? [first, second] : [second, first] {
                    await fixture.cache.finishWrite(
                        .committed(
                            ids: [id], places: [try .of("a")], ticket: ticket, answer: .of("\(ticket.stamp ?? [])")))
                }
                #expect(await fixture.hit(.memory(id)) == nil)
            }
            let deleted = try #require(await fixture.cache.prepareWrite(of: id))
            await fixture.cache.finishWrite(.committed(ids: [id], places: [try .of("a")]))
            await fixture.cache.finishWrite(
                .committed(ids: [id], places: [try .of("a")], ticket: deleted, answer: .of("late")))
            #expect(await fixture.hit(.memory(id)) == nil)
        }
    }

    @Test func anAbandonedWriteLeavesNothingInTheWay() async throws {
        try await CacheFixture.with { fixture in
            let id = try MemoryID.of("m1")
            fixture.cache.abandonWrite(try #require(await fixture.cache.prepareWrite(of: id)))
            let isFilled = try await eventually {
                switch await fixture.cache.lookUp(.memory(id), deadline: .now + .seconds(5)) {
                case .hit: return true
                case .miss(let ticket):
                    if let ticket { fixture.cache.keep(.of("x"), for: ticket) }
                    return false
                }
            }
            #expect(isFilled)
        }
    }

    @Test func expiredAnswersAreNotFound() async throws {
        try await CacheFixture.with { fixture in
            let expiry = fixture.clock.value.advanced(byMicroseconds: 60_000_000)
            for key in [CacheKey.memory(try .of("m1")), try Self.query("a")] {
                try await fixture.fill(key, .of("x", expiry: expiry))
            }
            guard case .number(let life) = try fixture.redis.command("PTTL", "memory:m1") else { throw NotWellFormed() }
            #expect(life <= 60_000)
            // Redis still has them.
            fixture.clock.value = expiry
            #expect(await fixture.hit(.memory(try .of("m1"))) == nil)
            #expect(await fixture.hit(try Self.query("a")) == nil)
        }
    }

    @Test func largeAnswersAreNotKept() async throws {
        try await CacheFixture.with { fixture in
            let id = CacheKey.memory(try .of("m1"))
            let large = CachedAnswer(members: Array(repeating: 1, count: 262_145))
            fixture.cache.keep(large, for: try await fixture.ticket(id))
            try await fixture.fill(.memory(try .of("m2")), .of("x"))
            #expect(await fixture.hit(id) == nil)
        }
    }

    @Test func countersAreSharedAndCountOnce() async throws {
        try await CacheFixture.with { fixture in
            let id = CacheKey.memory(try .of("m1"))
            _ = try await fixture.ticket(id)
            try await fixture.fill(id, .of("x"))
            let own = fixture.cache.ownCounters
            #expect(own.hits >= 1 && own.misses >= 2)
            #expect(await fixture.cache.sharedCounters() == own)
            #expect(try fixture.redis.command("GET", "cache:hits") == .text("\(own.hits)"))
            #expect(try fixture.redis.command("GET", "cache:misses") == .text("\(own.misses)"))
            _ = try fixture.redis.command("INCRBY", "cache:hits", "1000")
            #expect(await fixture.cache.sharedCounters().hits == own.hits + 1_000)
            #expect(await fixture.cache.sharedCounters().hits == own.hits + 1_000)
            #expect(fixture.cache.ownCounters == own)
        }
    }
}
