import MemoryModel
import MemoryService
import MonotonicClock
import Synchronization

/// Answers kept in this process, in front of Redis, for what is read again and again.
///
/// It is open only while this daemon is known to be the only one on its store, so all writes are its own; `COHERENCE.md` has
/// the argument. Each write counts up, before it is acknowledged, numbers that stand for what it may have changed, and an
/// answer is given only while they are as they were before it was looked for. The numbers are shared by what has the same
/// hash: a collision costs a lookup, and no wrong answer. Nothing here waits but for short locks.
final class LocalCache: Sendable {
    typealias Instant = MonotonicInstant

    /// For how long an answer is kept here at most, beside its time in Redis: who writes to the tables or to Redis by hand,
    /// and tells nobody, is heard after that.
    static let longestLifetime = Duration.seconds(30)

    private static let shardCount = 8

    private struct Memories: Sendable {
        var shard: LocalShard<MemoryID>
        var numbers: [UInt64]
        var doorkeeper = Doorkeeper()
    }

    private struct Queries: Sendable {
        var shard: LocalShard<CachedQuery>
        var numbers: [UInt64]
        /// Whether Redis may hold an answer under a generation with this number.
        var isTold: [Bool]
        var doorkeeper = Doorkeeper()

        init(maximumBytes: Int, numbers: Int) {
            shard = LocalShard(maximumBytes: maximumBytes)
            self.numbers = Array(repeating: 0, count: numbers)
            isTold = Array(repeating: false, count: numbers)
        }

        /// The sum of numbers that only grow is what it was only if each is.
        func writes(_ generations: some Sequence<Generation>) -> UInt64 {
            generations.reduce(0) { $0 &+ numbers[slot($1)] }
        }

        /// Counts a write. Returns the generations under which Redis may hold answers.
        mutating func wrote(_ generations: [Generation]) -> [Generation] {
            generations.filter { generation in
                let slot = slot(generation)
                numbers[slot] &+= 1
                return isTold[slot]
            }
        }

        mutating func tell(_ generations: some Sequence<Generation>) {
            for generation in generations { isTold[slot(generation)] = true }
        }

        private func slot(_ generation: Generation) -> Int {
            Int(UInt(bitPattern: generation.hashValue) % UInt(numbers.count))
        }
    }

    /// A lock of its own for each, so that the event loops seldom meet.
    private final class Locked<Value: Sendable>: Sendable {
        let value: Mutex<Value>
        init(_ value: Value) { self.value = Mutex(value) }
    }

    private let lifetime: Duration
    private let memories: [Locked<Memories>]
    private let queries: Locked<Queries>
    private let numbersOfShard: Int
    private let origin = Instant.now
    /// Until when it is open, in ticks since `origin`.
    private let openUntil = Atomic<Int64>(.min)
    /// Grows when it is closed: what was kept before is no answer any more.
    private let period = Atomic<UInt64>(0)

    /// Keeps some `maximumBytes` of answers: three quarters for single memories, one for what was read of many; none for
    /// longer than `timeToLive`. The more `numbers` there are, the more seldom two writes share one.
    init(maximumBytes: Int, timeToLive: Duration, numbers: Int = 4_096) {
        lifetime = min(timeToLive, Self.longestLifetime)
        numbersOfShard = numbers / Self.shardCount
        let (share, count) = (maximumBytes * 3 / 4 / Self.shardCount, numbersOfShard)
        memories = (0..<Self.shardCount).map { _ in
            Locked(Memories(shard: LocalShard(maximumBytes: share), numbers: Array(repeating: 0, count: count)))
        }
        queries = Locked(Queries(maximumBytes: maximumBytes / 4, numbers: numbers))
    }

    // MARK: When it may be used

    /// Whether no other daemon can have written yet, or be read from.
    func isOpen(at now: Instant) -> Bool {
        openUntil.load(ordering: .acquiring) > ticks(now)
    }

    /// No other daemon writes before `instant`.
    func open(until instant: Instant) {
        openUntil.store(ticks(instant), ordering: .releasing)
    }

    /// Another daemon may write from now on, or a write is not known to have been told: forgets everything.
    func close() {
        openUntil.store(.min, ordering: .sequentiallyConsistent)
        forget()
    }

    /// Forgets everything.
    func forget() {
        period.add(1, ordering: .sequentiallyConsistent)
    }

    /// Each is 2^30 attoseconds, about a nanosecond: a shift, where other units would need a division of 128 bits.
    private func ticks(_ instant: Instant) -> Int64 {
        Int64(truncatingIfNeeded: origin.duration(to: instant).attoseconds >> 30)
    }

    // MARK: Reading

    /// The answer for `key`, if it is kept and nothing has changed it.
    func answer(for key: CacheKey, now: Instant) -> CachedAnswer? {
        guard isOpen(at: now) else { return nil }
        let period = period.load(ordering: .acquiring)
        switch key {
        case .memory(let id):
            let (shard, slot) = place(of: id)
            return shard.value.withLock { memories in
                let stamp = LocalStamp(period: period, writes: memories.numbers[slot])
                return memories.shard.answer(for: id, under: stamp, now: now)
            }
        case .query(let query):
            let generations = Generation.needed(by: query.filter)
            return queries.value.withLock { queries in
                let stamp = LocalStamp(period: period, writes: queries.writes(generations))
                return queries.shard.answer(for: query, under: stamp, now: now)
            }
        }
    }

