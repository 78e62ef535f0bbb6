import Foundation
import Logging
import MemoryModel
import MonotonicClock
import PostgresDriver
import PostgresFixture
import StrictJSON

@testable import PostgresRepository

/// A database of its own with the schema in it, and a repository on it.
struct Store {
    let url: String
    let pool: PostgresConnectionPool
    let repository: PostgresMemoryRepository

    /// Runs `body` with a new store and closes its connections.
    static func with(connections: Int = 6, _ body: (Store) async throws -> Void) async throws {
        try await withPool(connections: connections) { url, pool in
            _ = try await MigrationRunner(pool: pool).migrate(deadline: .soon)
            let atATime = min(connections, 2)
            let repository = PostgresMemoryRepository(
                pool: pool, concurrentStores: atATime, concurrentReads: atATime)
            try await body(Store(url: url, pool: pool, repository: repository))
        }
    }

    /// Runs `body` with the connections of an empty database, and closes them.
    static func withPool(
        connections: Int = 6, _ body: (String, PostgresConnectionPool) async throws -> Void
    ) async throws {
        await places.enter()
        defer { places.leave() }
        let url = try await PostgresServer.shared().createDatabase()
        let pool = makePool(url, connections: connections)
        let result = await Result { try await body(url, pool) }
        await pool.shutdown(within: .seconds(1))
        try result.get()
    }

    /// All tests share one server, and its connections are not without number.
    private static let places = Gate(places: 4)

    static func makePool(_ url: String, connections: Int = 6) -> PostgresConnectionPool {
        var configuration = PostgresPoolConfiguration(url: url)
        configuration.size = connections
        configuration.minimumConnections = 1
        configuration.sessionSettings = PostgresMemoryRepository.sessionSettings
        let pool = PostgresConnectionPool(
            configuration: configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        pool.start()
        return pool
    }

    /// Runs SQL as an operator would, with PostgreSQL's own settings.
    @discardableResult
    func sql(_ text: String) async throws -> [String?] {
        try await PostgresServer.shared().execute(text, on: url)
    }

    /// Stores one memory.
    @discardableResult
    func store(_ draft: MemoryDraft, ifVersion: Int64? = nil, scope: AgentScope = .all) async throws -> StoreOutcome {
        try await repository.store([draft], ifVersion: ifVersion, scope: scope, deadline: .soon)[0]
    }

    /// The memory of an id.
    func memory(_ id: String, scope: AgentScope = .all) async throws -> MemoryRecord? {
        try await repository.memories(
            withIDs: [.of(id)], maximumBytes: Limits.answerBytes, scope: scope, deadline: .soon)[0]
    }

    /// A page of at most `limit`.
    func page(
        _ filter: MemoryFilter = MemoryFilter(), after position: PagePosition? = nil, limit: Int = 1_000,
        scope: AgentScope = .all
    ) async throws -> MemoryPage {
        try await repository.page(
            matching: filter, after: position, limit: limit, maximumBytes: Limits.answerBytes, scope: scope,
            deadline: .soon)
    }
}

extension PostgresMemoryRepository {
    /// Stores drafts, for tests that look at nothing but what the caller is told.
    func store(
        _ drafts: [MemoryDraft], ifVersion: Int64?, scope: AgentScope, deadline: MonotonicInstant
    ) async throws -> [StoreOutcome] {
        try await store(drafts, ifVersion: ifVersion, returningRecords: false, scope: scope, deadline: deadline)
            .map(\.outcome)
    }
}

extension Result where Failure == any Error {
    init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}

extension MonotonicInstant {
    /// Far enough for whatever a test does once.
    static var soon: Self { .now + .seconds(30) }
}

struct NotWellFormed: Error {}

extension MemoryID {
    static func of(_ text: String) throws -> MemoryID {
        guard let id = MemoryID(text) else { throw NotWellFormed() }
        return id
    }
}

extension AgentID {
    static func of(_ text: String) throws -> AgentID {
        guard let id = AgentID(text) else { throw NotWellFormed() }
        return id
    }
}

extension Tag {
    static func of(_ text: String) throws -> Tag {
        guard let tag = Tag(text) else { throw NotWellFormed() }
        return tag
    }
}

extension Timestamp {
    /// The wall clock's.
    static var now: Timestamp {
        get throws {
            try .of(Int64(Date().timeIntervalSince1970 * 1e6))
        }
    }

    static func of(_ microseconds: Int64) throws -> Timestamp {
        guard let timestamp = Timestamp(microseconds: microseconds) else { throw NotWellFormed() }
        return timestamp
    }
}

extension MemoryDraft {
    /// A memory with little in it.
    static func of(
        _ id: String, agent: String = "agent", at microseconds: Int64 = 1_700_000_000_000_000, tags: [String] = [],
        importance: Int = 5, context: String = "{}", expiresAt: Timestamp? = nil
    ) throws -> MemoryDraft {
        MemoryDraft(
            id: try .of(id), agentID: try .of(agent), timestamp: try .of(microseconds),
            context: try JSONText(parsing: context), tags: Tag.normalized(try tags.map(Tag.of)), importance: importance,
            expiresAt: expiresAt)
    }
}

extension AgentScope {
    static func only(_ agents: [String], prefixes: Set<String> = []) throws -> AgentScope {
        .only(agents: Set(try agents.map(AgentID.of)), prefixes: prefixes)
    }
}

/// The error that `body` throws, or nil.
func storeError(_ body: () async throws -> Void) async -> StoreError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? StoreError
    }
}
