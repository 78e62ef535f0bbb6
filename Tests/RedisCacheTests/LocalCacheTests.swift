import MemoryModel
import MemoryService
import MonotonicClock
import TestSupport
import Testing

@testable import RedisCache

/// What is kept in the process, and for how long.
@Suite struct LocalCacheTests {
    /// With so many numbers that no two of a test's writes share one.
    private let cache = LocalCache(maximumBytes: 1_048_576, timeToLive: .seconds(300), numbers: 1 << 20)
    private let start = MonotonicInstant.now

    private static func memory(_ id: String) throws -> CacheKey { .memory(try .of(id)) }

    private static func query(_ agent: String, _ tags: String...) -> CacheKey {
        let filter = MemoryFilter(agentID: AgentID(agent), tags: tags.compactMap { MemoryModel.Tag($0) })
        return .query(CachedQuery(method: .query, filter: filter, limit: 10, scope: .all))
    }

    /// Has an answer be found in Redis twice.
    private func keep(_ answer: CachedAnswer, _ key: CacheKey) {
        let stamp = cache.stamp(of: key)
        for _ in 0..<2 { cache.found(answer, for: key, after: stamp, now: start) }
    }

    private func found(_ key: CacheKey, after time: Duration = .zero) -> CachedAnswer? {
        cache.answer(for: key, now: start + time)
    }

    @Test func onlyWhatIsAskedForAgainIsKept() throws {
        cache.open(until: start + .seconds(60))
        for key in [try Self.memory("m1"), Self.query("a")] {
            cache.found(.of("x"), for: key, after: cache.stamp(of: key), now: start)
            #expect(found(key) == nil)
            cache.found(.of("x"), for: key, after: cache.stamp(of: key), now: start)
            #expect(found(key) == .of("x"))
            #expect(found(key, after: LocalCache.longestLifetime) == nil)
        }
        #expect(cache.size.answers == 2)
    }

    @Test func nothingIsKeptForLongerThanInRedis() throws {
        let cache = LocalCache(maximumBytes: 1_048_576, timeToLive: .seconds(1))
        cache.open(until: start + .seconds(60))
        let key = try Self.memory("m1")
        for _ in 0..<2 { cache.found(.of("x"), for: key, after: cache.stamp(of: key), now: start) }
        #expect(cache.answer(for: key, now: start + .milliseconds(999)) == .of("x"))
        #expect(cache.answer(for: key, now: start + .seconds(1)) == nil)
    }

    @Test func itAnswersWhileItIsOpenOnly() throws {
        let key = try Self.memory("m1")
        keep(.of("x"), key)
        #expect(found(key) == nil)
        cache.open(until: start + .seconds(1))
        #expect(found(key) == .of("x"))
        #expect(found(key, after: .seconds(1)) == nil)
        // That nobody had asked the others for a moment is no reason to forget.
        cache.open(until: start + .seconds(3))
        #expect(found(key, after: .seconds(2)) == .of("x"))
        cache.close()
        cache.open(until: start + .seconds(3))
        #expect(found(key) == nil)
    }

    @Test func aWriteTakesAwayWhatItChanges() throws {
        cache.open(until: start + .seconds(60))
        let (m1, m2) = (try Self.memory("m1"), try Self.memory("m2"))
        let (ofA, ofB, everyone, tagged) = (
            Self.query("a"), Self.query("b"), Self.query(""), Self.query("", "t")
        )
        let all = [m1, m2, ofA, ofB, everyone, tagged]
        func left(after ids: [String], _ places: [MemoryPlace]) throws -> [Bool] {
            for key in all { keep(.of("x"), key) }
            cache.wrote(try ids.map { try MemoryID.of($0) }, Generation.changed(at: places))
            return all.map { found($0) != nil }
        }
        #expect(try left(after: ["m1"], [.of("a")]) == [false, true, false, true, false, true])
        #expect(try left(after: ["m2"], [.of("b", "t"), .of("c")]) == [true, false, true, false, false, false])
        #expect(try left(after: [], []) == [true, true, true, true, true, true])
        cache.forget()
        #expect(all.allSatisfy { found($0) == nil })
    }

    /// A read that began before a write, and whose answer comes after it.
    @Test func anAnswerThatAWriteOvertookIsNotGiven() throws {
        cache.open(until: start + .seconds(60))
        for key in [try Self.memory("m1"), Self.query("a")] {
            let stamp = cache.stamp(of: key)
            cache.wrote([try .of("m1")], Generation.changed(at: [try .of("a")]))
            for _ in 0..<2 { cache.found(.of("old"), for: key, after: stamp, now: start) }
            #expect(found(key) == nil)
            var isTold = false
            cache.ifUnchanged(key, since: stamp) { isTold = true }
            #expect(!isTold)
            cache.ifUnchanged(key, since: cache.stamp(of: key)) { isTold = true }
            #expect(isTold)
        }
    }

