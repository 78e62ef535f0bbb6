/// Where supervision stands, for health checks.
package struct SupervisionStatus: Sendable, Equatable {
    /// The steps of a child's life as its supervisor sees them.
    package enum Phase: Sendable, Equatable {
        case idle, starting, ready, waitingToRestart, stopping, stopped
    }

    package var phase: Phase
    /// The child's process id while there is one.
    package var pid: Int32?
    /// How often it was started again.
    package var restarts: Int

    package init(phase: Phase, pid: Int32?, restarts: Int) {
        self.phase = phase
        self.pid = pid
        self.restarts = restarts
    }
}
