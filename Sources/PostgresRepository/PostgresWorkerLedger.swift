import MonotonicClock
public import Scheduling
public import MemoryModel
public import PostgresDriver

/// The ledger of workers in `brain_workers`, and their runs in `brain_worker_runs`. Every method throws `StoreError`.
public struct PostgresWorkerLedger: WorkerLedger {
    private let pool: GatedPool

    /// Makes a ledger on a pool whose sessions have `PostgresMemoryRepository.sessionSettings`. While `gate` is closed
    /// every call throws `store_unavailable`.
    public init(pool: PostgresConnectionPool, gate: SchemaGate = SchemaGate()) {
        self.pool = GatedPool(pool: pool, gate: gate)
    }

    /// Makes an entry for each worker that has none. One whose schedule is another than the entry's gets `nextRunAt` anew.
    public func register(_ workers: [WorkerRegistration], deadline: MonotonicInstant) async throws {
        let values: [PostgresValue] = [
            .textArray(workers.map(\.name)), .textArray(workers.map(\.schedule)),
            .timestamptzArray(workers.map { $0.nextRunAt.map(PostgresTimestamp.init) }),
        ]
        try await pool.run(.write, deadline: deadline) { session in
            _ = try session.execute(RepositoryStatements.registerWorkers, values)
        }
    }

    /// What is known of every worker that was ever registered, by name.
    public func entries(deadline: MonotonicInstant) async throws -> [WorkerEntry] {
        try await pool.run(.read, deadline: deadline) { session in
            let rows = try session.execute(RepositoryStatements.workers, [.null])
            return try (0..<rows.rowCount).map(rows.workerEntry)
        }
    }

    /// A worker's last runs, newest first, at most `limit` of them; they are kept for 30 days, and 1,000 at most.
    public func runs(
        of worker: String, limit: Int, deadline: MonotonicInstant
    ) async throws -> [WorkerRun] {
        try await pool.run(.read, deadline: deadline) { session in
            let rows = try session.execute(RepositoryStatements.workerRuns, [.text(worker), .int8(Int64(limit))])
            return try (0..<rows.rowCount).map(rows.workerRun)
        }
    }

    /// How often a claim is tried when what refused it is gone a moment later.
    private static let attempts = 8

    /// Claims a worker, if nobody holds it and it is due, or its holder's lease has run out or it is `gone`: then the run
    /// that it began counts as failed. One that was never registered is never due.
    public func claim(
        _ worker: String, holder: String, lease: Duration, nextRunAt: Timestamp?, isForced: Bool, gone: String?,
        deadline: MonotonicInstant
    ) async throws -> WorkerClaim {
        let values: [PostgresValue] = [
            .text(worker), .text(holder), .int8(Int64(lease / .microseconds(1))),
            nextRunAt.map { .timestamptz(PostgresTimestamp($0)) } ?? .null, .bool(isForced),
            gone.map(PostgresValue.text) ?? .null,
        ]
        return try await pool.run(.write, deadline: deadline) { session in
            for _ in 0..<Self.attempts {
                let rows = try session.execute(RepositoryStatements.claimWorker, values)
                if rows.rowCount > 0 {
                    return .granted(
                        token: try rows.int8(0, 0), startedAt: try rows.timestamp(0, 1),
                        isTakenOver: try rows.bool(0, 2))
                }
                if let refusal = try session.refusal(of: worker, isForced: isForced, gone: gone) { return refusal }
            }
            throw StoreError(.busy, "other daemons kept claiming the worker \(worker)", retryAfterMilliseconds: 10)
        }
    }

    /// Prolongs a claim; false when it is held no more.
    public func renew(
        _ worker: String, token: Int64, lease: Duration, deadline: MonotonicInstant
    ) async throws -> Bool {
        try await pool.run(.write, deadline: deadline) { session in
            try session.execute(
                RepositoryStatements.renewWorker,
                [.text(worker), .int8(token), .int8(Int64(lease / .microseconds(1)))]
            ).affectedRows == 1
        }
    }

    /// Ends a claim and notes what came of the run; false when it was held no more, and nothing was noted. A `retryAt`
    /// earlier than the next planned run, or where none is planned, takes its place.
    public func finish(
        _ worker: String, token: Int64, outcome: WorkerOutcome, retryAt: Timestamp?, deadline: MonotonicInstant
    ) async throws -> Bool {
        let values: [PostgresValue] = [
            .text(worker), .int8(token), .bool(outcome.isSuccess), .text(outcome.detail.replacing("\0", with: " ")),
            .int8(Int64(outcome.duration / .microseconds(1))),
            retryAt.map { .timestamptz(PostgresTimestamp($0)) } ?? .null,
        ]
        return try await pool.run(.write, deadline: deadline) { session in
            try session.execute(RepositoryStatements.finishWorker, values).bool(0, 0)
        }
    }
}

extension PostgresSession {
    /// Why a claim was refused; nil when nothing is in its way any more.
    fileprivate func refusal(of worker: String, isForced: Bool, gone: String?) throws -> WorkerClaim? {
        let rows = try execute(RepositoryStatements.workers, [.text(worker)])
        guard rows.rowCount > 0 else { return .notDue(nil) }
        let (entry, now) = (try rows.workerEntry(0), try rows.timestamp(0, 12))
        if let holder = entry.holder, let lease = entry.leaseUntil, lease > now, holder != gone {
            return .held(by: holder, since: entry.startedAt ?? now)
        }
        let isDue = entry.nextRunAt.map { $0 <= now } ?? false
        return entry.holder != nil || isForced || isDue ? nil : .notDue(entry.nextRunAt)
    }
}

extension PostgresRows {
    /// The entry in a row of `RepositorySQL.workers`.
    fileprivate func workerEntry(_ row: Int) throws -> WorkerEntry {
        var entry = WorkerEntry(
            name: try text(row, 0), schedule: try text(row, 1), nextRunAt: try optionalTimestamp(row, 2),
            holder: isNull(row, 3) ? nil : try text(row, 3), leaseUntil: try optionalTimestamp(row, 4),
            startedAt: try optionalTimestamp(row, 5), finishedAt: try optionalTimestamp(row, 6),
            successes: try int8(row, 10), failures: try int8(row, 11))
        if !isNull(row, 7) {
            entry.lastOutcome = WorkerOutcome(
                isSuccess: try bool(row, 7), detail: try text(row, 8), duration: .microseconds(try int8(row, 9)))
        }
        return entry
    }

    /// The run in a row of `RepositorySQL.workerRuns`.
    fileprivate func workerRun(_ row: Int) throws -> WorkerRun {
        WorkerRun(
            token: try int8(row, 0), holder: try text(row, 1), startedAt: try timestamp(row, 2),
            finishedAt: try optionalTimestamp(row, 3), isSuccess: isNull(row, 4) ? nil : try bool(row, 4),
            detail: isNull(row, 5) ? nil : try text(row, 5))
    }

    private func optionalTimestamp(_ row: Int, _ column: Int) throws -> Timestamp? {
        isNull(row, column) ? nil : try timestamp(row, column)
    }
}
