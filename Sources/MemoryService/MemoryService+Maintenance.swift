public import MemoryModel
import MonotonicClock
public import WireProtocol

extension MemoryService {
    /// How the scheduled workers are, by name.
    public func getWorkers() -> [WorkerReport] { maintenance?.workers ?? [] }

    /// Begins a run of a worker now. Needs an administrator.
    public func runWorker(
        _ name: String, caller: Caller, deadline: MonotonicInstant
    ) async throws(StoreError) -> WorkerStart {
        try caller.requireAdministrator("runWorker")
        return try await control().run(name, deadline: deadline)
    }

    /// How often reads were answered by the cache over the last `hours`: some 60 to 120 buckets, each of whole minutes.
    public func getCacheHistory(
        hours: Int, deadline: MonotonicInstant
    ) async throws(StoreError) -> CacheHistory {
        let minutes = max(hours * 60 / 96, 1)
        let start = environment.now().advanced(byMicroseconds: -Int64(hours) * 3_600_000_000)
        return try await repository.cacheHistory(since: start, bucketSeconds: Int64(minutes) * 60, deadline: deadline)
    }

    /// The backups, checked as far as that is cheap. Needs an administrator.
    public func listBackups(
        caller: Caller, deadline: MonotonicInstant
    ) async throws(StoreError) -> BackupReport {
        try caller.requireAdministrator("listBackups")
        return try await control().backups(deadline: deadline)
    }

    /// The same after all of one backup, or of all, was read and checked. Needs an administrator.
    public func verifyBackup(
        _ id: String?, caller: Caller, deadline: MonotonicInstant
    ) async throws(StoreError) -> BackupReport {
        try caller.requireAdministrator("verifyBackup")
        return try await control().verifyBackups(id, deadline: deadline)
    }

    /// How the daemon is at work, measured. Needs an administrator, since it tells which agents are busy.
    public func getMetrics(caller: Caller) async throws(StoreError) -> MetricsReport {
        try caller.requireAdministrator("getMetrics")
        guard let metrics else { throw StoreError(.unsupported, "this daemon measures nothing") }
        return await metrics.report()
    }

    private func control() throws(StoreError) -> any MaintenanceControl {
        guard let maintenance else { throw StoreError(.unsupported, "this daemon has no workers") }
        return maintenance
    }
}
