/// How long to wait after so many failures in a row: doubling, bounded, and jittered so that many clients don't
/// return at the same instant.
struct Backoff: Hashable, Sendable {
    let minimum: Duration
    let maximum: Duration

    /// The wait after `failures` failures (1 or more). `random` is in 0..<1 and takes away up to half of it.
    func delay(afterFailures failures: Int, random: Double) -> Duration {
        var delay = min(minimum, maximum)
        for _ in 1..<max(failures, 1) where delay < maximum { delay = min(delay * 2, maximum) }
        return delay * (1 - random / 2)
    }
}
