/// The driver's fixed bounds. What an operator may change is in ``PostgresPoolConfiguration``.
public enum PostgresLimits {
    /// The most bytes that the values of one statement may take, encoded. PostgreSQL itself refuses messages of
    /// 1 GiB; one batch of the largest records stays far below this.
    public static let maximumParameterBytes = 256 * 1024 * 1024
    /// The most parameters of one statement (the protocol counts them in 16 bits).
    public static let maximumParameters = 65_535
    /// The most bytes of a prepared statement's name (NAMEDATALEN - 1).
    public static let maximumStatementNameBytes = 63
    /// How many prepared statements one connection keeps; the least recently used goes first.
    public static let preparedStatementsPerConnection = 128
    /// How long after its deadline a statement's cancellation may take before its connection is abandoned.
    public static let cancellationGrace = Duration.milliseconds(150)
    /// How many notifications a connection keeps until they are taken.
    public static let maximumNotifications = 256
    /// The oldest server that is spoken to, as in `PQserverVersion`.
    public static let minimumServerVersion = 150_000

    /// How often a body is run again after its connection was lost with surely nothing written.
    static let retriesAfterLoss = 1
    /// How often a body is run again after 40001, 40P01 or 55P03.
    static let retriesAfterConflict = 5
    /// How often a body is run again after a transaction met a stale prepared statement.
    static let retriesAfterStalePlan = 1
    /// How many cancel requests of one pool may hang at the same time; beyond, connections are just abandoned.
    static let concurrentCancelRequests = 64
    /// How many callers may wait for the one probe that is under way.
    static let probeWaiters = 1_024
    /// The longest a probe may hold its connection.
    static let probeDeadline = Duration.seconds(1)
}
