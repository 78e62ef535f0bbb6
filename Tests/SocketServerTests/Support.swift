import Foundation
import MemoryModel
import MemoryService
import MonotonicClock
import SocketServer
import StrictJSON
import Synchronization
import TestSupport
import WireProtocol

/// A folder that is gone when the last one to hold it is.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/brain-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw TestClient.Failure(description: "mkdtemp: \(errno)") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }
}

/// A server over a repository in memory.
final class ServerFixture: Sendable {
    typealias Before = @Sendable (InMemoryRepository.Call) async throws(StoreError) -> Void

    let folder: TemporaryFolder
    let path: String
    let repository: InMemoryRepository
    let observer = Observations()
    let server: SocketServer

    init(
        _ configure: (inout SocketServerConfiguration) -> Void, rules: [AccessRule] = [], before: @escaping Before
    ) throws {
        folder = try TemporaryFolder()
        path = folder.path + "/brain.sock"
        var configuration = SocketServerConfiguration(path: path)
        configuration.shutdownGrace = .seconds(2)
        configure(&configuration)
        let now: @Sendable () -> Timestamp = { Timestamp(microseconds: 1_800_000_000_000_000) ?? .latest }
        repository = InMemoryRepository(now: now, before: before)
        let environment = ServiceEnvironment(
            now: now, startedAt: .now, version: "test", limits: [:], statisticsMaximumAge: .seconds(60))
        let processor = RequestProcessor(
            service: MemoryService(repository: repository, environment: environment), observer: observer,
            standardDeadlineMilliseconds: 5_000)
        server = try SocketServer(
            configuration: configuration, processor: processor,
            policy: AccessPolicy(rules: rules, administratorGroup: nil, daemonUser: getuid()), observer: observer)
        try server.start()
    }

    func client() throws -> TestClient { try TestClient(path: path) }

    /// Whether a client that comes now is served.
    func serves() async throws -> Bool {
        let client = try client()
        try await client.request(1, .ping)
        return try await client.answer()?["result"] != nil
    }

    /// The parameters of a store with a context of `bytes` bytes or a few more.
    static func record(_ id: String, bytes: Int = 0) -> String {
        #"{"record":{"id":"\#(id)","agentId":"a","context":{"text":"\#(String(repeating: "x", count: bytes))"}}}"#
    }
}

/// Runs `body` with a server, and stops it.
func withServer(
    _ configure: (inout SocketServerConfiguration) -> Void = { _ in }, rules: [AccessRule] = [],
    before: @escaping ServerFixture.Before = { _ throws(StoreError) in }, _ body: (ServerFixture) async throws -> Void
) async throws {
    let fixture = try ServerFixture(configure, rules: rules, before: before)
    do {
        try await body(fixture)
    } catch {
        await fixture.server.stop()
        throw error
    }
    await fixture.server.stop()
}

/// Holds up the calls that name a memory whose id begins so.
func holding(_ id: String, with gate: Gate) -> ServerFixture.Before {
    { call throws(StoreError) in
        if call.ids.contains(where: { $0.value.hasPrefix(id) }) { await gate.pass() }
    }
}

/// Keeps what a server observed.
final class Observations: Observer {
    private let kept = Mutex<[Observation]>([])

    func observe(_ observation: Observation) { kept.withLock { $0.append(observation) } }

    var all: [Observation] { kept.withLock { $0 } }

    /// How long the requests took that were answered, by the server's clock.
    var durations: [Duration] {
        all.compactMap { if case .requestFinished(let summary) = $0 { summary.duration } else { nil } }
    }

    /// How many connections the server says are open.
    var openConnections: Int {
        kept.withLock { observations in
            for observation in observations.reversed() {
                switch observation {
                case .connectionOpened(_, let open), .connectionClosed(_, let open): return open
                default: continue
                }
            }
            return 0
        }
    }
}
