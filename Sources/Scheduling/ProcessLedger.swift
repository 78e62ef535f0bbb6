public import MemoryModel
import MonotonicClock
import Synchronization

/// A ledger within one process: for workers that each daemon has of its own.
public final class ProcessLedger: WorkerLedger {
    private struct State {
        var entries: [String: WorkerEntry] = [:]
        var tokens: [String: Int64] = [:]
        var lastToken: Int64 = 0
    }

    private let state = Mutex(State())
    private let now: @Sendable () -> Timestamp

    /// Makes an empty ledger on a clock.
    public init(now: @escaping @Sendable () -> Timestamp) {
        self.now = now
    }

    /// Makes an entry for each worker that has none, or another schedule.
    public func register(_ workers: [WorkerRegistration], deadline: MonotonicInstant) {
        state.withLock { state in
            for worker in workers {
                var entry = state.entries[worker.name] ?? WorkerEntry(name: worker.name, schedule: "")
                if entry.schedule != worker.schedule {
                    entry.schedule = worker.schedule
                    entry.nextRunAt = worker.nextRunAt
                }
                state.entries[worker.name] = entry
            }
        }
    }

    /// Every worker, by name.
    public func entries(deadline: MonotonicInstant) -> [WorkerEntry] {
        state.withLock { $0.entries.values.sorted { $0.name < $1.name } }
    }

    /// Claims a worker; in one process a claim lasts until it is given back or runs out.
    public func claim(
        _ worker: String, holder: String, lease: Duration, nextRunAt: Timestamp?, isForced: Bool, gone: String?,
        deadline: MonotonicInstant
    ) -> WorkerClaim {
        let now = now()
        return state.withLock { state in
            guard var entry = state.entries[worker] else { return .notDue(nil) }
            let isLapsed = entry.holder == gone && gone != nil || entry.leaseUntil.map { $0 < now } ?? false
            if let current = entry.holder, !isLapsed { return .held(by: current, since: entry.startedAt ?? now) }
            guard isForced || isLapsed || entry.nextRunAt.map({ $0 <= now }) ?? false else {
                return .notDue(entry.nextRunAt)
            }
            if entry.holder != nil { entry.failures += 1 }
            let isTakenOver = entry.holder != nil
            (entry.holder, entry.startedAt, entry.nextRunAt) = (holder, now, nextRunAt)
            entry.leaseUntil = now.advanced(by: lease)
            state.lastToken += 1
            state.entries[worker] = entry
            state.tokens[worker] = state.lastToken
            return .granted(token: state.lastToken, startedAt: now, isTakenOver: isTakenOver)
        }
    }

    /// Prolongs a claim; false when it is held no more.
    public func renew(
        _ worker: String, token: Int64, lease: Duration, deadline: MonotonicInstant
    ) -> Bool {
        let now = now()
        return state.withLock { state in
            guard state.tokens[worker] == token else { return false }
            state.entries[worker]?.leaseUntil = now.advanced(by: lease)
            return true
        }
    }

    /// Ends a claim and notes what came of the run; false when it was held no more.
    public func finish(
        _ worker: String, token: Int64, outcome: WorkerOutcome, retryAt: Timestamp?, deadline: MonotonicInstant
    ) -> Bool {
        let now = now()
        return state.withLock { state in
            guard state.tokens[worker] == token, var entry = state.entries[worker] else { return false }
            state.tokens[worker] = nil
            (entry.holder, entry.leaseUntil, entry.finishedAt, entry.lastOutcome) = (nil, nil, now, outcome)
            if outcome.isSuccess { entry.successes += 1 } else { entry.failures += 1 }
            if let retryAt { entry.nextRunAt = entry.nextRunAt.map { min($0, retryAt) } ?? retryAt }
            state.entries[worker] = entry
            return true
        }
    }
}

extension Timestamp {
    /// The instant `duration` later.
    func advanced(by duration: Duration) -> Timestamp {
        advanced(byMicroseconds: Int64(duration / .microseconds(1)))
    }
}
