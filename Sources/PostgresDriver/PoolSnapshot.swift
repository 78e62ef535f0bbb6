/// What a pool looks like at one moment, for health answers and metrics.
public struct PoolSnapshot: Sendable, Equatable {
    /// The most connections there may be.
    public var size: Int
    /// Connections that wait for work.
    public var idle: Int
    /// Connections that are at work.
    public var leased: Int
    /// Connections being opened.
    public var connecting: Int
    /// Callers who wait for a connection.
    public var waiting: Int
    /// No connection stands and the last attempt failed: callers are refused at once.
    public var isDown: Bool
    /// Why the last attempt failed or the last connection was lost; nil once a later attempt has succeeded.
    public var lastError: String?
    /// The server's version as in `PQserverVersion` (150004 for 15.4), as of the last connection.
    public var serverVersion: Int?
}

/// What a probe of the server found.
public struct PoolHealth: Sendable, Equatable {
    /// Whether the server does its work.
    public enum Status: String, Sendable {
        /// The server answered a query.
        case ok
        /// It did not, or not in time.
        case unavailable
    }

    /// Whether it answered.
    public var status: Status
    /// How long the query took on its connection; nil without an answer.
    public var latency: Duration?
    /// Why it is not `ok`.
    public var reason: String?
}
