import Backups
import DaemonConfiguration
import Maintenance
import Foundation
import ManagedPostgres
import ManagedRedis
import MemoryModel
import MemoryService
import PostgresDriver
import PostgresRepository
import SocketServer

/// The configuration as each part of the daemon wants it.
extension DaemonConfiguration {
    /// For the private PostgreSQL. Its directory is absolute: the server does not share the daemon's working directory.
    var managedPostgres: ManagedPostgresConfiguration {
        var managed = ManagedPostgresConfiguration(
            directory: URL(fileURLWithPath: self.managed.directory ?? "").path)
        managed.user = self.managed.user
        managed.programsDirectory = self.managed.postgresBindir
        // Room for the pool, its health probe, the daemon's own work, and an operator's psql beside them.
        managed.maximumConnections = max(managed.maximumConnections, postgres.poolSize + 24)
        if backups.wal == .strict { managed.synchronousStandby = WALStreamConfiguration.usualName }
        return managed
    }

    /// For the private Redis, in the same directory.
    var managedRedis: ManagedRedisConfiguration {
        var managed = ManagedRedisConfiguration(directory: managedPostgres.directory)
        managed.user = self.managed.user
        managed.program = self.managed.redisProgram
        managed.maximumMemoryBytes = self.managed.redisMaxMemoryBytes
        return managed
    }

    /// For the one connection over which the cache learns of other daemons.
    func cachePeers(url: String) -> PostgresPoolConfiguration {
        var pool = PostgresPoolConfiguration(url: url)
        pool.connectTimeout = postgres.connectTimeout
        pool.sessionSettings = ["tcp_keepalives_idle": "2"]
        return pool
    }

    /// For the daemon's own work, which must not take connections from requests. Nobody is told of what it writes, so
    /// that need not wait for a standby: otherwise nothing could begin to be one.
    func maintenancePool(url: String) -> PostgresPoolConfiguration {
        var pool = PostgresPoolConfiguration(url: url)
        pool.size = 4
        pool.minimumConnections = 1
        pool.hasProbe = false
        pool.connectTimeout = postgres.connectTimeout
        pool.sessionSettings = PostgresMemoryRepository.sessionSettings
        pool.sessionSettings["synchronous_commit"] = "local"
        return pool
    }

    /// Where backups lie, absolute; nil for none.
    var backupsDirectory: String? {
        if let directory = backups.directory { return URL(fileURLWithPath: directory).path }
        guard postgres.url == nil else { return nil }
        return managed.directory.map { URL(fileURLWithPath: $0).path + "/backups" }
    }

    /// For what makes and keeps backups.
    func backupKeeper(directory: String, postgres: String, replicationURL: String?) -> BackupConfiguration {
        var keeper = BackupConfiguration(
            directory: directory, url: postgres, replicationURL: replicationURL ?? postgres)
        keeper.programsDirectory = managed.postgresBindir
        keeper.managedUser = managed.user
        keeper.keepDaily = backups.keepDaily
        keeper.keepWeekly = backups.keepWeekly
        keeper.keepMonthly = backups.keepMonthly
        keeper.keepBase = backups.keepBase
        keeper.minimumFreeBytes = Int64(backups.minFreeBytes)
        return keeper
    }

    /// When backups are made. Without a connection for replication there are dumps only.
    func backupPlan(canReplicate: Bool) -> BackupPlan {
        let wal: BackupPlan.WAL =
            switch backups.wal {
            case .off: .off
            case .on: .on
            case .strict: .strict
            }
        return BackupPlan(
            dump: backups.dump, dumpAfterWrites: backups.dumpAfterWrites.map { Int64($0) },
            base: canReplicate ? backups.base : nil, wal: canReplicate ? wal : .off, verify: backups.verify,
            drill: backups.drill, maximumAge: backups.maxAge)
    }

