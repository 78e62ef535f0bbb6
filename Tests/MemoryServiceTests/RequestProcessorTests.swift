import MemoryModel
import MemoryService
import MonotonicClock
import StrictJSON
import TestSupport
import Testing
import WireProtocol

@Suite("From a payload to an answer")
struct RequestProcessorTests {
    @Test("every method answers something that its schema allows", arguments: ProtocolMethod.allCases)
    func everyMethod(method: ProtocolMethod) async throws {
        let fixture = ServiceFixture(maintenance: ScriptedMaintenance(), metrics: ScriptedMetrics())
        let params: [ProtocolMethod: String] = [
            .runWorker: #"{"name":"sweeper"}"#,
            .store: ServiceFixture.record("m1", of: "a"), .storeBatch: #"{"records":[{"agentId":"a","context":{}}]}"#,
            .get: #"{"id":"m1"}"#, .getBatch: #"{"ids":["m1"]}"#, .delete: #"{"id":"m1"}"#, .clear: #"{"all":true}"#,
            .registerAgent: #"{"agentId":"a"}"#, .unregisterAgent: #"{"agentId":"a"}"#,
            .getAgentMemories: #"{"agentId":"a"}"#,
            .storeContext: #"{"agentId":"a","context":{}}"#,
        ]
        let caller = Caller.bound(read: ["a"], write: ["a"], isAdministrator: true)
        _ = try await fixture.result(method, params[method] ?? "{}", as: caller)
        #expect(fixture.observer.finished == 1 && fixture.observer.errors.isEmpty)
    }

