import MemoryModel
import Synchronization

/// Counts reads in this process, and remembers how many of them Redis has been told of.
final class HitCounters: Sendable {
    private struct Told {
        var own = CacheCounters()
        var shared = CacheCounters()
    }

    private let hits = Atomic<Int64>(0)
    private let misses = Atomic<Int64>(0)
    private let told = Mutex(Told())

    func countHit() { hits.add(1, ordering: .relaxed) }

    func countMiss() { misses.add(1, ordering: .relaxed) }

    /// This daemon's.
    var own: CacheCounters {
        CacheCounters(hits: hits.load(ordering: .relaxed), misses: misses.load(ordering: .relaxed))
    }

    /// All daemons', as far as is known here.
    var shared: CacheCounters {
        let own = own
        return told.withLock { told in
            CacheCounters(
                hits: told.shared.hits + own.hits - told.own.hits,
                misses: told.shared.misses + own.misses - told.own.misses)
        }
    }

    /// Whether there is something that Redis has not been told.
    var hasUntold: Bool {
        let own = own
        return told.withLock { $0.own != own }
    }

    /// What Redis has not been told yet, taken as told from now on.
    func takeUntold() -> CacheCounters {
        let own = own
        return told.withLock { told in
            defer { told.own = own }
            return CacheCounters(hits: own.hits - told.own.hits, misses: own.misses - told.own.misses)
        }
    }

    /// Redis was surely not told of these.
    func giveBack(_ untold: CacheCounters) {
        told.withLock { told in
            told.own.hits -= untold.hits
            told.own.misses -= untold.misses
        }
    }

    /// All daemons' counts, as Redis said.
    func learn(_ shared: CacheCounters) {
        told.withLock { $0.shared = shared }
    }
}
