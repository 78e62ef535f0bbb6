import MemoryModel
import MemoryService
import StrictJSON
import TestSupport
import Testing
import WireProtocol

/// A caller that reads amy and bob and writes bob alone, on memories of amy, bob and eve.
@Suite("A bound caller")
struct PermissionTests {
    private static let bound = Caller.bound(read: ["amy", "bob"], write: ["bob"])

    private static func fixture() async throws -> ServiceFixture {
        let fixture = ServiceFixture()
        for agent in ["amy", "bob", "eve"] {
            _ = try await fixture.result(.store, ServiceFixture.record("of-\(agent)", of: agent, #","tags":["t"]"#))
            _ = try await fixture.result(.registerAgent, #"{"agentId":"\#(agent)"}"#)
        }
        return fixture
    }

    static let writes: [(method: ProtocolMethod, params: String, kind: ErrorKind?, field: String?)] = [
        (.store, ServiceFixture.record("new", of: "bob"), nil, nil),
        (.store, ServiceFixture.record("of-bob", of: "bob"), nil, nil),
        (.store, ServiceFixture.record("new", of: "amy"), .permissionDenied, "record.agentId"),
        (.store, ServiceFixture.record("new", of: "eve"), .permissionDenied, "record.agentId"),
        // The old agent counts like the new one, before ifVersion is looked at.
        (.store, ServiceFixture.record("of-amy", of: "bob"), .permissionDenied, nil),
        (.store, ServiceFixture.record("of-bob", of: "amy"), .permissionDenied, "record.agentId"),
        (.store, #"{"ifVersion":9,"record":{"id":"of-eve","agentId":"bob","context":{}}}"#, .permissionDenied, nil),
        (
            .store, #"{"ifVersion":9,"record":{"id":"of-bob","agentId":"eve","context":{}}}"#, .permissionDenied,
            "record.agentId"
        ),
        (.store, #"{"ifVersion":9,"record":{"id":"of-bob","agentId":"bob","context":{}}}"#, .versionConflict, nil),
        (
            .storeBatch, #"{"records":[{"agentId":"bob","context":{}},{"agentId":"amy","context":{}}]}"#,
            .permissionDenied, "records[1].agentId"
        ),
        (
            .storeBatch, #"{"records":[{"agentId":"bob","context":{}},{"id":"of-eve","agentId":"bob","context":{}}]}"#,
            .permissionDenied, nil
        ),
        (.storeBatch, #"{"records":[{"agentId":"bob","context":{}},{"agentId":"bob","context":{}}]}"#, nil, nil),
        (.storeContext, #"{"agentId":"bob","context":{}}"#, nil, nil),
        (.storeContext, #"{"agentId":"amy","context":{}}"#, .permissionDenied, "agentId"),
        (.delete, #"{"id":"of-bob"}"#, nil, nil), (.delete, #"{"id":"none"}"#, nil, nil),
        (.delete, #"{"id":"of-amy"}"#, .permissionDenied, nil),
        (.delete, #"{"id":"of-eve","ifVersion":9}"#, .permissionDenied, nil),
        (.clear, #"{"agentId":"bob"}"#, nil, nil), (.clear, #"{"agentId":"amy"}"#, .permissionDenied, "agentId"),
        (.clear, #"{"all":true}"#, .permissionDenied, nil), (.cleanupExpired, "{}", .permissionDenied, nil),
        (.runWorker, #"{"name":"sweeper"}"#, .permissionDenied, nil), (.listBackups, "{}", .permissionDenied, nil),
        (.verifyBackup, "{}", .permissionDenied, nil), (.getMetrics, "{}", .permissionDenied, nil),
        (.getWorkers, "{}", nil, nil),
        (.getCacheHistory, "{}", nil, nil),
        (.registerAgent, #"{"agentId":"bob"}"#, nil, nil),
        (.registerAgent, #"{"agentId":"amy"}"#, .permissionDenied, "agentId"),
        (.unregisterAgent, #"{"agentId":"bob"}"#, nil, nil),
        (.unregisterAgent, #"{"agentId":"eve"}"#, .permissionDenied, "agentId"),
    ]

    @Test("writes", arguments: writes)
    func write(method: ProtocolMethod, params: String, kind: ErrorKind?, field: String?) async throws {
        let fixture = try await Self.fixture()
        let before = fixture.repository.records
        let error = try await fixture.answer(ServiceFixture.request(method, params), as: Self.bound)?["error"]
        #expect(error?["data"]?["kind"]?.string == kind?.rawValue)
        #expect(error?["data"]?["field"]?.string == field)
        if kind != nil { #expect(fixture.repository.records == before) }
    }

    @Test("reads see what may be read, and the rest is not there")
    func reads() async throws {
        let fixture = try await Self.fixture()
        for (id, isSeen) in [("of-amy", true), ("of-bob", true), ("of-eve", false), ("none", false)] {
            let result = try await fixture.result(.get, #"{"id":"\#(id)"}"#, as: Self.bound)
            #expect(result["memory"]?.isNull == !isSeen, "\(id)")
        }
        let batch = try await fixture.result(
            .getBatch, #"{"ids":["of-eve","of-bob","of-eve","of-amy"]}"#, as: Self.bound)
        #expect(batch.memoryIDs == [nil, "of-bob", nil, "of-amy"])
        for (method, params, count) in [
            (ProtocolMethod.query, "{}", 2), (.queryContext, #"{"tags":["t"]}"#, 2), (.query, #"{"agentId":"eve"}"#, 0),
            (.getAgentMemories, #"{"agentId":"eve"}"#, 0), (.getAgentMemories, #"{"agentId":"amy"}"#, 1),
            (.getCrossAgentInsights, "{}", 2),
        ] {
            #expect(
                try await fixture.result(method, params, as: Self.bound).memoryIDs.count == count, "\(method) \(params)"
            )
        }
        #expect(try await fixture.result(.count, "{}", as: Self.bound)["count"]?.int64 == 2)
        #expect(try await fixture.result(.count, #"{"agentId":"eve"}"#, as: Self.bound)["count"]?.int64 == 0)
        let statistics = try await fixture.result(.getStats, "{}", as: Self.bound)
        #expect(statistics["memoryByAgent"]?.compacted().description == #"{"amy":1,"bob":1}"#)
        let insights = try await fixture.result(.getCrossAgentInsights, "{}", as: Self.bound)
        #expect(insights["byAgent"]?.compacted().description == #"{"amy":1,"bob":1}"#)
        let agents = try await fixture.result(.listAgents, "{}", as: Self.bound)
        #expect(agents["agents"].map { $0.elements.compactMap { $0["agentId"]?.string } } == ["amy", "bob"])
    }

    @Test("a caller that may do nothing is told nothing")
    func nothing() async throws {
        let fixture = try await Self.fixture()
        let nobody = Caller.bound(read: [], write: [])
        #expect(try await fixture.result(.query, as: nobody).memoryIDs.isEmpty)
        #expect(try await fixture.result(.count, as: nobody)["count"]?.int64 == 0)
        #expect(try await fixture.kind(.store, ServiceFixture.record("x", of: "bob"), as: nobody) == .permissionDenied)
        #expect(try await fixture.kind(.ping, as: nobody) == nil)
        #expect(try await fixture.kind(.getHealth, as: nobody) == nil)
    }

    @Test("a writer need not be a reader")
    func writeOnly() async throws {
        let fixture = try await Self.fixture()
        let writer = Caller.bound(read: [], write: ["bob"])
        #expect(
            try await fixture.result(.store, ServiceFixture.record("of-bob", of: "bob"), as: writer)["version"]?.int64
                == 2)
        #expect(try await fixture.result(.get, #"{"id":"of-bob"}"#, as: writer)["memory"]?.isNull == true)
        #expect(try await fixture.result(.clear, #"{"agentId":"bob"}"#, as: writer)["deleted"]?.int64 == 1)
    }

    @Test("clear all is for administrators, and takes what they may write")
    func clearAll() async throws {
        let fixture = try await Self.fixture()
        #expect(try await fixture.kind(.clear, #"{"all":true}"#) == .permissionDenied)
        let bound = Caller.bound(read: ["amy", "bob"], write: ["bob", "a*"], isAdministrator: true)
        #expect(try await fixture.result(.clear, #"{"all":true}"#, as: bound)["deleted"]?.int64 == 2)
        #expect(fixture.repository.records.map(\.draft.id.value) == ["of-eve"])
        #expect(try await fixture.result(.listAgents)["agents"].map { Array($0.elements).count } == 3)
        #expect(try await fixture.kind(.cleanupExpired, as: bound) == nil)
    }
}
