public import Glibc

/// A moment of the machine's monotonic clock, which goes on while the machine sleeps and never goes back.
///
/// The same clock as `ContinuousClock`'s. How large that one's instants are is not known before run time, so whatever holds one is
/// copied by way of tables, field by field: it took a sixth of the daemon's time for a request. This one is 16 bytes.
@frozen
public struct MonotonicInstant: InstantProtocol, Hashable, Sendable {
    /// Time since the machine was started.
    @usableFromInline
    let sinceBoot: Duration

    @inlinable
    init(sinceBoot: Duration) {
        self.sinceBoot = sinceBoot
    }

    /// This moment.
    @inlinable
    public static var now: MonotonicInstant {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return MonotonicInstant(
            sinceBoot: Duration(
                secondsComponent: Int64(time.tv_sec), attosecondsComponent: Int64(time.tv_nsec) * 1_000_000_000))
    }

    /// The moment so much later.
    @inlinable
    public func advanced(by duration: Duration) -> MonotonicInstant { self + duration }

    /// The time from this moment to another one; negative if that was before.
    @inlinable
    public func duration(to other: MonotonicInstant) -> Duration { other - self }

    /// Whether one moment was before another.
    @inlinable
    public static func < (left: MonotonicInstant, right: MonotonicInstant) -> Bool { left.sinceBoot < right.sinceBoot }

    /// The moment so much later.
    @inlinable
    public static func + (instant: MonotonicInstant, duration: Duration) -> MonotonicInstant {
        MonotonicInstant(sinceBoot: instant.sinceBoot + duration)
    }

    /// The moment so much earlier.
    @inlinable
    public static func - (instant: MonotonicInstant, duration: Duration) -> MonotonicInstant {
        MonotonicInstant(sinceBoot: instant.sinceBoot - duration)
    }

    /// The time from the right moment to the left one; negative if that was before.
    @inlinable
    public static func - (left: MonotonicInstant, right: MonotonicInstant) -> Duration {
        left.sinceBoot - right.sinceBoot
    }

    /// Moves a moment so much later.
    @inlinable
    public static func += (instant: inout MonotonicInstant, duration: Duration) { instant = instant + duration }
}

extension Task where Success == Never, Failure == Never {
    /// Waits until `instant`; at once for one that is over.
    ///
    /// - Throws: `CancellationError`, at once, when the task is cancelled.
    public static func sleep(until instant: MonotonicInstant) async throws {
        try await Task.sleep(for: instant - .now)
    }
}
