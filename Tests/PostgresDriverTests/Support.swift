import Dispatch
import Logging
import MonotonicClock
import PostgresDriver
import PostgresFixture
import Synchronization

/// Runs `body` with a started pool and shuts it down afterwards.
func withPool<T>(
    _ url: String, _ configure: (inout PostgresPoolConfiguration) -> Void = { _ in },
    _ body: (PostgresConnectionPool) async throws -> T
) async throws -> T {
    var configuration = PostgresPoolConfiguration(url: url)
    configuration.size = 4
    configure(&configuration)
    var logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    logger.logLevel = .critical
    let pool = PostgresConnectionPool(configuration: configuration, logger: logger)
    pool.start()
    do {
        let value = try await body(pool)
        await pool.shutdown(within: .seconds(1))
        return value
    } catch {
        await pool.shutdown(within: .zero)
        throw error
    }
}

/// Runs `body` with a pool on a fresh database of the shared server.
func withFreshDatabase<T>(
    schema: String? = nil, _ configure: (inout PostgresPoolConfiguration) -> Void = { _ in },
    _ body: (PostgresConnectionPool, String) async throws -> T
) async throws -> T {
    let server = try await PostgresServer.shared()
    let url = try await server.createDatabase()
    if let schema { try await server.execute(schema, on: url) }
    return try await withPool(url, configure) { try await body($0, url) }
}

/// Runs `body` with a PostgreSQL of its own, which it may hurt.
func withPrivateServer<T>(_ body: (PostgresServer) async throws -> T) async throws -> T {
    let server = try await PostgresServer.start()
    do {
        let value = try await body(server)
        try await server.shutdown()
        return value
    } catch {
        try await server.shutdown()
        throw error
    }
}

extension PostgresConnectionPool {
    /// `run` with a deadline counted from now.
    func run<T: Sendable>(
        within limit: Duration = .seconds(5), _ access: PostgresAccess = .read,
        _ body: @escaping @Sendable (PostgresSession) throws -> T
    ) async throws(PostgresError) -> T {
        try await run(deadline: .now + limit, access: access, body)
    }

    /// The error that `run` throws, nil when it succeeds, and how long it took.
    func failure(
        within limit: Duration = .seconds(5), _ access: PostgresAccess = .read,
        _ body: @escaping @Sendable (PostgresSession) throws -> Void
    ) async -> (error: PostgresError?, elapsed: Duration) {
        let start = MonotonicInstant.now
        do throws(PostgresError) {
            try await run(deadline: .now + limit, access: access, body)
            return (nil, .now - start)
        } catch {
            return (error, .now - start)
        }
    }
}

extension PostgresError {
    /// The name of the case, for comparisons.
    var kind: String {
        switch self {
        case .unavailable: "unavailable"
        case .deadlineExceeded: "deadlineExceeded"
        case .outcomeUnknown: "outcomeUnknown"
        case .busy: "busy"
        case .cancelled: "cancelled"
        case .shutDown: "shutDown"
        case .server(let state, _, _, _): state.code
        case .invalidParameter: "invalidParameter"
        case .tooLarge: "tooLarge"
        case .protocolViolation: "protocolViolation"
        case .body: "body"
        }
    }
}

let sleepForever = PostgresStatement(name: "sleep", sql: "SELECT pg_sleep(30)", isWrite: false)
let selectOne = PostgresStatement(name: "one", sql: "SELECT 1", isWrite: false)
let insertID = PostgresStatement(
    name: "insert", sql: "INSERT INTO t (id) VALUES ($1)", parameterTypes: [.int8], isWrite: true)

/// Counts from any thread.
final class Counter: Sendable {
    private let number = Atomic(0)

    var value: Int { number.load(ordering: .sequentiallyConsistent) }

    /// Adds one and answers the sum.
    @discardableResult
    func increment() -> Int { number.add(1, ordering: .sequentiallyConsistent).newValue }
}

/// Holds a connection's thread until the test opens it, so that no test depends on how fast the machine is.
final class Gate: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)

    /// Blocks the calling thread, never one of the cooperative pool's.
    func wait() { _ = semaphore.wait(timeout: .now() + .seconds(20)) }

    func open() { semaphore.signal() }
}
