/// Where the managed server stands, for health checks and tests.
public struct ManagedServerState: Sendable, Equatable {
    /// The steps of its life.
    public enum Phase: String, Sendable {
        /// Not started yet.
        case idle
        /// The folder is prepared, or the server runs but does not accept connections yet.
        case starting
        /// It accepts connections.
        case ready
        /// It has ended unasked, and is started again after a short wait.
        case restarting
        /// It was asked to stop.
        case stopping
        /// It has stopped for good.
        case stopped
    }

    /// The step it is in.
    public var phase: Phase
    /// The server's process id while one runs.
    public var serverPID: Int32?
    /// How often it was started again after ending unasked.
    public var restarts: Int
    /// How it last ended or failed to start, with its last log lines.
    public var lastExit: String?

    package init(phase: Phase, serverPID: Int32? = nil, restarts: Int = 0, lastExit: String? = nil) {
        self.phase = phase
        self.serverPID = serverPID
        self.restarts = restarts
        self.lastExit = lastExit
    }

    /// What the supervisor tells.
    package init(_ snapshot: SupervisedProcess.Snapshot) {
        let phase: Phase
        switch snapshot.status.phase {
        case .idle, .starting: phase = .starting
        case .ready: phase = .ready
        case .waitingToRestart: phase = .restarting
        case .stopping: phase = .stopping
        case .stopped: phase = .stopped
        }
        self.init(
            phase: phase, serverPID: snapshot.status.pid, restarts: snapshot.status.restarts,
            lastExit: snapshot.lastExit)
    }
}
