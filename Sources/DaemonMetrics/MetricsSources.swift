public import Maintenance
public import MemoryModel
import MonotonicClock
public import PostgresDriver
public import SocketServer
public import WireProtocol

/// The parts of a daemon that are looked at when somebody asks for metrics. Each is nil until there is that part, and tells
/// at once, but for the two that wait for PostgreSQL a little.
public struct MetricsSources: Sendable {
    /// The socket.
    public var server: (@Sendable () -> ServerLoad)?

    /// The connections to PostgreSQL.
    public var pool: (@Sendable () -> PoolSnapshot)?

    /// The workers.
    public var workers: (@Sendable () -> [WorkerReport])?

    /// The backups; nil when none are made.
    public var backups: (@Sendable () -> BackupFigures?)?

    /// How well all is, within half a second.
    public var health: (@Sendable () async -> HealthReport)?

    /// The kept statistics, by a deadline; nil when they can't be had.
    public var statistics: (@Sendable (MonotonicInstant) async -> MemoryStatistics?)?

    /// None yet.
    public init() {}
}
