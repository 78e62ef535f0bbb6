public import MemoryModel
import MemoryService
import MonotonicClock
public import WireProtocol

extension WorkerScheduler {
    /// Begins a run of a worker now, whether it is due or not, and also of one that is switched off. Throws
    /// `invalid_params` for an unknown name, `in_progress`, and `store_unavailable`.
    public func runNow(_ name: String) async throws(StoreError) -> WorkerStart {
        guard let worker = workers[name] else {
            let known = workers.keys.sorted().joined(separator: ", ")
            throw .invalid("name", "name must be that of a worker (\(known)), got \(name.prefix(64))")
        }
        guard !timetable.isOurs(name) else { throw Self.inProgress(name, "here") }
        timetable.began(name)
        if !isRegistered { try? await register() }
        switch await claim(worker, isForced: true) {
        case .success(.granted(let token, let startedAt, _)):
            runs[name] = Task {
                await carryOut(worker, .request, token)
                ended(name)
            }
            // So that whoever asks next is told that it runs.
            try? await readLedgers()
            return WorkerStart(name: name, startedAt: startedAt)
        case .success(.held(let holder, _)):
            ended(name)
            throw Self.inProgress(name, "in daemon \(holder)")
        case .success(.notDue):
            ended(name)
            throw StoreError(.storeUnavailable, "the database knows nothing of \(name) yet")
        case .failure(let error):
            ended(name)
            throw StoreError(.storeUnavailable, "the database does not answer: \(error)")
        }
    }

    private static func inProgress(_ name: String, _ place: String) -> StoreError {
        StoreError(.inProgress, "\(name) runs already, \(place)")
    }

    /// Works under a claim, and notes what came of it.
    func carryOut(_ worker: Worker, _ reason: Worker.Run.Reason, _ token: Int64) async {
        observer.observe(.workerStarted(worker.name, reason: "\(reason)"))
        let begin = MonotonicInstant.now
        let result = await work(worker, Worker.Run(reason: reason), token)
        let isStopped = Task.isCancelled
        let outcome: WorkerOutcome
        switch result {
        case .success(let detail):
            outcome = WorkerOutcome(isSuccess: true, detail: detail, duration: begin.duration(to: .now))
        case .failure(let error):
            let reason = isStopped ? WorkerOutcome.interruption : "\(error)"
            outcome = WorkerOutcome(
                isSuccess: false, detail: String(reason.unicodeScalars.prefix(2_000)),
                duration: begin.duration(to: .now))
        }
        await finish(worker, reason, token, outcome, isStopped: isStopped)
        observer.observe(
            .workerFinished(
                Observation.WorkerSummary(
                    name: worker.name, isSuccess: outcome.isSuccess || isStopped, detail: outcome.detail,
                    duration: outcome.duration, isRoutine: reason == .schedule && worker.isRoutine)))
    }

    /// Notes the outcome, in a task of its own: this one may have been cancelled.
    private func finish(
        _ worker: Worker, _ reason: Worker.Run.Reason, _ token: Int64, _ outcome: WorkerOutcome, isStopped: Bool
    ) async {
        let retryAt = retryTime(worker, reason, outcome, isStopped: isStopped)
        let ledger = ledger(of: worker)
        // What could not be noted is found by whoever takes over the claim once it has run out.
        await Task {
            _ = try? await ledger.finish(
                worker.name, token: token, outcome: outcome, retryAt: retryAt, deadline: .now + Self.ledgerTimeout)
        }.value
    }

    private func retryTime(
        _ worker: Worker, _ reason: Worker.Run.Reason, _ outcome: WorkerOutcome, isStopped: Bool
    ) -> Timestamp? {
        let now = environment.now()
        switch worker.rhythm {
        // It should not have ended at all.
        case .continuous: return isStopped ? now : now.advanced(by: Self.continuousRetryDelay)
        case .scheduled:
            guard !outcome.isSuccess else { return nil }
            switch reason {
            case .schedule: return isStopped ? now : now.advanced(by: Self.retryDelay)
            // Whoever asked is told; but health may be degraded until the next run, which may be a week away.
            case .request: return isStopped ? nil : now.advanced(by: Self.retryDelay)
            // It looks for itself.
            case .trigger: return nil
            }
        }
    }

    private struct LostClaim: Error, CustomStringConvertible {
        var description: String { "the claim could not be renewed in time, so another daemon may have begun the same" }
    }

    /// Works while the claim is renewed, and ends the work when that is no longer possible.
    private func work(_ worker: Worker, _ run: Worker.Run, _ token: Int64) async -> Result<String, any Error> {
        await withTaskGroup(of: Result<String, any Error>?.self) { group in
            group.addTask {
                do { return .success(try await worker.work(run)) } catch { return .failure(error) }
            }
            group.addTask { await self.keepClaim(worker, token) ? nil : .failure(LostClaim()) }
            var result: Result<String, any Error>?
            while let next = await group.next() {
                guard let next else { continue }
                // The first says how it went; the other one is waited for.
                result = result ?? next
                group.cancelAll()
            }
            return result ?? .failure(CancellationError())
        }
    }

    /// Renews a claim until the task is cancelled, and then answers true; false when the claim is lost.
    private func keepClaim(_ worker: Worker, _ token: Int64) async -> Bool {
        let ledger = ledger(of: worker)
        var validUntil = MonotonicInstant.now + Self.lease
        while true {
            guard (try? await Task.sleep(for: Self.renewalInterval)) != nil else { return true }
            let begin = MonotonicInstant.now
            do {
                guard
                    try await ledger.renew(
                        worker.name, token: token, lease: Self.lease, deadline: begin + Self.ledgerTimeout)
                else { return Task.isCancelled }
                validUntil = begin + Self.lease
            } catch {
                // An unreachable database lets no other daemon claim either; but when it comes back it may at once.
                if MonotonicInstant.now >= validUntil { return Task.isCancelled }
            }
        }
    }
}

extension Worker {
    /// Whether it runs at least once an hour.
    var isRoutine: Bool {
        if case .scheduled(.every(let seconds)) = rhythm { return seconds <= 3_600 }
        return false
    }
}
