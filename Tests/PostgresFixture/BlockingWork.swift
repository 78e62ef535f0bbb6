import Foundation

/// Blocking calls, kept off Swift's cooperative pool.
public enum BlockingWork {
    /// Runs `body` on a thread of its own and answers what it returns or throws.
    public static func run<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
        }
    }

    /// Polls `condition` every 5 ms, blocking the calling thread.
    ///
    /// - Returns: false when `limit` came first.
    static func poll(within limit: Duration, _ condition: () -> Bool) -> Bool {
        let end = ContinuousClock.now + limit
        while !condition() {
            if ContinuousClock.now >= end { return false }
            usleep(5_000)
        }
        return true
    }
}
