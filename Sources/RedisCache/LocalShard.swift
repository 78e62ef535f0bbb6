import DequeModule
import MemoryService
import MonotonicClock
import Synchronization

/// Part of the answers that a process keeps: bounded, and what was not asked for since it was last looked at goes first.
///
/// An answer is given only under the stamp that it was kept with. A plain state machine: the lock is its owner's.
struct LocalShard<Key: Hashable & Sendable>: Sendable {
    typealias Instant = MonotonicInstant

    /// A class, since a dictionary's entry is copied when it is looked at.
    private final class Entry: Sendable {
        let answer: CachedAnswer
        let stamp: LocalStamp
        let until: Instant
        let isUsed = Atomic(false)

        init(answer: CachedAnswer, stamp: LocalStamp, until: Instant) {
            self.answer = answer
            self.stamp = stamp
            self.until = until
        }
    }

    private let maximumBytes: Int
    private var entries: [Key: Entry] = [:]
    /// The keys of `entries`, in the order in which they are looked at (the CLOCK algorithm).
    private var order: Deque<Key> = []

    /// What the entries count for.
    private(set) var bytes = 0

    /// Beside its members an entry takes so many bytes for its key (there twice), the table and the queue.
    static var overhead: Int { 320 }

    init(maximumBytes: Int) {
        self.maximumBytes = maximumBytes
    }

    /// How many answers there are, those that are out of date included.
    var count: Int { entries.count }

    /// The answer that was kept for `key` under `stamp`, if its time is not over.
    func answer(for key: Key, under stamp: LocalStamp, now: Instant) -> CachedAnswer? {
        guard let entry = entries[key], entry.stamp == stamp, entry.until > now else { return nil }
        entry.isUsed.store(true, ordering: .relaxed)
        return entry.answer
    }

    /// Keeps an answer, in the place of the one that is there.
    mutating func keep(_ answer: CachedAnswer, for key: Key, under stamp: LocalStamp, until: Instant) {
        let cost = Self.cost(answer)
        guard cost <= maximumBytes / 4 else { return drop(key) }
        let entry = Entry(answer: answer, stamp: stamp, until: until)
        if let old = entries.updateValue(entry, forKey: key) {
            bytes -= Self.cost(old.answer)
        } else {
            order.append(key)
        }
        bytes += cost
        while bytes > maximumBytes, evictOne() {}
    }

    /// Replaces the answer for `key`, if one is kept.
    mutating func replace(with answer: CachedAnswer, for key: Key, under stamp: LocalStamp, until: Instant) {
        if entries[key] != nil { keep(answer, for: key, under: stamp, until: until) }
    }

    /// Looks at the key that was not looked at for longest: it goes, unless it was asked for since. False when there is none.
    private mutating func evictOne() -> Bool {
        guard let key = order.popFirst() else { return false }
        guard let entry = entries[key] else { return true }
        if entry.isUsed.exchange(false, ordering: .relaxed) {
            order.append(key)
        } else {
            bytes -= Self.cost(entry.answer)
            entries[key] = nil
        }
        return true
    }

    /// Empties an entry, which stays in its place until its turn: so a key is in the queue once.
    private mutating func drop(_ key: Key) {
        guard let entry = entries[key] else { return }
        bytes -= entry.answer.members.count
        entries[key] = Entry(answer: CachedAnswer(members: []), stamp: .none, until: entry.until)
    }

    private static func cost(_ answer: CachedAnswer) -> Int { answer.members.count + overhead }
}

extension LocalStamp {
    /// The stamp of no answer.
    fileprivate static let none = LocalStamp(period: .max, writes: .max)
}
