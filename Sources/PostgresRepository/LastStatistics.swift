import MemoryModel
import Synchronization

/// The statistics of all agents that were read last. They stay as they are until the next refresh, so whoever has seen which
/// that was need not read thousands of rows again.
final class LastStatistics: Sendable {
    /// Which refresh statistics are of. Two that wait for each other may have begun in the same microsecond, so their instant
    /// is not enough.
    struct Refresh: Equatable {
        /// When it was.
        var at: Timestamp

        /// `xmin` of what it wrote last, the row of totals. To count the cache's reads changes it too, which costs no more
        /// than to read rows again.
        var writer: Int64
    }

    private let kept = Mutex<(refresh: Refresh, statistics: MemoryStatistics)?>(nil)

    /// Those of a refresh, if they are known.
    func statistics(of refresh: Refresh) -> MemoryStatistics? {
        kept.withLock { $0?.refresh == refresh ? $0?.statistics : nil }
    }

    /// Takes note of those that were read.
    func keep(_ statistics: MemoryStatistics, of refresh: Refresh) {
        kept.withLock { $0 = (refresh, statistics) }
    }
}
