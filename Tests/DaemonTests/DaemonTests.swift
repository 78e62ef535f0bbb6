import DaemonFixture
import Foundation
import PostgresFixture
import Testing

/// The daemon as a program, black box: started, spoken to at its socket, hurt, and ended, on real PostgreSQL.
///
/// One after the other, since most of them load the machine and some measure time. They are best run apart from other
/// tests: `swift test --filter DaemonTests`.
@Suite(.serialized) enum DaemonTests {
    /// A daemon for the tests that hurt nothing, each with agents and ids of its own.
    static let shared = Task { try await DaemonProcess.on(postgres: PostgresServer.shared().createDatabase()) }
}

/// How much of everything: enough to trust in a run of minutes. The environment variables ask for more.
enum Scale {
    /// How often each thing that can be killed is.
    static let kills = number("MEMORYD_TEST_KILLS", 12)

    /// How often a daemon is killed that makes a backup; the acceptance run is 50.
    static let backupKills = number("MEMORYD_TEST_BACKUP_KILLS", 6)

    /// How often the postmaster of a managed PostgreSQL alone is killed.
    static let postmasterKills = number("MEMORYD_TEST_POSTMASTER_KILLS", 5)

    /// Rounds of 200 writers of one id.
    static let conflictRounds = number("MEMORYD_TEST_CONFLICT_ROUNDS", 8)

    /// Passes over all pages while others write.
    static let pagingPasses = number("MEMORYD_TEST_PAGING_PASSES", 3)

    /// Frames that no client would send; the acceptance run is 1,000,000.
    static let hostileFrames = number("MEMORYD_TEST_HOSTILE_FRAMES", 100_000)

    private static func number(_ name: String, _ normal: Int) -> Int {
        ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? normal
    }
}

/// Runs `body` with a daemon of the test's own and removes that at the end; a daemon that crashed fails the test.
func withDaemon<T>(
    _ start: () async throws -> DaemonProcess, _ body: (DaemonProcess) async throws -> T
) async throws -> T {
    let daemon = try await start()
    do {
        let value = try await body(daemon)
        for complaint in ["Fatal error", "Cannot schedule tasks"] {
            #expect(!daemon.log.contains(complaint), "\(complaint): \(daemon.log.suffix(4_000))")
        }
        try await daemon.remove()
        return value
    } catch {
        try? await daemon.remove()
        throw error
    }
}

/// Runs `body` with a PostgreSQL of the test's own, and ends that at the end.
func withPostgres<T>(_ body: (PostgresServer) async throws -> T) async throws -> T {
    let server = try await PostgresServer.start()
    do {
        let value = try await body(server)
        try await server.shutdown()
        return value
    } catch {
        try? await server.shutdown()
        throw error
    }
}

extension JSONValue {
    /// A record of a memory.
    static func record(
        _ id: String?, agent: String, context: JSONValue = [:], tags: [String]? = nil, _ more: [String: JSONValue] = [:]
    ) -> JSONValue {
        var record: JSONValue = ["agentId": .string(agent), "context": context]
        if let id { record["id"] = .string(id) }
        if let tags { record["tags"] = .strings(tags) }
        for (key, value) in more { record[key] = value }
        return record
    }
}

extension WireClient {
    /// Stores a memory and answers the whole answer.
    @discardableResult
    func store(_ record: JSONValue, ifVersion: Int? = nil, deadlineMs: Int? = nil) async throws -> WireAnswer {
        var params: JSONValue = ["record": record]
        if let ifVersion { params["ifVersion"] = .int(ifVersion) }
        return try await call("store", params, deadlineMs: deadlineMs)
    }

    /// A memory; nil when there is none.
    func memory(_ id: String) async throws -> JSONValue? {
        let memory = try await call("get", ["id": .string(id)], deadlineMs: 30_000).success()["memory"]
        return memory.flatMap { $0.isNull ? nil : $0 }
    }

    /// Memories by id, in batches of the protocol's largest size.
    func memories(_ ids: [String]) async throws -> [String: JSONValue] {
        var found: [String: JSONValue] = [:]
        for start in stride(from: 0, to: ids.count, by: 1_000) {
            let batch = Array(ids[start..<min(start + 1_000, ids.count)])
            let answer = try await call("getBatch", ["ids": .strings(batch)], deadlineMs: 30_000).success()
            for (id, memory) in zip(batch, answer["memories"]?.array ?? []) where !memory.isNull { found[id] = memory }
        }
        return found
    }

    /// Every memory that matches, page by page.
    func allMemories(_ filter: JSONValue, limit: Int = 1_000) async throws -> [JSONValue] {
        var memories: [JSONValue] = []
        var params = filter
        params["limit"] = .int(limit)
        while true {
            let page = try await call("query", params, deadlineMs: 30_000).success()
            memories += page["memories"]?.array ?? []
            guard let cursor = page["nextCursor"], !cursor.isNull else { return memories }
            params["cursor"] = cursor
        }
    }
}
