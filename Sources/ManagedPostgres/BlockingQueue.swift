import Dispatch

/// A serial queue for this module's blocking file calls, so that none runs on Swift's cooperative pool. Serial, and so
/// with a thread of its own while it works: a concurrent queue would share the threads that Swift's tasks need.
struct BlockingQueue: Sendable {
    private let queue = DispatchQueue(label: "brain-memoryd.managed-postgres")

    /// Runs `work` on the queue's thread and returns its result.
    func run<Value: Sendable>(
        _ work: @escaping @Sendable () throws(ManagedPostgresError) -> Value
    ) async throws(ManagedPostgresError) -> Value {
        let result: Result<Value, ManagedPostgresError> = await withCheckedContinuation { continuation in
            queue.async {
                continuation.resume(returning: Result(catching: work))
            }
        }
        return try result.get()
    }
}
