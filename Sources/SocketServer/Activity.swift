/// Knows whether other users want something at the moment: what decides how much of the daemon one user may have.
struct Activity {
    typealias Instant = ContinuousClock.Instant

    private var latest: (uid: UInt32, at: Instant)?
    /// The latest of any other user than `latest`'s.
    private var runnerUp: Instant?

    /// For how long after it was last heard of a user counts as active.
    private let memory: Duration

    init(memory: Duration) {
        self.memory = memory
    }

    /// Takes note that a user wants something.
    mutating func note(_ uid: UInt32, at now: Instant) {
        if let latest, latest.uid != uid { runnerUp = latest.at }
        latest = (uid, now)
    }

    /// Whether another user than `uid` was active of late.
    func isShared(by uid: UInt32, at now: Instant) -> Bool {
        guard let latest, let other = latest.uid == uid ? runnerUp : latest.at else { return false }
        return now - other < memory
    }
}
