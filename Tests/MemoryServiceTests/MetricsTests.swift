import MemoryModel
import MemoryService
import StrictJSON
import TestSupport
import Testing
import WireProtocol

/// Metrics that are what a test says.
struct ScriptedMetrics: MetricsSource {
    func report() async -> MetricsReport {
        MetricsReport(
            text: "a 1\n",
            agents: [AgentID("alice")].compactMap { $0 }.map { .init(agentID: $0, requests: 2.5, errors: 1) })
    }
}

@Suite("Metrics, asked for")
struct MetricsTests {
    private static let administrator = Caller.bound(read: ["a"], write: ["a"], isAdministrator: true)

    @Test("an administrator is told, and that is no news for the log")
    func told() async throws {
        let fixture = ServiceFixture(metrics: ScriptedMetrics())
        let result = try await fixture.result(.getMetrics, as: Self.administrator)
        #expect(
            result.compacted().description
                == #"{"text":"a 1\n","agents":[{"agentId":"alice","requests":2.5,"errors":1.0}]}"#)
        _ = try await fixture.result(.cleanupExpired, as: Self.administrator)
        #expect(fixture.observer.summaries.map(\.isAdministrative) == [false, true])
        #expect(try await fixture.kind(.getMetrics) == .permissionDenied)
    }

    @Test("what only administrators may is written down, but for what monitors ask")
    func audit() throws {
        let calls: [(MethodCall, isAdministrative: Bool, isAudited: Bool)] = [
            (.clear(.all), true, true), (.cleanupExpired, true, true), (.runWorker("w"), true, true),
            (.listBackups, true, true), (.verifyBackup(nil), true, true), (.getMetrics, true, false),
            (.getHealth, false, false), (.getStats(fresh: true), false, false),
        ]
        for (call, isAdministrative, isAudited) in calls {
            #expect(call.isAdministrative == isAdministrative && call.isAudited == isAudited)
        }
    }

    @Test("the agent of a memory is told of a request that names only its id, cached or not", arguments: [false, true])
    func agents(isCached: Bool) async throws {
        let fixture = ServiceFixture(cache: isCached ? DictionaryCache() : nil)
        _ = try await fixture.result(.store, ServiceFixture.record("m1", of: "alice"))
        for id in ["m1", "m1", "none"] { _ = try await fixture.result(.get, #"{"id":"\#(id)"}"#) }
        #expect(fixture.observer.summaries.map(\.agent?.value) == ["alice", "alice", "alice", nil])
    }
}
