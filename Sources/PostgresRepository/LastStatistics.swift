import MemoryModel
import Synchronization

/// The statistics of all agents that were read last. They stay as they are until the next refresh, so whoever has seen when
/// that was need not read thousands of rows again.
final class LastStatistics: Sendable {
    private let kept = Mutex<MemoryStatistics?>(nil)

    /// Those of the refresh at `instant`, if they are known.
    func statistics(refreshedAt instant: Timestamp) -> MemoryStatistics? {
        kept.withLock { $0?.refreshedAt == instant ? $0 : nil }
    }

    /// Takes note of those that were read.
    func keep(_ statistics: MemoryStatistics) {
        kept.withLock { $0 = statistics }
    }
}
