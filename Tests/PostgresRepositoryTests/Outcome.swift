import Dispatch
import Synchronization

/// What a task ends with, for a thread that may wait for it.
final class Outcome<Value: Sendable>: Sendable {
    private let result = Mutex<Result<Value, any Error>?>(nil)
    private let ended = DispatchSemaphore(value: 0)

    func end(_ result: Result<Value, any Error>) {
        self.result.withLock { $0 = result }
        ended.signal()
    }

    /// Blocks the calling thread until `end`.
    func wait() -> Result<Value, any Error> {
        ended.wait()
        return result.withLock { $0 } ?? .failure(NotWellFormed())
    }
}