    @Test("the server fills in the id and the timestamp")
    func filledIn() async throws {
        let fixture = ServiceFixture()
        let stored = try await fixture.result(.store, #"{"record":{"agentId":"a","context":{}}}"#)
        let id = try #require(stored["id"]?.string)
        #expect(id.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/) != nil)
        #expect(stored["version"]?.int64 == 1 && stored["created"]?.boolean == true)
        let record = try #require(fixture.repository.records.first)
        #expect(record.draft.timestamp == ServiceFixture.now && record.draft.importance == 5)
        let context = try await fixture.result(.storeContext, #"{"agentId":"a","context":{}}"#)
        #expect(context["timestamp"]?.string == ServiceFixture.now.description)
        #expect(context["id"]?.string != id)
    }

    @Test("expiry is judged by the clock of the call")
    func expiry() async throws {
        let fixture = ServiceFixture()
        let now = ServiceFixture.now
        for (moved, isRefused) in [(Int64(-1), true), (0, true), (1, false)] {
            let time = now.advanced(byMicroseconds: moved)
            let record = #"{"agentId":"a","context":{},"expiresAt":"\#(time)"}"#
            let cases: [(ProtocolMethod, String, String)] = [
                (.store, "{\"record\":\(record)}", "record.expiresAt"), (.storeContext, record, "expiresAt"),
                (.storeBatch, "{\"records\":[{\"agentId\":\"a\",\"context\":{}},\(record)]}", "records[1].expiresAt"),
            ]
            for (method, params, field) in cases {
                let data = try await fixture.answer(ServiceFixture.request(method, params))?["error"]?["data"]
                #expect(data?["kind"]?.string == (isRefused ? "invalid_params" : nil))
                #expect(data?["field"]?.string == (isRefused ? field : nil))
            }
        }
    }

    @Test("what is no request is answered at once, with the id that was read")
    func refused() async throws {
        let fixture = ServiceFixture()
        let cases: [(String, String, ErrorKind)] = [
            ("{", "null", .parseError), (#"{"id":7,"#, "7", .parseError), ("[]", "null", .invalidRequest),
            (#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, "null", .invalidRequest),
            (#"{"jsonrpc":"2.0","id":"x","method":"nope"}"#, "\"x\"", .methodNotFound),
            (#"{"jsonrpc":"2.0","id":"x","method":"Ping"}"#, "\"x\"", .methodNotFound),
            (#"{"jsonrpc":"2.0","id":"x","method":"ping","params":{"a":1}}"#, "\"x\"", .invalidParams),
            (#"{"jsonrpc":"2.0","id":"x","method":"ping","deadlineMs":0}"#, "\"x\"", .invalidParams),
        ]
        for (text, id, kind) in cases {
            let answer = try #require(try await fixture.answer(text))
            #expect(answer["id"]?.compacted().description == id, "\(text)")
            #expect(answer["error"]?["data"]?["kind"]?.string == kind.rawValue, "\(text)")
        }
        #expect(fixture.observer.errors.map(\.kind) == cases.map(\.2))
        #expect(fixture.observer.finished == 0)
    }

    @Test("a method's name is quoted in bounds")
    func longMethodName() async throws {
        let name = "a" + String(repeating: "\u{301}", count: 100_000)
        let answer = try await ServiceFixture().answer(#"{"jsonrpc":"2.0","id":1,"method":"\#(name)"}"#)
        #expect((answer?.rawBytes.count ?? .max) < 1_000)
    }

    @Test("notifications are carried out and not answered, whatever becomes of them")
    func notifications() async throws {
        let fixture = ServiceFixture()
        let texts = [
            #"{"jsonrpc":"2.0","method":"store","params":\#(ServiceFixture.record("m1", of: "a"))}"#,
            #"{"jsonrpc":"2.0","method":"store","params":{}}"#, #"{"jsonrpc":"2.0","method":"nope"}"#,
            #"{"jsonrpc":"2.0","method":"cleanupExpired"}"#, #"{"jsonrpc":"2.0","method":"ping","deadlineMs":0}"#,
        ]
        for text in texts { #expect(try await fixture.answer(text) == nil) }
        #expect(fixture.repository.records.map(\.draft.id.value) == ["m1"])
        #expect(
            fixture.observer.errors.map(\.kind) == [.invalidParams, .methodNotFound, .permissionDenied, .invalidParams])
    }

    @Test("deadlines count from the frame's last byte")
    func deadlines() throws {
        let fixture = ServiceFixture()
        let received = MonotonicInstant.now - .seconds(1)
        for (member, expected) in [("", Duration.milliseconds(5_000)), (#","deadlineMs":250"#, .milliseconds(250))] {
            let text = #"{"jsonrpc":"2.0","id":1,"method":"ping"\#(member)}"#
            guard
                case .run(let request) = fixture.processor.prepare(
                    Array(text.utf8), from: Caller.everyone.peer, receivedAt: received)
            else { return }
            #expect(request.deadline == received + expected && request.receivedAt == received)
        }
    }

    @Test(
        "the store's errors reach the caller, without what is for the log only",
        arguments: [
            ErrorKind.storeUnavailable, .deadlineExceeded, .commitUnknown, .busy, .internalError,
        ])
    func storeErrors(kind: ErrorKind) async throws {
        let fixture = ServiceFixture { _ throws(StoreError) in throw StoreError(kind, "it failed", detail: "secret") }
        let request = ServiceFixture.request(.store, ServiceFixture.record("m1", of: "a"))
        let answer = try #require(try await fixture.answer(request))
        let data = try #require(answer["error"]?["data"])
        #expect(data["kind"]?.string == kind.rawValue && data["retryable"]?.boolean == kind.isRetryable)
        #expect(data["ids"].map { $0.elements.compactMap(\.string) } == (kind == .commitUnknown ? ["m1"] : nil))
        #expect((data["requestId"]?.string?.isEmpty == false) == (kind == .internalError))
        #expect(!answer.compacted().description.contains("secret"))
        #expect(fixture.observer.errors.first?.detail == "secret")
        #expect(fixture.observer.errors.first?.requestID == data["requestId"]?.string)
    }

    @Test("a store whose outcome is unknown names the id that the server made")
    func unknownOutcome() async throws {
        let fixture = ServiceFixture { _ throws(StoreError) in throw StoreError(.commitUnknown, "lost") }
        let calls: [(ProtocolMethod, String, Int)] = [
            (.storeContext, #"{"agentId":"a","context":{}}"#, 1),
            (.store, #"{"record":{"agentId":"a","context":{}}}"#, 1),
            (.storeBatch, #"{"records":[{"agentId":"a","context":{}},{"id":"m2","agentId":"a","context":{}}]}"#, 2),
            (.delete, #"{"id":"m1"}"#, 1),
        ]
        for (method, params, count) in calls {
            let ids = try await fixture.answer(ServiceFixture.request(method, params))?["error"]?["data"]?["ids"]
            let called = try #require(fixture.repository.calls.last)
            #expect(ids.map { $0.elements.compactMap(\.string) } == called.ids.map(\.value))
            #expect(called.ids.count == count)
        }
    }

    @Test("versions")
    func versions() async throws {
        let fixture = ServiceFixture()
        let conditional = { (version: Int) in
            #"{"ifVersion":\#(version),"record":{"id":"m1","agentId":"a","context":{}}}"#
        }
        let answer = try await fixture.answer(ServiceFixture.request(.store, conditional(1)))
        #expect(answer?["error"]?["data"]?["currentVersion"]?.isNull == true)
        #expect(try await fixture.result(.store, conditional(0))["version"]?.int64 == 1)
        let second = try await fixture.answer(ServiceFixture.request(.store, conditional(0)))
        #expect(second?["error"]?["data"]?["currentVersion"]?.int64 == 1)
        #expect(try await fixture.result(.store, conditional(1))["created"]?.boolean == false)
        #expect(try await fixture.kind(.delete, #"{"id":"m1","ifVersion":1}"#) == .versionConflict)
        #expect(try await fixture.result(.delete, #"{"id":"m1","ifVersion":2}"#)["deleted"]?.boolean == true)
    }

    @Test("statistics are as old as they may be, and fresh when asked")
    func statistics() async throws {
        let fixture = ServiceFixture()
        _ = try await fixture.result(.getStats)
        _ = try await fixture.result(.getStats, #"{"fresh":false}"#)
        _ = try await fixture.result(.getStats, #"{"fresh":true}"#)
        #expect(fixture.repository.calls.map(\.name) == ["statistics", "statistics", "freshStatistics"])
    }

    @Test("health tells of a store that fails, and is no error")
    func health() async throws {
        let well = try await ServiceFixture().result(.getHealth)
        #expect(well["status"]?.string == "ok" && well["store"]?["latencyMs"]?.double == 0.25)
        #expect(well["version"]?.string == "1.2.3" && well["limits"]?["maxFrameBytes"]?.int64 == 9)
        let fixture = ServiceFixture { _ throws(StoreError) in throw StoreError(.storeUnavailable, "gone") }
        let ill = try await fixture.result(.getHealth)
        #expect(ill["status"]?.string == "unavailable" && ill["store"]?["reason"]?.string == "gone")
    }
}
