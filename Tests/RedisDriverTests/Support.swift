import MonotonicClock
import RedisDriver
import RedisFixture
import Synchronization
import TestSupport

/// The server of the tests that hurt none; each has keys of its own.
private let sharedServer = Task { try await RedisServer.start() }

/// Runs `body` with a started client and shuts it down afterwards.
func withClient<T>(
    _ url: String, _ configure: (inout RedisClientConfiguration) -> Void = { _ in },
    _ body: (RedisClient) async throws -> T
) async throws -> T {
    var configuration = RedisClientConfiguration(endpoint: try RedisEndpoint(url: url))
    configure(&configuration)
    let client = RedisClient(configuration: configuration)
    client.start()
    do {
        let value = try await body(client)
        await client.shutdown()
        return value
    } catch {
        await client.shutdown()
        throw error
    }
}

/// Runs `body` with a client of the shared server that is ready.
func withReadyClient<T>(_ body: (RedisClient) async throws -> T) async throws -> T {
    try await withClient(try await sharedServer.value.url) { client in
        try await client.waitUntilReady()
        return try await body(client)
    }
}

/// Runs `body` with a Redis of its own, which it may hurt.
func withPrivateServer<T>(
    arguments: [String] = [], _ body: (RedisServer) async throws -> T
) async throws -> T {
    let server = try await RedisServer.start(arguments: arguments)
    do {
        let value = try await body(server)
        try await server.shutdown()
        return value
    } catch {
        try await server.shutdown()
        throw error
    }
}

/// A test's own expectation was not met, and there is no point in going on.
struct NotReady: Error {
    let state: RedisClient.State
}

extension RedisClient {
    func waitUntilReady(within limit: Duration = .seconds(10)) async throws {
        guard try await eventually(within: limit, { state == .ready }) else { throw NotReady(state: state) }
    }

    /// Waits until it is unavailable, and answers the reason.
    func waitUntilUnavailable() async throws -> String {
        var reason: String?
        _ = try await eventually(within: .seconds(10)) {
            if case .unavailable(let text) = state { reason = text }
            return reason != nil
        }
        guard let reason else { throw NotReady(state: state) }
        return reason
    }

    /// One command, with a deadline counted from now.
    func run(_ words: String..., within limit: Duration = .seconds(10)) async throws(RedisError) -> RedisReply {
        try await send([RedisCommand(words.map { Array($0.utf8) })], deadline: .now + limit)[0]
    }

    /// The error of a PING, nil when it succeeds, and how long it took.
    func pingFailure(within limit: Duration = .seconds(10)) async -> (error: RedisError?, elapsed: Duration) {
        let start = MonotonicInstant.now
        let error = await failure(of: [RedisCommand("PING")], within: limit)
        return (error, .now - start)
    }

    /// The error of these commands, nil when they are answered.
    func failure(of commands: [RedisCommand], within limit: Duration) async -> RedisError? {
        do throws(RedisError) {
            _ = try await send(commands, deadline: .now + limit)
            return nil
        } catch {
            return error
        }
    }
}

extension RedisReply {
    /// A bulk reply of a text.
    static func text(_ text: String) -> RedisReply { .bulk(Array(text.utf8)) }
}

/// The states that a client tells, in order.
final class StateLog: Sendable {
    private let log = Mutex<[RedisClient.State]>([])

    var states: [RedisClient.State] { log.withLock { $0 } }

    func append(_ state: RedisClient.State) { log.withLock { $0.append(state) } }
}

/// Counts from any thread.
final class Counter: Sendable {
    private let number = Atomic(0)

    var value: Int { number.load(ordering: .sequentiallyConsistent) }

    /// Adds one and answers the sum.
    @discardableResult
    func increment() -> Int { number.add(1, ordering: .sequentiallyConsistent).newValue }
}
