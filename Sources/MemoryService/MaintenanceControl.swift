public import MemoryModel
import MonotonicClock
public import WireProtocol

/// The daemon's own work, as far as callers see and steer it. The service owns this protocol.
public protocol MaintenanceControl: Sendable {
    /// How the workers are, by name. Answers at once, as of some seconds ago at most.
    var workers: [WorkerReport] { get }

    /// Begins a run of a worker now. Throws `invalid_params` for the field `name` when there is no such worker,
    /// `in_progress` when a run is under way, in this daemon or another on the same database, and `store_unavailable`.
    func run(_ worker: String, deadline: MonotonicInstant) async throws(StoreError) -> WorkerStart

    /// The backups there are, looked at as far as cheap checks go. Throws `unsupported` when none are configured.
    func backups(deadline: MonotonicInstant) async throws(StoreError) -> BackupReport

    /// The same after every byte of one backup, or of all with nil, was read and checked. Throws `invalid_params` for the
    /// field `id` when there is no such backup, `in_progress` while another one is made or checked, and `unsupported`.
    func verifyBackups(
        _ id: String?, deadline: MonotonicInstant
    ) async throws(StoreError) -> BackupReport
}
