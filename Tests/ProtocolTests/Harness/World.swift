import DaemonFixture
import PostgresFixture
import RedisFixture
import Synchronization

/// A running service on a database of its own, in this process or as a daemon.
final class World: Sendable {
    /// How it differs from the ordinary.
    struct Options: Sendable {
        /// Flags of the daemon; in process they are read too.
        var flags: [String] = []

        /// Whether PostgreSQL is its own, for scenarios that stop it.
        var hasOwnServer = false

        /// Whether Redis is its own, for scenarios that stop it.
        var hasOwnRedis = false

        /// Whether there is no Redis, for scenarios in which PostgreSQL must be asked. In process there never is one.
        var isWithoutRedis = false

        /// The user that the daemon runs as, by name; nil: this process's own.
        var daemonUser: String?
    }

    /// How calls get to the service.
    let kind: TransportKind

    /// PostgreSQL.
    let server: PostgresServer

    /// The connection string of the database.
    let databaseURL: String

    /// Redis; nil without one.
    let redis: RedisServer?

    private let options: Options
    private let service: Mutex<any Service>
    private let mine: Mutex<Client>
    private let names = Atomic(0)

    /// What runs.
    protocol Service: Sendable {
        /// A connection, as `user` or as this process is.
        func connect(as user: User?) async throws -> any Transport

        /// Stops it and starts it again on the same database.
        func restart() async throws

        /// Ends it.
        func end() async

        /// What it has written to its log.
        var log: String { get }

        /// The daemon; nil in process.
        var daemon: DaemonProcess? { get }
    }

    private static let sharedWorlds = [
        TransportKind.inProcess: Task { try await World.make(.inProcess, Options()) },
        TransportKind.socket: Task { try await World.make(.socket, Options()) },
    ]

    /// The one that many scenarios use.
    static func shared(_ kind: TransportKind) async throws -> World {
        guard let task = sharedWorlds[kind] else { throw TestFailure("no world \(kind)") }
        return try await task.value
    }

    /// One with an empty database.
    static func fresh(_ kind: TransportKind, _ options: Options) async throws -> World { try await make(kind, options) }

    private static func make(_ kind: TransportKind, _ options: Options) async throws -> World {
        let server = try await options.hasOwnServer ? PostgresServer.start() : PostgresServer.shared()
        let url = try await server.createDatabase()
        let service: any Service
        var redis: RedisServer?
        switch kind {
        case .inProcess: service = try await InProcessService.start(url, options)
        case .socket:
            if !options.isWithoutRedis {
                redis = try await options.hasOwnRedis ? RedisServer.start() : sharedRedis.value
            }
            service = try await DaemonService.start(url, redis: redis?.url ?? "", options)
        }
        let client = Client(transport: try await service.connect(as: nil))
        return World(kind, server, url, redis, options, service, client)
    }

    private static let sharedRedis = Task { try await RedisServer.start() }

    private init(
        _ kind: TransportKind, _ server: PostgresServer, _ url: String, _ redis: RedisServer?, _ options: Options,
        _ service: any Service, _ client: Client
    ) {
        (self.kind, self.server, databaseURL, self.redis, self.options) = (kind, server, url, redis, options)
        self.service = Mutex(service)
        mine = Mutex(client)
    }

    private var running: any Service { service.withLock { $0 } }

    /// Calls as this process is.
    var client: Client { mine.withLock { $0 } }

    /// Connects as another user; nil: as this process is, once more.
    func client(as user: User?) async throws -> Client { Client(transport: try await running.connect(as: user)) }

    /// The daemon, for scenarios that need a socket.
    var daemon: DaemonProcess {
        get throws {
            guard let daemon = running.daemon else { throw TestFailure("there is no daemon in process") }
            return daemon
        }
    }

    /// What the service has logged.
    var log: String { running.log }

    /// A name that nothing else in this world has.
    func unique(_ word: String) -> String { "\(word)-\(names.add(1, ordering: .relaxed).newValue)" }

    /// Runs SQL in the database, behind the service's back.
    @discardableResult
    func execute(_ sql: String) async throws -> [String?] { try await server.execute(sql, on: databaseURL) }

    /// Stops the service and starts it again on the same database.
    func restart() async throws {
        await client.transport.close()
        try await running.restart()
        let client = Client(transport: try await running.connect(as: nil))
        mine.withLock { $0 = client }
    }

    /// Ends a fresh world.
    func end() async {
        await client.transport.close()
        await running.end()
        if options.hasOwnServer { try? await server.shutdown() }
        if options.hasOwnRedis { try? await redis?.shutdown() }
    }
}
