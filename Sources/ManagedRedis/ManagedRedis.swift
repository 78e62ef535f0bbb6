import LogEvents
import Logging
import ProcessSupervision

/// A Redis server of the daemon's own, as a cache: found, started, kept running and stopped, with nothing to do by
/// hand. It keeps nothing on disk, and nothing in it is worth keeping.
///
/// ```swift
/// let redis = ManagedRedis(configuration: .init(directory: "/var/lib/brain-memoryd"), logger: logger)
/// let url = try? await redis.start()  // Without one, go on without a cache.
/// // … serve …
/// await redis.stop()
/// ```
///
/// The server is found and killed by where its socket lies, so DIR must be ours alone: start this after the managed
/// PostgreSQL, whose start locks DIR, and stop it before.
public final class ManagedRedis: Sendable {
    private let configuration: ManagedRedisConfiguration
    private let logger: Logger
    private let queue = BlockingQueue(label: "brain-memoryd.managed-redis")
    private let life = ServerLife(name: "Redis")

    /// Does nothing yet: see ``start()``.
    public init(configuration: ManagedRedisConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    /// Where the server stands now.
    public var state: ManagedRedisState { life.state }

    /// Finds the program, ends a server that a killed daemon left, begins supervising a new one and returns without
    /// waiting until it answers. It is started again whenever it dies, until ``stop()``.
    ///
    /// Cancelling the task, or calling ``stop()`` meanwhile, ends the start with `.cancelled` and nothing left running.
    ///
    /// - Returns: the URL of its socket, such as "unix:///var/lib/brain-memoryd/redis/redis.sock". No character in it
    ///   needs escaping.
    /// - Throws: what is in the way, such as `.programsNotFound`; nothing is left running then.
    public func start() async throws(ManagedRedisError) -> String {
        try await life.start(prepare: prepare, settle: { _ in })
    }

    /// Ends the server by SIGTERM, and by SIGKILL when that takes longer than five seconds. Returns when it has ended.
    /// Can be called at any time and more than once.
    public func stop() async {
        await life.stop()
    }

    /// What the supervisor may wait for, and the signals of a stop.
    private static let policy = SupervisionPolicy(stopSteps: RedisServer.stopSteps)

    private func prepare() async throws(ManagedRedisError) -> ServerLife.Running {
        let configuration = configuration
        let queue = queue
        let logger = logger
        // What is wrong with the folder is told at once, not by a supervisor that tries in vain.
        let server = try await queue.run { () throws(ManagedRedisError) in
            let server = try RedisServer(configuration)
            try server.prepare(logger: logger)
            return server
        }
        try await FolderReach(identity: server.identity).check(server.folder.path)
        let program = SupervisedProcess.Program(
            name: "Redis",
            prepare: {
                try await queue.run { () throws(ManagedRedisError) in try server.prepare(logger: logger) }
                return server.command
            },
            isReady: { pid in
                await queue.run { RedisProbe.answers(socket: server.socket, pid: pid) }
            },
            onLine: { text in
                guard let line = RedisLogLine(text) else { return }
                logger.log(
                    .serverOutput, line.level, "Redis: \(line.message)",
                    metadata: ["server": "Redis", "server_pid": "\(line.pid ?? "unknown")"])
            })
        return ServerLife.Running(
            supervisor: SupervisedProcess(program: program, policy: Self.policy, logger: logger), address: server.url,
            release: {
                // Redis has done so itself unless it was killed.
                try? await queue.run { () throws(ManagedRedisError) in try ServerFiles.remove(server.socket) }
            })
    }
}

/// Why the managed Redis can't be had.
public typealias ManagedRedisError = ManagedServerError

/// Where the managed Redis stands.
public typealias ManagedRedisState = ManagedServerState
