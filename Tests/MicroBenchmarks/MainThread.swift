import Dispatch
import Synchronization
import TestSupport

/// Runs tasks on the thread that calls it, so that no scheduling of threads makes counts differ. (An async main won't do:
/// callgrind does not survive the way that Dispatch then leaves the first thread.)
final class MainThread: TaskExecutor {
    private let waiting = Mutex<[UnownedJob]>([])
    private let arrival = DispatchSemaphore(value: 0)

    /// Keeps a part of a task to be run.
    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        waiting.withLock { $0.append(job) }
        arrival.signal()
    }

    /// Carries `body` out to its end.
    func run(_ body: @escaping @Sendable () async throws -> Void) throws {
        let outcome = Shared<Result<Void, any Error>?>(nil)
        Task(executorPreference: self) {
            do {
                outcome.value = .success(try await body())
            } catch {
                outcome.value = .failure(error)
            }
        }
        while true {
            if let result = outcome.value { return try result.get() }
            arrival.wait()
            waiting.withLock { $0.removeFirst() }.runSynchronously(on: asUnownedTaskExecutor())
        }
    }
}
