import ProcessSupervision

/// What can be chosen about the managed PostgreSQL.
public struct ManagedPostgresConfiguration: Sendable {
    /// The folder that holds everything: the cluster, the private socket, the lock. Made if absent; its parent must
    /// exist.
    public var directory: String
    /// The folder with PostgreSQL's programs; nil: found by itself.
    public var programsDirectory: String?
    /// The user that runs the server when the daemon runs as root. Otherwise the daemon's own user runs it.
    public var user = "postgres"
    /// How many connections the server takes, 10–1000. Three of them are kept for the superuser.
    public var maximumConnections = 50
    /// PostgreSQL's shared buffers in bytes, at least 16 MiB; nil: a quarter of the memory, at most 512 MiB.
    public var sharedBuffersBytes: Int?
    /// The application name of the standby that must have a write on its disk before that is acknowledged; nil: none.
    ///
    /// With it nothing acknowledged can be lost with this server. The price: writes wait, and their callers get no answer,
    /// while that standby is away. It takes effect with the next start, and only this sets it, not `ALTER SYSTEM`.
    public var synchronousStandby: String?
    /// How much WAL a replication slot may keep the server from removing, in bytes, at least 1 MiB; what a standby that is
    /// away longer would need is lost to it. With ``synchronousStandby`` there is no such bound: writes wait then, so little
    /// comes together, and what was acknowledged must reach the standby. `ALTER SYSTEM SET max_slot_wal_keep_size` tunes it.
    public var slotWALBytes = 4 << 30
    /// How long `start()` waits for the server to accept connections. Recovery after a crash counts.
    public var startBound = Duration.seconds(300)
    /// How long a fast shutdown may take before the server is told to quit at once.
    public var stopBound = Duration.seconds(30)

    /// Defaults for all but the folder.
    public init(directory: String) {
        self.directory = directory
    }

    /// How long `initdb` and the other short programs may take.
    static let programBound = Duration.seconds(180)
    /// How long a server may take to quit at once (it gives its backends 5 s itself).
    static let quitBound = Duration.seconds(10)
    /// How long a killed server may take to be gone.
    static let killBound = Duration.seconds(5)
    /// How often the server may end before it was ever ready, until `start()` gives up.
    static let startAttempts = 8
    /// The oldest PostgreSQL that will do.
    static let oldestMajorVersion = 15

    /// The signals of a stop (PostgreSQL manual, 19.5 "Shutting Down the Server"): SIGINT is the fast shutdown, which
    /// ends sessions and writes a checkpoint; SIGQUIT ends at once and leaves recovery to the next start. SIGKILL is
    /// for a server that can't even do that (one stopped by SIGSTOP): the data is safe, since what was committed is in
    /// the WAL.
    var stopSteps: [SupervisionPolicy.StopStep] {
        [
            .init(signal: StopSignal.fast, bound: stopBound),
            .init(signal: StopSignal.immediate, bound: Self.quitBound),
            .init(signal: StopSignal.kill, bound: Self.killBound),
        ]
    }
}
