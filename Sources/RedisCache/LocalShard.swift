import MemoryService

/// Part of the answers that a process keeps: bounded, and what was not asked for since it was last looked at goes first.
///
/// An answer is given only under the stamp that it was kept with. A plain state machine: the lock is its owner's.
struct LocalShard<Key: Hashable & Sendable>: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// The place of a key's answer. Free ones have no key.
    private struct Slot: Sendable {
        var key: Key?
        var answer: CachedAnswer
        var stamp: LocalStamp
        var until: Instant
        var isUsed = false
    }

    private let maximumBytes: Int
    private var places: [Key: Int] = [:]
    private var slots: [Slot] = []
    private var free: [Int] = []
    /// Where eviction looks next (the CLOCK algorithm).
    private var hand = 0

    /// What the answers count for.
    private(set) var bytes = 0

    /// Beside its members an answer takes so many bytes for its key (there twice), its slot and the table.
    static var overhead: Int { 320 }

    init(maximumBytes: Int) {
        self.maximumBytes = maximumBytes
    }

    /// How many answers there are, those that are out of date included.
    var count: Int { places.count }

    /// The answer that was kept for `key` under `stamp`, if its time is not over.
    mutating func answer(for key: Key, under stamp: LocalStamp, now: Instant) -> CachedAnswer? {
        guard let place = places[key] else { return nil }
        // Through a pointer, since a subscript would copy the whole slot each time.
        return slots.withUnsafeMutableBufferPointer { slots in
            guard slots[place].stamp == stamp, slots[place].until > now else { return nil }
            slots[place].isUsed = true
            return slots[place].answer
        }
    }

    /// Keeps an answer, in the place of the one that is there.
    mutating func keep(_ answer: CachedAnswer, for key: Key, under stamp: LocalStamp, until: Instant) {
        let cost = Self.cost(answer)
        guard cost <= maximumBytes / 4 else { return drop(key) }
        let slot = Slot(key: key, answer: answer, stamp: stamp, until: until)
        if let place = places[key] {
            bytes -= Self.cost(slots[place].answer)
            slots[place] = slot
        } else if let place = free.popLast() {
            places[key] = place
            slots[place] = slot
        } else {
            places[key] = slots.count
            slots.append(slot)
        }
        bytes += cost
        while bytes > maximumBytes, !places.isEmpty { evictOrSpareOne() }
    }

    /// Replaces the answer for `key`, if one is kept.
    mutating func replace(with answer: CachedAnswer, for key: Key, under stamp: LocalStamp, until: Instant) {
        if places[key] != nil { keep(answer, for: key, under: stamp, until: until) }
    }

    /// Looks at the slot that was not looked at for longest: its answer goes, unless it was asked for since.
    private mutating func evictOrSpareOne() {
        let place = hand
        hand = (hand + 1) % slots.count
        guard !slots[place].isUsed else {
            slots[place].isUsed = false
            return
        }
        guard let key = slots[place].key else { return }
        bytes -= Self.cost(slots[place].answer)
        places[key] = nil
        slots[place] = Slot(key: nil, answer: CachedAnswer(members: []), stamp: .none, until: slots[place].until)
        free.append(place)
    }

    /// Empties an answer, which stays in its place until its turn.
    private mutating func drop(_ key: Key) {
        guard let place = places[key] else { return }
        bytes -= slots[place].answer.members.count
        slots[place].answer = CachedAnswer(members: [])
        slots[place].stamp = .none
    }

    private static func cost(_ answer: CachedAnswer) -> Int { answer.members.count + overhead }
}

extension LocalStamp {
    /// The stamp of no answer.
    fileprivate static let none = LocalStamp(period: .max, writes: .max)
}
