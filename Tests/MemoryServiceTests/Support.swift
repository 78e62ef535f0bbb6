import MemoryModel
import MemoryService
import MonotonicClock
import StrictJSON
import Synchronization
import TestSupport
import Testing
import WireProtocol

/// A service on a repository in memory, at a fixed instant, and what goes in and out of it as JSON.
struct ServiceFixture {
    static let now = Timestamp(microseconds: 1_800_000_000_000_000) ?? .earliest

    let repository: InMemoryRepository
    let observer = RecordingObserver()
    let processor: RequestProcessor

    init(
        cache: (any MemoryCache)? = nil, reads: CacheReadCounter = CacheReadCounter(),
        maintenance: (any MaintenanceControl)? = nil, metrics: (any MetricsSource)? = nil,
        before: @escaping @Sendable (InMemoryRepository.Call) async throws(StoreError) -> Void = {
            _ throws(StoreError) in
        }
    ) {
        repository = InMemoryRepository(now: { Self.now }, before: before)
        let environment = ServiceEnvironment(
            now: { Self.now }, startedAt: .now, version: "1.2.3", limits: ["maxFrameBytes": 9],
            statisticsMaximumAge: .seconds(60))
        processor = RequestProcessor(
            service: MemoryService(
                repository: repository, cache: cache, reads: reads, maintenance: maintenance, metrics: metrics,
                environment: environment),
            observer: observer, standardDeadlineMilliseconds: 5_000)
    }

    /// The answer to a request written in JSON; nil when there is none.
    func answer(_ text: String, as caller: Caller = .everyone) async throws -> JSONView? {
        let frame: [UInt8]?
        switch processor.prepare(Array(text.utf8), from: caller.peer, receivedAt: .now) {
        case .answer(let bytes): frame = bytes
        case .ignore: frame = nil
        case .run(let request):
            let outcome = await processor.run(request, for: caller)
            processor.report(request, of: caller, outcome)
            frame = outcome.frame
        }
        return try frame.map { try JSONDocument(parsing: Array($0.dropFirst(4))).root }
    }

    /// The result of a method.
    func result(_ method: ProtocolMethod, _ params: String = "{}", as caller: Caller = .everyone) async throws
        -> JSONView
    {
        let answer = try await answer(Self.request(method, params), as: caller)
        return try #require(answer?["result"], "\(answer.map { $0.compacted().description } ?? "no answer")")
    }

    /// The kind of error that a method answers; nil for none.
    func kind(_ method: ProtocolMethod, _ params: String = "{}", as caller: Caller = .everyone) async throws
        -> ErrorKind?
    {
        let answer = try await answer(Self.request(method, params), as: caller)
        return answer?["error"]?["data"]?["kind"]?.string.flatMap { ErrorKind(rawValue: $0) }
    }

    static func request(_ method: ProtocolMethod, _ params: String = "{}", id: String = "1") -> String {
        #"{"jsonrpc":"2.0","id":\#(id),"method":"\#(method)","params":\#(params)}"#
    }

    /// The parameters of a store.
    static func record(_ id: String, of agent: String, _ more: String = "") -> String {
        #"{"record":{"id":"\#(id)","agentId":"\#(agent)","context":{}\#(more)}}"#
    }
}

/// Keeps what was observed.
final class RecordingObserver: Observer {
    private let kept = Mutex<[Observation]>([])

    func observe(_ observation: Observation) { kept.withLock { $0.append(observation) } }

    /// The errors of requests that were refused before they ran, and of those that ran.
    var errors: [StoreError] {
        kept.withLock { observations in
            observations.compactMap { observation in
                switch observation {
                case .requestRefused(_, let error): error
                case .requestFinished(let summary): summary.error
                default: nil
                }
            }
        }
    }

    /// What is told of the requests that ran.
    var summaries: [Observation.RequestSummary] {
        kept.withLock { $0.compactMap { if case .requestFinished(let summary) = $0 { summary } else { nil } } }
    }

    /// How many requests ran.
    var finished: Int {
        kept.withLock { $0.filter { if case .requestFinished = $0 { true } else { false } }.count }
    }
}

extension Caller {
    /// May do everything but administer.
    static let everyone = Caller(
        peer: Peer(uid: 1_000, gid: 1_000, pid: 1), readable: .all, writable: .all, isAdministrator: false)

    /// May read and write these agents.
    static func bound(read: [String], write: [String], isAdministrator: Bool = false) -> Caller {
        Caller(
            peer: Peer(uid: 2_000, gid: 2_000, pid: 2), readable: AgentScope(read.compactMap(pattern)),
            writable: AgentScope(write.compactMap(pattern)), isAdministrator: isAdministrator)
    }

    private static func pattern(_ text: String) -> AgentPattern? {
        text.hasSuffix("*") ? .prefix(String(text.dropLast())) : AgentID(text).map { .exact($0) }
    }
}

extension JSONView {
    /// The ids of the memories in a result.
    var memoryIDs: [String?] { self["memories"].map { $0.elements.map { $0["id"]?.string } } ?? [] }
}
