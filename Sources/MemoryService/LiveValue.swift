import Synchronization

/// A setting that a reload of the configuration may replace while it is in use. Safe from any thread.
public final class LiveValue<Value: Sendable>: Sendable {
    private let stored: Mutex<Value>

    /// Begins with `value`.
    public init(_ value: Value) {
        stored = Mutex(value)
    }

    /// What is in force now.
    public var value: Value { stored.withLock { $0 } }

    /// `value` is in force from now on.
    public func replace(with value: Value) { stored.withLock { $0 = value } }
}