    /// What was never put into Redis, nor looked for there, need not be deleted there.
    @Test func aWriteTellsWhatRedisMayHold() throws {
        cache.open(until: start + .seconds(60))
        let (id, key) = (try MemoryID.of("m1"), try Self.memory("m1"))
        let place = try MemoryPlace.of("a", "t", "u")
        let changed = Generation.changed(at: [place])
        func told() -> Set<Generation> {
            let ofMany = cache.wrote([], changed)
            var ofOne: [Generation] = []
            cache.wrote(id, changed, since: cache.stamp(of: key), nil) { _, told in ofOne = told }
            #expect(ofMany == ofOne)
            return Set(ofOne)
        }
        #expect(told() == [])
        // A fill that a write has overtaken is not sent.
        let ofA = Self.query("a")
        let stamp = cache.stamp(of: ofA)
        cache.wrote([], changed)
        cache.ifUnchanged(ofA, since: stamp) {}
        #expect(told() == [])
        cache.ifUnchanged(ofA, since: cache.stamp(of: ofA)) {}
        #expect(told() == [.agent(place.agentID)])
        cache.willTell([.tag(place.tags[1])] + Generation.changed(at: [try .of("b", "v")]).dropFirst())
        cache.close()
        cache.open(until: start + .seconds(60))
        #expect(told() == [.agent(place.agentID), .tag(place.tags[1])])
    }

    @Test func theLatestOfSeveralWritersSaysWhatIsThere() throws {
        cache.open(until: start + .seconds(60))
        let (id, key) = (try MemoryID.of("m1"), try Self.memory("m1"))
        func write(_ text: String, since stamp: LocalStamp) -> Bool {
            var wasLatest = false
            cache.wrote(id, [], since: stamp, .of(text)) { isLatest, _ in wasLatest = isLatest }
            return wasLatest
        }
        // What nobody asks for is not kept for having been written.
        #expect(write("first", since: cache.stamp(of: key)))
        #expect(found(key) == nil)
        keep(.of("first"), key)
        #expect(write("second", since: cache.stamp(of: key)))
        #expect(found(key) == .of("second"))
        // Two at once: which was committed last is not known.
        let (one, two) = (cache.stamp(of: key), cache.stamp(of: key))
        #expect(write("third", since: one) && !write("fourth", since: two))
        #expect(found(key) == nil)
        // One that began before a pause of which nobody knows what came in it.
        let before = cache.stamp(of: key)
        cache.close()
        #expect(!write("fifth", since: before))
    }
}

/// The bound of what is kept, and what goes when it is reached.
@Suite struct LocalShardTests {
    private let now = MonotonicInstant.now
    private let stamp = LocalStamp(period: 1, writes: 1)

    private func answer(_ bytes: Int) -> CachedAnswer { CachedAnswer(members: [UInt8](repeating: 0x20, count: bytes)) }

    @Test func itStaysWithinItsBytes() {
        var shard = LocalShard<Int>(maximumBytes: 100_000)
        for key in 0..<10_000 {
            shard.keep(answer(key % 2_000), for: key, under: stamp, until: now + .seconds(1))
            #expect(shard.bytes <= 100_000)
        }
        #expect(shard.count > 40)
        for key in 0..<10_000 { shard.keep(answer(100_000), for: key, under: stamp, until: now + .seconds(1)) }
        #expect(shard.bytes <= 100_000)
        #expect((0..<10_000).allSatisfy { shard.answer(for: $0, under: stamp, now: now)?.members.count != 100_000 })
    }

    @Test func whatWasAskedForStaysLonger() {
        var shard = LocalShard<Int>(maximumBytes: 10 * (LocalShard<Int>.overhead + 100))
        for key in 0..<10 { shard.keep(answer(100), for: key, under: stamp, until: now + .seconds(1)) }
        for key in [2, 5] { #expect(shard.answer(for: key, under: stamp, now: now) != nil) }
        for key in 10..<18 { shard.keep(answer(100), for: key, under: stamp, until: now + .seconds(1)) }
        let left = (0..<10).filter { shard.answer(for: $0, under: stamp, now: now) != nil }
        #expect(left == [2, 5])
        #expect(shard.count == 10)
    }

    @Test func replacingKeepsTheCountOfBytes() {
        var shard = LocalShard<Int>(maximumBytes: 100_000)
        shard.replace(with: answer(10), for: 1, under: stamp, until: now + .seconds(1))
        #expect(shard.count == 0 && shard.bytes == 0)
        for bytes in [10, 1_000, 20_000, 60_000, 5] {
            shard.keep(answer(bytes), for: 1, under: stamp, until: now + .seconds(1))
            #expect(shard.count == 1)
        }
        #expect(shard.bytes == LocalShard<Int>.overhead + 5)
        let later = LocalStamp(period: 1, writes: 2)
        shard.replace(with: answer(7), for: 1, under: later, until: now + .seconds(1))
        #expect(shard.answer(for: 1, under: stamp, now: now) == nil)
        #expect(shard.answer(for: 1, under: later, now: now)?.members.count == 7)
    }
}
