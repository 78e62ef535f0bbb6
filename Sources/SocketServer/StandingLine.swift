import MonotonicClock

/// Knows whether a user's requests stand in a line that does not get shorter, and how long the line may be then.
///
/// A line that is long for a moment is what lines are for: its user's connections are read more slowly, and all are served. One
/// that stands delays every request and serves no more of them (K. Nichols, V. Jacobson, "Controlling Queue Delay", ACM Queue,
/// 2012). So after ``Limits/patience`` it may hold what was begun within the longest wait there should be, and no more; who comes
/// then is told so at once.
struct StandingLine {
    typealias Instant = MonotonicInstant

    struct Limits: Sendable {
        /// How long a request should wait at most for its turn while the line stands; zero: as long as it takes.
        var maximumWait = Duration.zero
        /// For how long the line must have been long before; and for how long nobody must have been refused before it is
        /// taken for a passing one again.
        var patience = Duration.seconds(1)
        /// From how many on the line is long, and below how many it no longer is.
        var long = ServerLimits.waitingBeforePause, short = 16
        /// How many may wait in any case.
        var always = 64
    }

    private let limits: Limits
    private var longSince: Instant?
    private var fullAt: Instant?
    /// How many began in the window of time that lasts, and in the one before it.
    private var (begun, begunBefore) = (0, 0)
    private var windowBegin: Instant?

    init(limits: Limits) {
        self.limits = limits
    }

    /// Takes note of how many wait.
    mutating func changed(to waiting: Int, at now: Instant) {
        if waiting < limits.short {
            if let fullAt, now - fullAt < limits.patience { return }
            (longSince, fullAt) = (nil, nil)
        } else if waiting >= limits.long, longSince == nil {
            longSince = now
        }
    }

    /// Takes note that one that waited has begun.
    mutating func began(at now: Instant) {
        turnWindow(at: now)
        begun += 1
    }

    /// Whether the line stands.
    func isStanding(at now: Instant) -> Bool {
        guard limits.maximumWait > .zero, let longSince else { return false }
        return now - longSince >= limits.patience
    }

    /// Whether the line stands, and `waiting` is as much as it may hold.
    mutating func isFull(_ waiting: Int, at now: Instant) -> Bool {
        guard waiting >= limits.always, isStanding(at: now) else { return false }
        turnWindow(at: now)
        guard waiting >= max(begun, begunBefore) else { return false }
        fullAt = now
        return true
    }

    /// Windows last as long as the longest wait. The count of one is that of how many can be begun in such a time.
    private mutating func turnWindow(at now: Instant) {
        let age = windowBegin.map { now - $0 } ?? limits.maximumWait * 2
        guard age >= limits.maximumWait else { return }
        (begun, begunBefore) = (0, age < limits.maximumWait * 2 ? begun : 0)
        windowBegin = now
    }
}
