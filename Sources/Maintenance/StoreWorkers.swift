import MonotonicClock
public import Scheduling
import MemoryModel
public import MemoryService

/// The workers that keep the store in order: what has expired goes, statistics follow, the cache's counts are kept.
public struct StoreWorkers: Sendable {
    private let repository: any MemoryRepository
    private let reads: CacheReadCounter?

    /// How long one run may take.
    private static let runLimit = Duration.seconds(3_600)
    /// Bytes of changes that wait for a refresh of the statistics; beyond it they are dropped, and the next refresh reads
    /// every memory.
    private static let maximumChangesBytes: Int64 = 256 << 20

    /// Makes workers on a repository, best one with connections of its own, and on the counter of the daemon's cache if it
    /// has one.
    public init(repository: any MemoryRepository, reads: CacheReadCounter?) {
        self.repository = repository
        self.reads = reads
    }

    /// Deletes what has expired.
    public func expiryCleanup(_ schedule: Schedule) -> Worker {
        let repository = repository
        return Worker(name: "expiry-cleanup", rhythm: .scheduled(schedule)) { _ in
            let deleted = try await repository.deleteExpired(deadline: .now + Self.runLimit)
            let isDropped = try await repository.limitStatisticsChanges(
                to: Self.maximumChangesBytes, deadline: .now + .seconds(60))
            return "deleted \(deleted) expired memories"
                + (isDropped ? "; dropped the changes that no refresh of statistics had taken" : "")
        }
    }

    /// Brings statistics up to date.
    public func statsRefresh(_ schedule: Schedule) -> Worker {
        let repository = repository
        return Worker(name: "stats-refresh", rhythm: .scheduled(schedule)) { _ in
            let refresh = try await repository.refreshStatistics(ifOlderThan: .zero, deadline: .now + Self.runLimit)
            return switch refresh.extent {
            case .none: "nothing to do"
            case .changes: "took in \(refresh.changes) changes of \(refresh.agents) agents"
            case .everything(let reason): "read every memory of \(refresh.agents) agents: \(reason)"
            }
        }
    }

    /// Writes down this daemon's reads that the cache answered and could not answer; nil without a cache.
    public func cacheCounters(_ schedule: Schedule) -> Worker? {
        guard let counter = reads else { return nil }
        let repository = repository
        return Worker(name: "cache-counters", reach: .daemon, rhythm: .scheduled(schedule)) { _ in
            let reads = counter.take()
            guard !reads.isEmpty else { return "no reads" }
            do {
                let left = try await repository.recordCacheReads(reads, deadline: .now + .seconds(10))
                counter.giveBackUnplaced(left)
                return "wrote down \(reads.total.hits) hits and \(reads.total.misses) misses"
            } catch {
                // Reads that may have been written count once at most.
                if (error as? StoreError)?.kind != .commitUnknown { counter.giveBack(reads) }
                throw error
            }
        }
    }
}
