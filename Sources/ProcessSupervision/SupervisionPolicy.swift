import Glibc

/// The bounds and habits of supervision: every wait of the supervisor has its limit here.
package struct SupervisionPolicy: Sendable, Equatable {
    /// One step of a stop: a signal, and how long the child may take after it before the next step.
    package struct StopStep: Sendable, Equatable {
        package var signal: Int32
        package var bound: Duration

        package init(signal: Int32, bound: Duration) {
            self.signal = signal
            self.bound = bound
        }
    }

    /// The shortest wait before a restart.
    package var minimumBackoff: Duration = .milliseconds(100)
    /// The longest wait before a restart.
    package var maximumBackoff: Duration = .seconds(5)
    /// A child that was ready for this long counts as healthy: its next failure starts again at the shortest wait.
    package var stableAfter: Duration = .seconds(3)
    /// How often a starting child is asked whether it is ready.
    package var readinessInterval: Duration = .milliseconds(20)
    /// The signals that stop the child, from polite to final. After the last bound the child is given up, with a
    /// report.
    package var stopSteps: [StopStep]
    /// The longest line taken from the child, in bytes.
    package var maximumLineBytes = 8192
    /// How many of the child's last lines are told with its exit.
    package var tailLines = 12

    package init(stopSteps: [StopStep]) {
        self.stopSteps = stopSteps
    }

    /// The wait before the next start after `failures` (at least 1) failures in a row: doubling from the minimum to the
    /// maximum, with the upper half of it random, so that several daemons on a machine don't restart in step.
    ///
    /// - Parameter random: a number from 0 to 1.
    package func backoff(failures: Int, random: Double) -> Duration {
        // 2^20 times the minimum is past any sensible maximum; the cap keeps the shift defined.
        let doublings = min(max(failures - 1, 0), 20)
        let full = min(minimumBackoff * (1 << doublings), maximumBackoff)
        // Written so that NaN counts as 0: multiplied with a Duration it would trap.
        let fraction = random > 0 ? min(random, 1) : 0
        return max(minimumBackoff, full * (0.5 + 0.5 * fraction))
    }
}
