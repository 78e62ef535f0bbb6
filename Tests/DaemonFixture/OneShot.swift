import Dispatch
import Synchronization

/// A value that arrives once, from any thread, and is waited for under a deadline.
public final class OneShot<Value: Sendable>: Sendable {
    private struct State {
        var value: Result<Value, any Error>?
        var waiters: [UInt64: CheckedContinuation<Value, any Error>] = [:]
        var lastWaiter: UInt64 = 0
    }

    private let state = Mutex(State())

    /// Makes one that has no value yet.
    public init() {}

    /// Sets the value; later calls change nothing.
    public func fulfil(_ value: Result<Value, any Error>) {
        let waiters = state.withLock { state in
            guard state.value == nil else { return [CheckedContinuation<Value, any Error>]() }
            state.value = value
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.resume(with: value) }
    }

    /// The value, if it is there and is no error.
    public var current: Value? { state.withLock { try? $0.value?.get() } }

    /// Waits for the value; throws `failure()` when it does not come within `limit`.
    public func value(
        within limit: Duration, orThrow failure: @escaping @Sendable () -> any Error
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let token: UInt64? = state.withLock { state in
                if let value = state.value {
                    continuation.resume(with: value)
                    return nil
                }
                state.lastWaiter += 1
                state.waiters[state.lastWaiter] = continuation
                return state.lastWaiter
            }
            guard let token else { return }
            let nanoseconds = Int(limit / .nanoseconds(1))
            TestQueues.timers.asyncAfter(deadline: .now() + .nanoseconds(nanoseconds)) {
                self.state.withLock { $0.waiters.removeValue(forKey: token) }?.resume(throwing: failure())
            }
        }
    }
}

/// The queues of this module, serial since concurrent ones share Swift's threads.
enum TestQueues {
    static let timers = DispatchQueue(label: "test timers")
}
