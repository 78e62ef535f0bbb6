import Glibc
import ThreadedIO

/// Blocking calls, kept off Swift's cooperative pool.
enum BlockingWork {
    /// Runs `body` on a thread of its own and answers what it returns or throws.
    static func run<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            do {
                try OwnThread.start(named: "redis-fixture", isWatched: false) {
                    continuation.resume(with: Result { try body() })
                }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }

    /// Polls `condition` every 2 ms, blocking the calling thread.
    ///
    /// - Returns: false when `limit` came first.
    static func poll(within limit: Duration, _ condition: () -> Bool) -> Bool {
        let end = ContinuousClock.now + limit
        while !condition() {
            if ContinuousClock.now >= end { return false }
            usleep(2_000)
        }
        return true
    }
}