    /// What an answer looked for from now on is good for.
    func stamp(of key: CacheKey) -> LocalStamp {
        let period = period.load(ordering: .acquiring)
        switch key {
        case .memory(let id):
            let (shard, slot) = place(of: id)
            return LocalStamp(period: period, writes: shard.value.withLock { $0.numbers[slot] })
        case .query(let query):
            let generations = Generation.needed(by: query.filter)
            return LocalStamp(period: period, writes: queries.value.withLock { $0.writes(generations) })
        }
    }

    /// Takes note that Redis had the answer for `key`, which was looked for after `stamp` was taken. What is asked for a
    /// second time is kept.
    func found(_ answer: CachedAnswer, for key: CacheKey, after stamp: LocalStamp, now: Instant) {
        let until = now + lifetime
        switch key {
        case .memory(let id):
            place(of: id).shard.value.withLock { memories in
                guard memories.doorkeeper.admits(id.hashValue) else { return }
                memories.shard.keep(answer, for: id, under: stamp, until: until)
            }
        case .query(let query):
            queries.value.withLock { queries in
                guard queries.doorkeeper.admits(query.hashValue) else { return }
                queries.shard.keep(answer, for: query, under: stamp, until: until)
            }
        }
    }

    // MARK: Writing

    /// Counts a write that is committed, and not acknowledged yet.
    ///
    /// - Returns: the generations under which Redis may hold answers.
    @discardableResult
    func wrote(_ ids: [MemoryID], _ generations: [Generation]) -> [Generation] {
        for id in ids {
            let (shard, slot) = place(of: id)
            shard.value.withLock { $0.numbers[slot] &+= 1 }
        }
        return queries.value.withLock { $0.wrote(generations) }
    }

    /// The same for one memory, which had `stamp` before it was written. `tell` is called in the order of all such calls for
    /// the memory, and of ``ifUnchanged(_:since:_:)``; with whether no other write of it ended between, so that `answer` is
    /// what `get` answers from now on, and with the generations under which Redis may hold answers.
    func wrote(
        _ id: MemoryID, _ generations: [Generation], since stamp: LocalStamp, _ answer: CachedAnswer?,
        _ tell: (_ isLatest: Bool, _ told: [Generation]) -> Void
    ) {
        let told = queries.value.withLock { $0.wrote(generations) }
        let until = Instant.now + lifetime
        let (shard, slot) = place(of: id)
        let period = period.load(ordering: .acquiring)
        shard.value.withLock { memories in
            let isLatest = stamp == LocalStamp(period: period, writes: memories.numbers[slot])
            memories.numbers[slot] &+= 1
            if isLatest, let answer {
                let stamp = LocalStamp(period: period, writes: memories.numbers[slot])
                memories.shard.replace(with: answer, for: id, under: stamp, until: until)
            }
            tell(isLatest, told)
        }
    }

    /// Takes note that answers may come to be in Redis under `generations`: to be called before Redis is asked for those.
    func willTell(_ generations: [Generation]) {
        queries.value.withLock { $0.tell(generations) }
    }

    /// Calls `tell`, to put an answer for `key` into Redis, unless something that it depends on was written since `stamp` was
    /// taken.
    func ifUnchanged(_ key: CacheKey, since stamp: LocalStamp, _ tell: () -> Void) {
        let period = period.load(ordering: .acquiring)
        switch key {
        case .memory(let id):
            let (shard, slot) = place(of: id)
            shard.value.withLock { memories in
                if stamp == LocalStamp(period: period, writes: memories.numbers[slot]) { tell() }
            }
        case .query(let query):
            let generations = Generation.needed(by: query.filter)
            queries.value.withLock { queries in
                guard stamp == LocalStamp(period: period, writes: queries.writes(generations)) else { return }
                queries.tell(generations)
                tell()
            }
        }
    }

    /// How much is kept: answers, and the bytes that they count for.
    var size: (answers: Int, bytes: Int) {
        var size = queries.value.withLock { (answers: $0.shard.count, bytes: $0.shard.bytes) }
        for shard in memories {
            let (count, bytes) = shard.value.withLock { ($0.shard.count, $0.shard.bytes) }
            size.answers += count
            size.bytes += bytes
        }
        return size
    }

    private func place(of id: MemoryID) -> (shard: Locked<Memories>, slot: Int) {
        let hash = UInt(bitPattern: id.hashValue)
        let shard = memories[Int(hash % UInt(Self.shardCount))]
        return (shard, Int(hash / UInt(Self.shardCount) % UInt(numbersOfShard)))
    }
}

/// Lets in what comes a second time: what is read once only must not displace what is read again and again.
struct Doorkeeper: Sendable {
    private static let places = 8_192

    private var seen = [UInt16](repeating: 0, count: places)

    /// Whether something with this hash came before; remembered until something else takes its place.
    mutating func admits(_ hash: Int) -> Bool {
        // Of the low bits those that come here have some in common.
        let bits = UInt(bitPattern: hash) >> 16
        let place = Int(bits % UInt(Self.places))
        let mark = UInt16(truncatingIfNeeded: bits >> 24) | 1
        defer { seen[place] = mark }
        return seen[place] == mark
    }
}
