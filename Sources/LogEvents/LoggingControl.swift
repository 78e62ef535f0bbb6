public import Logging
import Synchronization

/// What of the log may change while the daemon runs. Read at every entry, so each read is one atomic load.
public final class LoggingControl: Sendable {
    /// By their importance; `allCases` makes a new array each time.
    private static let levels = Logger.Level.allCases

    /// The position in ``levels``.
    private let levelNumber: Atomic<Int>
    /// Nanoseconds; below 0: never.
    private let slowNanoseconds: Atomic<Int64>

    /// - Parameters:
    ///   - level: entries below it are not written.
    ///   - slowRequest: requests that take longer are told of; nil: none.
    public init(level: Logger.Level = .info, slowRequest: Duration? = nil) {
        levelNumber = Atomic(Self.number(level))
        slowNanoseconds = Atomic(Self.nanoseconds(slowRequest))
    }

    /// Applies both from the next entry on. Any thread may call it.
    public func apply(level: Logger.Level, slowRequest: Duration?) {
        levelNumber.store(Self.number(level), ordering: .relaxed)
        slowNanoseconds.store(Self.nanoseconds(slowRequest), ordering: .relaxed)
    }

    /// Entries below it are not written.
    public var level: Logger.Level {
        Self.levels[levelNumber.load(ordering: .relaxed)]
    }

    /// Requests that take longer are told of; nil: none.
    public var slowRequest: Duration? {
        let nanoseconds = slowNanoseconds.load(ordering: .relaxed)
        return nanoseconds < 0 ? nil : .nanoseconds(nanoseconds)
    }

    private static func number(_ level: Logger.Level) -> Int {
        levels.firstIndex(of: level) ?? 0
    }

    private static func nanoseconds(_ duration: Duration?) -> Int64 {
        guard let duration else { return -1 }
        return max(0, Int64(duration / .nanoseconds(1)))
    }
}
