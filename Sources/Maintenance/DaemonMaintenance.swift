internal import Backups
import Foundation
import MonotonicClock
public import Scheduling
public import MemoryModel
public import MemoryService
public import WireProtocol

/// The daemon's own work, as the service's callers see and steer it.
public struct DaemonMaintenance: MaintenanceControl {
    private let scheduler: WorkerScheduler
    private let backupWorkers: BackupWorkers?
    private let directory: String

    /// Makes it of its parts; `backups` is nil when none are configured, and `directory` is where they lie.
    public init(scheduler: WorkerScheduler, backups: BackupWorkers?, directory: String) {
        self.scheduler = scheduler
        backupWorkers = backups
        self.directory = directory
    }

    /// How the workers are, by name.
    public var workers: [WorkerReport] { scheduler.reports }

    /// The backups in numbers; nil when none are configured.
    public var backupFigures: BackupFigures? { backupWorkers?.figures }

    /// Begins a run of a worker.
    public func run(_ worker: String, deadline: MonotonicInstant) async throws(StoreError) -> WorkerStart {
        let isOfBackups = ["backup-", "restore-drill", "wal-stream"].contains { worker.hasPrefix($0) }
        if isOfBackups, backupWorkers == nil { throw Self.notConfigured }
        if ["backup-base", "wal-stream"].contains(worker), !scheduler.reports.contains(where: { $0.name == worker }) {
            throw Self.notReplicated
        }
        return try await scheduler.runNow(worker)
    }

    /// The backups, looked at as far as is cheap.
    public func backups(deadline: MonotonicInstant) async throws(StoreError) -> BackupReport {
        guard let backupWorkers else { throw Self.notConfigured }
        return try await report(backupWorkers, isRead: false, deadline) { () throws(BackupError) in
            try await backupWorkers.list()
        }
    }

    /// The backups after every byte was checked.
    public func verifyBackups(
        _ id: String?, deadline: MonotonicInstant
    ) async throws(StoreError) -> BackupReport {
        guard let backupWorkers else { throw Self.notConfigured }
        return try await report(backupWorkers, isRead: true, deadline) { () throws(BackupError) in
            try await backupWorkers.keeper.verify(id)
        }
    }

    private static let notConfigured = StoreError(
        .unsupported, "backups are not configured: set backups.directory, or use managed.directory")

    private static let notReplicated = StoreError(
        .unsupported,
        "base backups and WAL are not configured: set backups.replication_url, and leave backups.wal on for WAL")

    private func report(
        _ workers: BackupWorkers, isRead: Bool, _ deadline: MonotonicInstant,
        _ read: @escaping @Sendable () async throws(BackupError) -> [BackupListing]
    ) async throws(StoreError) -> BackupReport {
        let directory = directory
        let result = await withTaskGroup(of: Result<BackupReport, BackupError>?.self) { group in
            group.addTask {
                do throws(BackupError) {
                    let listings = try await read()
                    return .success(
                        BackupReport(
                            directory: directory, backups: listings.map { BackupReport.Backup($0) },
                            wal: await workers.walReport(listings, isRead: isRead)))
                } catch {
                    return .failure(error)
                }
            }
            group.addTask {
                try? await Task.sleep(until: deadline)
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
        switch result {
        case .success(let report)?: return report
        case .failure(let error)?: throw StoreError(error)
        case nil: throw StoreError(.deadlineExceeded, "the backups could not all be read in time; nothing was changed")
        }
    }
}

extension StoreError {
    /// What a caller is told when backups can't be looked at.
    fileprivate init(_ error: BackupError) {
        switch error.kind {
        case .inProgress: self.init(.inProgress, error.message)
        case .notFound: self = .invalid("id", error.message)
        case .unavailable: self.init(.storeUnavailable, error.message)
        default: self.init(.unsupported, error.message)
        }
    }
}

extension BackupReport.Backup {
    fileprivate init(_ listing: BackupListing) {
        self.init(
            id: listing.id, kind: listing.kind.rawValue, createdAt: listing.manifest?.startedAt.timestamp,
            bytes: listing.bytes, memories: listing.manifest?.memories, provenAt: listing.proof?.restoredAt.timestamp,
            problems: listing.isGood
                ? [] : listing.problems.isEmpty ? ["its manifest can't be read"] : listing.problems)
    }
}

extension Date {
    /// To the microsecond.
    var timestamp: Timestamp? { Timestamp(microseconds: Int64((timeIntervalSince1970 * 1_000_000).rounded())) }
}
