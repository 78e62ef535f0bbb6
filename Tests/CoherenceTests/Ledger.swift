import Synchronization

/// Which version of each key has been acknowledged, and when: what a reader may demand. A key's version grows by one with
/// each write, whoever makes it, and also with one that was not acknowledged but made all the same.
final class Ledger: Sendable {
    /// What a reader may find, as of the moment before it asked.
    struct Demand {
        /// The greatest version acknowledged by then.
        var strict: Int
        /// The greatest version acknowledged a second before; see `FaultLog.mayLag`.
        var lagging: Int
    }

    private struct Key {
        var acknowledged: [(version: Int, at: ContinuousClock.Instant)] = []
    }

    private let keys: Mutex<[Key]>
    /// By how much a daemon that is cut off may make others lag.
    static let lag = Duration.seconds(1)
    /// How many acknowledgements are remembered of a key: far more than come in a second.
    private static let capacity = 4_096

    init(keys count: Int) {
        keys = Mutex(Array(repeating: Key(), count: count))
    }

    func acknowledge(_ key: Int, _ version: Int) {
        let now = ContinuousClock.now
        keys.withLock { keys in
            guard version > keys[key].acknowledged.last?.version ?? 0 else { return }
            keys[key].acknowledged.append((version, now))
            if keys[key].acknowledged.count > 2 * Self.capacity { keys[key].acknowledged.removeFirst(Self.capacity) }
        }
    }

    /// What a read of each key that begins now may demand.
    func demands(of wanted: [Int]) -> [Demand] {
        let old = ContinuousClock.now - Self.lag
        return keys.withLock { keys in
            wanted.map { key in
                let acknowledged = keys[key].acknowledged
                let strict = acknowledged.last?.version ?? 0
                let lagging = acknowledged.last { $0.at <= old }?.version ?? 0
                return Demand(strict: strict, lagging: lagging)
            }
        }
    }

    /// The sum of the versions acknowledged: about how many writes there were.
    var total: Int { keys.withLock { $0.reduce(0) { $0 + ($1.acknowledged.last?.version ?? 0) } } }
}
