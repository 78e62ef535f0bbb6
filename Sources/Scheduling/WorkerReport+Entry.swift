import MemoryModel
import WireProtocol

extension WorkerReport {
    /// What is told of a worker, by its entry in the ledger.
    init(_ worker: Worker, _ entry: WorkerEntry?, now: Timestamp) {
        let isOff = worker.rhythm == .scheduled(.off)
        // A claim that has run out is that of a daemon that ended without a word.
        let isHeld = entry?.holder != nil && (entry?.leaseUntil ?? now) >= now
        let state: State = isHeld ? .running : isOff ? .off : .waiting
        let outcome = entry?.lastOutcome
        self.init(
            name: worker.name, schedule: worker.schedule, state: state, lastRunAt: entry?.startedAt,
            lastResult: outcome.map { "\($0.isSuccess ? "ok" : "failed"): \($0.detail)" },
            lastDuration: outcome?.duration, nextRunAt: isOff || state == .running ? nil : entry?.nextRunAt,
            successes: entry?.successes ?? 0, failures: entry?.failures ?? 0)
        switch worker.condition() {
        case .fine: break
        case .working(let what): lastResult = "ok: \(what)"
        case .degraded(let reason): problem = reason
        }
        // That a daemon was stopped in the middle is no fault.
        let isFault = outcome.map { !$0.isSuccess && $0.detail != WorkerOutcome.interruption } ?? false
        if problem == nil, worker.isFailureGrave, let outcome, isFault, state != .running {
            problem = "the last run failed: \(outcome.detail)"
        }
    }
}
