import MonotonicClock

/// Knows whether other users want something at the moment: what decides how much of the daemon one user may have.
struct Activity {
    typealias Instant = MonotonicInstant

    // Apart from one another, since what is asked with each frame is seldom more than the first two.
    private var latestUser: UInt32?
    private var hasRunnerUp = false
    private var latest = Instant.now
    /// The latest of any other user than `latestUser`.
    private var runnerUp = Instant.now

    /// For how long after it was last heard of a user counts as active.
    private let memory: Duration

    init(memory: Duration) {
        self.memory = memory
    }

    /// Takes note that a user wants something.
    mutating func note(_ uid: UInt32, at now: Instant) {
        if latestUser != uid {
            if latestUser != nil { (hasRunnerUp, runnerUp) = (true, latest) }
            latestUser = uid
        }
        latest = now
    }

    /// Whether another user than `uid` was active of late.
    func isShared(by uid: UInt32, at now: Instant) -> Bool {
        guard let latestUser else { return false }
        if latestUser != uid { return now - latest < memory }
        return hasRunnerUp && now - runnerUp < memory
    }
}
