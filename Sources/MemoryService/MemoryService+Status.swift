public import MemoryModel
import MonotonicClock
import WireProtocol

extension MemoryService {
    /// How long a status may wait for the store.
    private static let statusTimeout = Duration.seconds(2)

    /// What the daemon's state in one line is made of. `known` is what an earlier call read, which is not read again;
    /// otherwise `store` is read, which takes nothing from callers.
    public func figures(
        knowing known: MemoryStatistics?, reading store: any MemoryRepository
    ) async -> ServiceFigures {
        let health = await getHealth()
        var problems: [String] = []
        if health.store.status != .ok { problems.append("no PostgreSQL (\(health.store.reason ?? "no reason known"))") }
        switch health.cache.status {
        case .ok, .disabled: break
        case .degraded: problems.append("cache bypassed (\(health.cache.reason ?? "no reason known"))")
        case .unavailable: problems.append("no Redis (\(health.cache.reason ?? "no reason known"))")
        }
        for worker in getWorkers() {
            if let problem = worker.problem { problems.append("\(worker.name): \(problem)") }
        }
        var statistics = known
        if statistics == nil, health.store.status == .ok {
            // Without them the line is shorter; the store's own state is told above. They are good enough however old, since
            // the workers refresh them, and before the first refresh there is little to count.
            let deadline = MonotonicInstant.now + Self.statusTimeout
            statistics = try? await store.keptStatistics(deadline: deadline)
            if statistics == nil {
                statistics = try? await store.statistics(maximumAge: .zero, scope: .all, deadline: deadline)
            }
        }
        return ServiceFigures(statistics: statistics, reads: cachedReads?.cache.ownCounters, problems: problems)
    }
}