    /// For the connections to the PostgreSQL at `url`.
    func pool(url: String) -> PostgresPoolConfiguration {
        var pool = PostgresPoolConfiguration(url: url)
        pool.size = postgres.poolSize
        pool.maxWaiting = postgres.maxWaiting
        pool.connectTimeout = postgres.connectTimeout
        pool.sessionSettings = PostgresMemoryRepository.sessionSettings
        return pool
    }

    /// For the socket; `adopted` is one that the service manager passed.
    func socketServer(adopting adopted: Int32?) -> SocketServerConfiguration {
        var server = SocketServerConfiguration(
            path: socket.path, adoptedSocket: adopted, mode: socket.mode, group: socket.group,
            maximumFrameBytes: limits.maxFrameBytes,
            frameTimeout: limits.frameTimeout, maximumConnections: limits.maxConnections,
            maximumInFlightPerConnection: limits.maxInFlightPerConnection, maximumInFlight: limits.maxInFlight,
            maximumBufferedBytesPerConnection: limits.maxBufferedBytesPerConnection,
            maximumBufferedBytes: limits.maxBufferedBytes, maximumConnectionsPerUser: limits.maxConnectionsPerUser,
            maximumInFlightPerUser: limits.maxInFlightPerUser,
            maximumBufferedBytesPerUser: limits.maxBufferedBytesPerUser, shutdownGrace: limits.shutdownGrace)
        server.maximumQueueWait = limits.maxQueueWait
        // Users share the processors, and the connections to PostgreSQL: neither may be full of one user's work. Half of
        // the processors is for who asks for too much; two connections are always left to others.
        server.heavyConcurrency = max(min(Self.processors, postgres.poolSize) / 2, 1)
        server.sharedConcurrency = max(postgres.poolSize - 2, server.heavyConcurrency)
        server.eventLoops = Self.shareOfProcessors
        return server
    }

    /// How many processors there are for this process.
    private static var processors: Int { ProcessInfo.processInfo.activeProcessorCount }

    /// How many threads, or statements that only read, are worth it to do the same kind of work at a time. The callers, the
    /// daemon and PostgreSQL share the processors: with two of them one is faster, and costs less, than two.
    static var shareOfProcessors: Int { min(max(processors / 2, 1), 2) }

    /// The deadline of requests that name none.
    var defaultDeadlineMilliseconds: Int64 { Int64(limits.defaultDeadline / .milliseconds(1)) }

    /// Who may do what.
    var accessPolicy: AccessPolicy {
        AccessPolicy(rules: access.rules, administratorGroup: access.adminGroup, daemonUser: geteuid())
    }

    /// What `getHealth` tells callers of the limits, by the names that the configuration has for them.
    var advertisedLimits: [String: Int64] {
        [
            "max_frame_bytes": Int64(limits.maxFrameBytes),
            "max_answer_bytes": Int64(MemoryModel.Limits.answerBytes),
            "max_connections": Int64(limits.maxConnections),
            "max_connections_per_uid": Int64(limits.maxConnectionsPerUser),
            "max_in_flight": Int64(limits.maxInFlight),
            "max_in_flight_per_uid": Int64(limits.maxInFlightPerUser),
            "max_in_flight_per_connection": Int64(limits.maxInFlightPerConnection),
            "max_context_bytes": Int64(MemoryModel.Limits.contextBytes),
            "max_embeddings": Int64(MemoryModel.Limits.embeddings),
            "max_tags": Int64(MemoryModel.Limits.tags),
            "max_batch": Int64(MemoryModel.Limits.batch.upperBound),
            "max_page": Int64(MemoryModel.Limits.page.upperBound),
            "default_deadline_ms": defaultDeadlineMilliseconds,
            "frame_timeout_ms": Int64(limits.frameTimeout / .milliseconds(1)),
        ]
    }
}

extension Timestamp {
    /// Now, by the system's clock.
    static var wallClock: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        let microseconds = Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
        return Timestamp(microseconds: microseconds) ?? .latest
    }
}
