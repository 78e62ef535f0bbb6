public import MemoryModel
public import MemoryService
import MonotonicClock
import Synchronization

/// A value that several threads see.
public final class Shared<Value: Sendable>: Sendable {
    private let guarded: Mutex<Value>

    /// Begins with `value`.
    public init(_ value: Value) { guarded = Mutex(value) }

    /// The value now.
    public var value: Value {
        get { guarded.withLock { $0 } }
        set { guarded.withLock { $0 = newValue } }
    }

    /// Changes the value.
    public func change(_ body: (inout Value) -> Void) { guarded.withLock { body(&$0) } }
}

/// A cache in a dictionary that forgets everything with each write, and writes down what it is told.
public final class DictionaryCache: MemoryCache {
    private let answers = Shared<[CacheKey: CachedAnswer]>([:])
    private let counters = Shared(CacheCounters())

    /// What it was told of writes, a line each.
    public let told = Shared<[String]>([])

    /// How well it says it is.
    public let state = Shared(CacheHealth.ok(latency: nil))

    /// Whether it answers without waiting, as a cache in the daemon's own memory does.
    private let recalls: Bool

    /// Makes an empty cache; what it holds is recalled at once if `recalls` says so, else only looked up.
    public init(recalls: Bool = false) {
        self.recalls = recalls
    }

    /// Looks in the dictionary, if it may.
    public func recall(_ key: CacheKey) -> CachedAnswer? { recalls ? answers.value[key] : nil }

    /// Looks in the dictionary.
    public func lookUp(_ key: CacheKey, deadline: MonotonicInstant) async -> CacheLookup {
        guard let answer = answers.value[key] else {
            counters.change { $0.misses += 1 }
            return .miss(CacheTicket(key: key, stamp: []))
        }
        counters.change { $0.hits += 1 }
        return .hit(answer)
    }

    /// Puts into the dictionary.
    public func keep(_ answer: CachedAnswer, for ticket: CacheTicket) {
        answers.change { $0[ticket.key] = answer }
    }

    /// Always gives a ticket.
    public func prepareWrite(of id: MemoryID) async -> WriteTicket? {
        told.change { $0.append("prepare \(id)") }
        return WriteTicket(id: id, stamp: [], budget: .zero)
    }

    /// Writes it down.
    public func abandonWrite(_ ticket: WriteTicket) {
        told.change { $0.append("abandon \(ticket.id)") }
    }

    /// Forgets everything but the answer of the write itself.
    public func finishWrite(_ write: CacheableWrite) async {
        answers.value = [:]
        switch write {
        case .committed(let ids, let places, let ticket, let answer):
            if let ticket, let answer { answers.value = [.memory(ticket.id): answer] }
            let words =
                ["commit", ids.map(\.value).joined(separator: ",")]
                + places.map { "\($0.agentID)/\($0.tags.map(\.value).joined(separator: ","))" }
                + (answer == nil ? [] : ["+answer"])
            told.change { $0.append(words.joined(separator: " ")) }
        case .cleared: told.change { $0.append("clear") }
        case .unknown: told.change { $0.append("unknown") }
        }
    }

    /// As the test says.
    public var health: CacheHealth { state.value }

    /// This cache's own.
    public func sharedCounters() async -> CacheCounters { counters.value }

    /// This cache's own.
    public var ownCounters: CacheCounters { counters.value }
}
