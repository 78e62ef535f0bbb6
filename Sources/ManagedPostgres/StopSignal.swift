import Glibc

/// The signals by which a PostgreSQL server is stopped.
enum StopSignal {
    /// Fast shutdown: sessions are ended, a checkpoint is written.
    static let fast = SIGINT
    /// Immediate shutdown: the next start recovers from the WAL.
    static let immediate = SIGQUIT
    /// The kernel ends it.
    static let kill = SIGKILL
}
