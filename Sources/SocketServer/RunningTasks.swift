import MonotonicClock
import Synchronization

/// Counts the tasks that work for connections and will come back to an event loop. Safe from any thread.
final class RunningTasks: Sendable {
    private let count = Atomic(0)

    /// Runs `work` in a task of its own, on `executor` if one is given.
    func start(on executor: LoopExecutor? = nil, _ work: @escaping @Sendable () async -> Void) {
        count.add(1, ordering: .relaxed)
        Task(executorPreference: executor) { [self] in
            await work()
            count.subtract(1, ordering: .releasing)
        }
    }

    /// Waits until none is left; false when `limit` came first.
    func ended(within limit: Duration) async -> Bool {
        let deadline = MonotonicInstant.now + limit
        while count.load(ordering: .acquiring) > 0 {
            if MonotonicInstant.now >= deadline { return false }
            try? await Task.sleep(for: .milliseconds(5))
        }
        return true
    }
}
