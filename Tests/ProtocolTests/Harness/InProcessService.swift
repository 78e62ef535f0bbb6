import DaemonConfiguration
import DaemonFixture
import Glibc
import Logging
import MemoryModel
import MemoryService
import MonotonicClock
import PostgresDriver
import PostgresRepository
import Synchronization
import WireProtocol

/// The daemon's parts behind its socket, in this process: request processor, service and PostgreSQL.
final class InProcessService: World.Service {
    private let configuration: DaemonConfiguration
    private let daemonUser: UInt32
    private let url: String
    private let journal = Journal()
    private let parts: Mutex<(pool: PostgresConnectionPool, processor: RequestProcessor)>

    /// Takes the daemon's flags, as far as they are about more than the socket, and plays its user.
    static func start(_ url: String, _ options: World.Options) async throws -> InProcessService {
        let all = ["--postgres-url", url, "--socket", "/tmp/unused.sock"] + options.flags
        let configuration = try await OwnThread.run {
            try ConfigurationLoader.load(file: nil, environment: [:], flags: all)
        }
        let user = try options.daemonUser.map { try User(named: $0).uid } ?? geteuid()
        let service = InProcessService(configuration, url, daemonUser: user)
        try await service.migrate()
        return service
    }

    private init(_ configuration: DaemonConfiguration, _ url: String, daemonUser: UInt32) {
        (self.configuration, self.url, self.daemonUser) = (configuration, url, daemonUser)
        parts = Mutex(Self.parts(configuration, url, journal))
    }

    private static func parts(
        _ configuration: DaemonConfiguration, _ url: String, _ journal: Journal
    ) -> (pool: PostgresConnectionPool, processor: RequestProcessor) {
        let logger = Logger(label: "in process") { _ in SwiftLogNoOpLogHandler() }
        var settings = PostgresPoolConfiguration(url: url)
        settings.size = configuration.postgres.poolSize
        settings.maxWaiting = configuration.postgres.maxWaiting
        settings.sessionSettings = PostgresMemoryRepository.sessionSettings
        let pool = PostgresConnectionPool(configuration: settings, logger: logger)
        pool.start()
        let environment = ServiceEnvironment(
            now: Self.now, startedAt: .now, version: ProductVersion.current,
            limits: ["maxFrameBytes": Int64(configuration.limits.maxFrameBytes)],
            statisticsMaximumAge: configuration.stats.maxAge)
        let processor = RequestProcessor(
            service: MemoryService(
                repository: PostgresMemoryRepository(pool: pool), environment: environment),
            observer: journal, standardDeadlineMilliseconds: 5_000)
        return (pool, processor)
    }

    private static func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000) ?? .latest
    }

    private func migrate() async throws {
        let pool = parts.withLock { $0.pool }
        _ = try await MigrationRunner(pool: pool).migrate(deadline: .now + .seconds(30))
    }

    func connect(as user: User?) -> any Transport {
        let user = user ?? User(uid: geteuid(), gid: getegid())
        let policy = AccessPolicy(
            rules: configuration.access.rules, administratorGroup: configuration.access.adminGroup,
            daemonUser: daemonUser)
        let peer = Peer(uid: user.uid, gid: user.gid, pid: getpid(), supplementaryGroups: user.groups)
        return InProcessTransport(processor: parts.withLock { $0.processor }, caller: policy.caller(for: peer))
    }

    func restart() async throws {
        await end()
        let fresh = Self.parts(configuration, url, journal)
        parts.withLock { $0 = fresh }
        try await migrate()
    }

    func end() async {
        let pool = parts.withLock { $0.pool }
        await pool.shutdown(within: .seconds(1))
    }

    var log: String { journal.text }

    var daemon: DaemonProcess? { nil }
}

/// Keeps what the processor reports.
private final class Journal: Observer {
    private let lines = Mutex<[String]>([])

    var text: String { lines.withLock { $0.joined(separator: "\n") } }

    func observe(_ observation: Observation) {
        guard case .requestFinished(let summary) = observation, let error = summary.error else { return }
        lines.withLock { $0.append("\(error) \(error.requestID ?? "") \(error.detail ?? "")") }
    }
}
