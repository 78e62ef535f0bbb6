import CSystemd
import Glibc

/// Sends what a service has to tell to its manager, if it has one.
public struct ServiceNotifier: Sendable {
    /// Whether there is a manager that wants to be told: `$NOTIFY_SOCKET` is set. Children are started without it.
    public let hasManager: Bool

    /// How long the manager waits for a sign of life before it kills the service (`WatchdogSec=`); nil: for ever.
    public let watchdogLimit: Duration?

    /// The manager that the environment names.
    public init() {
        hasManager = getenv("NOTIFY_SOCKET") != nil
        var microseconds: UInt64 = 0
        let isWatched = sd_watchdog_enabled(0, &microseconds) > 0
        watchdogLimit = isWatched ? .microseconds(Int64(clamping: microseconds)) : nil
    }

    /// Sends all of `messages` at once. Returns why they did not arrive, or nil when they did or nobody wants them.
    @discardableResult
    public func send(_ messages: [ServiceMessage]) -> String? {
        guard hasManager, !messages.isEmpty else { return nil }
        let result = sd_notify(0, messages.map(\.assignments).joined(separator: "\n"))
        return result < 0 ? String(cString: strerror(-result)) : nil
    }
}
