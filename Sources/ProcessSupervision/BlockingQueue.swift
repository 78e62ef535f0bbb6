import Dispatch

/// A serial queue for a managed server's blocking calls, so that none runs on Swift's cooperative pool. Serial, and so
/// with a thread of its own while it works: a concurrent queue would share the threads that Swift's tasks need.
package struct BlockingQueue: Sendable {
    private let queue: DispatchQueue

    /// - Parameter label: the queue's name in debuggers.
    package init(label: String) {
        queue = DispatchQueue(label: label)
    }

    /// Runs `work` on the queue's thread and returns its result.
    package func run<Value: Sendable, Failure: Error>(
        _ work: @escaping @Sendable () throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let result: Result<Value, Failure> = await withCheckedContinuation { continuation in
            queue.async {
                continuation.resume(returning: Result(catching: work))
            }
        }
        return try result.get()
    }
}
