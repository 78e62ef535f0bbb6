import MemoryModel
import MemoryService
import PrometheusMetrics
import TestSupport
import Testing
import WireProtocol

@testable import DaemonMetrics

@Suite("Observations as metrics")
struct MetricsObserverTests {
    private static let peer = Peer(uid: 1, gid: 1, pid: 1)

    private static func request(
        _ method: ProtocolMethod, _ kind: ErrorKind? = nil, agent: String? = nil,
        _ duration: Duration = .milliseconds(2)
    ) -> Observation {
        .requestFinished(
            .init(
                requestID: RequestID(), method: method, agent: agent.flatMap { AgentID($0) }, peer: peer,
                duration: duration, error: kind.map { StoreError($0, "x") }))
    }

    @Test("each method has its place")
    func ordinals() {
        #expect(ProtocolMethod.allCases.map(\.ordinal) == Array(ProtocolMethod.allCases.indices))
    }

    @Test("requests are counted by method and result, and timed by method")
    func requests() throws {
        let registry = PrometheusRegistry(descriptions: MetricCatalog.descriptions)
        let observer = MetricsObserver(factory: registry)
        for method in ProtocolMethod.allCases { observer.observe(Self.request(method)) }
        observer.observe(Self.request(.get, .busy, agent: "alice"))
        observer.observe(Self.request(.get, agent: "alice", .seconds(20)))
        let read = try StrictPrometheusText(PrometheusText.render(registry.families))
        #expect(read.value(MetricCatalog.requests, ["method": "get", "result": "ok"]) == 2)
        #expect(read.value(MetricCatalog.requests, ["method": "get", "result": "busy"]) == 1)
        #expect(read.value(MetricCatalog.requests, ["method": "ping", "result": "busy"]) == nil)
        #expect(read.value(MetricCatalog.errors, ["kind": "busy"]) == 1)
        #expect(read.value(MetricCatalog.errors, ["kind": "internal"]) == 0)
        #expect(read.value("\(MetricCatalog.duration)_count", ["method": "get"]) == 3)
        #expect(read.value("\(MetricCatalog.duration)_bucket", ["method": "get", "le": "0.0025"]) == 2)
        #expect(observer.finishedRequests == Int64(ProtocolMethod.allCases.count) + 2 && observer.failedRequests == 1)
        let agents = observer.busiestAgents(10)
        #expect(agents.map(\.agentID.value) == ["alice"] && agents.first?.requests ?? 0 > 1.9)
    }

    static let cases: [(Observation, name: String, labels: [String: String])] = [
        (.requestRefused(peer, StoreError(.parseError, "x")), MetricCatalog.refusedRequests, ["reason": "parse_error"]),
        (
            .requestRefused(peer, StoreError(.methodNotFound, "x")), MetricCatalog.refusedRequests,
            ["reason": "method_not_found"]
        ),
        (
            .frameTooLarge(peer, declaredBytes: 9, limit: 1), MetricCatalog.refusedRequests,
            ["reason": "frame_too_large"]
        ),
        (.frameTimedOut(peer, bufferedBytes: 9), MetricCatalog.refusedRequests, ["reason": "timed_out"]),
        (.connectionOpened(peer, open: 1), MetricCatalog.connectionsOpened, [:]),
        (
            .userLimited(peer, .inFlight, limit: 1), MetricCatalog.usersLimited,
            ["bound": "limits.max_in_flight_per_uid"]
        ),
        (.connectionRefused(nil, limit: 1), MetricCatalog.connectionsRefused, [:]),
        (.acceptFailed("x"), MetricCatalog.acceptFailures, [:]),
        (.cacheChanged(bypassReason: "x"), MetricCatalog.cacheBypasses, [:]),
        (.workersUnreachable(reason: "x"), MetricCatalog.workersUnreachable, [:]),
        (
            .workerFinished(.init(name: "w", isSuccess: true, detail: "", duration: .seconds(1), isRoutine: true)),
            "\(MetricCatalog.workerDuration)_count", ["worker": "w"]
        ),
    ]

    @Test("other observations", arguments: cases.indices)
    func others(index: Int) throws {
        let (observation, name, labels) = Self.cases[index]
        let registry = PrometheusRegistry(descriptions: MetricCatalog.descriptions)
        let observer = MetricsObserver(factory: registry)
        observer.observe(observation)
        for quiet in [
            Observation.cacheChanged(bypassReason: nil), .workersUnreachable(reason: nil),
            .connectionClosed(Self.peer, open: 0), .workerStarted("w", reason: "x"),
        ] { observer.observe(quiet) }
        let read = try StrictPrometheusText(PrometheusText.render(registry.families))
        #expect(read.value(name, labels) == 1)
        #expect(read.samples.filter { $0.value != 0 && !$0.name.hasPrefix(MetricCatalog.workerDuration) }.count <= 1)
    }
}
