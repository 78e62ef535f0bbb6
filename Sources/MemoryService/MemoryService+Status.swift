public import MemoryModel
import WireProtocol

extension MemoryService {
    /// The kept statistics are good enough, however old: the workers refresh them.
    private static let anyAge = Duration.seconds(1_000_000_000)

    /// How long a status may wait for the store.
    private static let statusTimeout = Duration.seconds(2)

    /// What the daemon's state in one line is made of. `known` is what an earlier call read, which is not read again.
    public func figures(knowing known: MemoryStatistics?) async -> ServiceFigures {
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
            // Without them the line is shorter; the store's own state is told above.
            statistics = try? await repository.statistics(
                maximumAge: Self.anyAge, scope: .all, deadline: .now + Self.statusTimeout)
        }
        return ServiceFigures(statistics: statistics, reads: cachedReads?.cache.ownCounters, problems: problems)
    }
}
