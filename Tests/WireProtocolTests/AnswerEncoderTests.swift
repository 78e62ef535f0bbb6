import MemoryModel
import StrictJSON
import Testing
import WireProtocol

@Suite("Answers")
struct AnswerEncoderTests {
    /// The result that an answer to a method has, checked against the method's schema and the envelope's.
    private static func result(_ method: ProtocolMethod, _ result: MethodResult) throws -> String {
        let frame = AnswerEncoder().answer(RPCIdentifier(7), result)
        let bytes = try payload(frame)
        let root = try JSONDocument(parsing: bytes).root
        #expect(try JSONSchema("answer.json").fault(in: root) == nil)
        let value = try #require(root["result"], "\(String(decoding: bytes, as: UTF8.self))")
        #expect(try JSONSchema("methods/\(method).json", at: "$defs/result").fault(in: value) == nil)
        #expect(String(decoding: bytes, as: UTF8.self) == "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":\(value.compacted())}")
        return value.compacted().description
    }

    private static let smallText =
        #"{"id":"m1","agentId":"alice","timestamp":"2026-01-02T03:04:05.500000Z","context":{},"tags":[],"importance":5,"#
        + #""version":3,"createdAt":"2026-01-02T03:04:06.000000Z","updatedAt":"2026-01-02T03:04:07.000000Z"}"#

    @Test("stores")
    func stores() throws {
        let outcome = StoreOutcome(id: try Sample.id("m1"), version: 2, created: false)
        #expect(try Self.result(.store, .stored(outcome)) == #"{"id":"m1","version":2,"created":false}"#)
        #expect(try Self.result(.storeBatch, .storedBatch([outcome])) == #"{"results":[{"id":"m1","version":2,"created":false}]}"#)
        let time = try Sample.time("2026-01-02T03:04:05Z")
        #expect(
            try Self.result(.storeContext, .storedContext(outcome, timestamp: time))
                == #"{"id":"m1","version":2,"created":false,"timestamp":"2026-01-02T03:04:05.000000Z"}"#)
    }

    @Test("memories, with absent fields absent")
    func memories() throws {
        let small = try Sample.record()
        #expect(
            try Self.result(.get, .memory(small, servedFrom: .store)) == "{\"memory\":\(Self.smallText),\"servedFrom\":\"store\"}")
        #expect(try Self.result(.get, .memory(nil, servedFrom: .cache)) == #"{"memory":null,"servedFrom":"cache"}"#)
        #expect(try Self.result(.getBatch, .memories([nil, small])) == "{\"memories\":[null,\(Self.smallText)]}")
    }

    @Test("every field of a memory comes back as it was kept")
    func fullMemory() throws {
        let record = try Sample.record(context: #"{"a":[1,"é",{"b":null}]}"#, isFull: true)
        let text = try Self.result(.get, .memory(record, servedFrom: .store))
        let memory = try #require(JSONDocument(parsing: Array(text.utf8)).root["memory"])
        #expect(memory["context"]?.compacted() == record.draft.context)
        #expect(memory["embeddings"].map { $0.elements.compactMap { $0.double.map { Float($0) } } } == record.draft.embeddings)
        #expect(memory["tags"].map { $0.elements.compactMap(\.string) } == ["a", "b"])
        #expect(memory["expiresAt"]?.string == "2027-01-01T00:00:00.000000Z")
        #expect(memory["version"]?.int64 == 3 && memory["importance"]?.int64 == 9)
        #expect(try MemoryRecord(answer: memory) == record)
    }

    @Test("pages")
    func pages() throws {
        let filter = MemoryFilter(minimumImportance: 3)
        let last = MemoryPage(memories: [try Sample.record()], next: nil)
        for method in [ProtocolMethod.query, .queryContext, .getAgentMemories] {
            #expect(
                try Self.result(method, .page(last, filter: filter, servedFrom: .store))
                    == "{\"memories\":[\(Self.smallText)],\"nextCursor\":null,\"servedFrom\":\"store\"}")
        }
        let position = PagePosition(timestamp: try Sample.time("2026-01-02T03:04:05Z"), id: try Sample.id("m1"))
        let text = try Self.result(.query, .page(MemoryPage(memories: [], next: position), filter: filter, servedFrom: .cache))
        let cursor = QueryCursor(position: position, filter: filter).text
        #expect(text == "{\"memories\":[],\"nextCursor\":\"\(cursor)\",\"servedFrom\":\"cache\"}")
    }

    @Test("counts and deletions")
    func counts() throws {
        #expect(try Self.result(.count, .count(.max)) == #"{"count":9223372036854775807}"#)
        #expect(try Self.result(.delete, .deleted(true)) == #"{"deleted":true}"#)
        #expect(try Self.result(.unregisterAgent, .deleted(false)) == #"{"deleted":false}"#)
        #expect(try Self.result(.clear, .deletedCount(0)) == #"{"deleted":0}"#)
        #expect(try Self.result(.cleanupExpired, .deletedCount(7)) == #"{"deleted":7}"#)
        #expect(try Self.result(.ping, .empty) == "{}")
    }

    @Test("statistics")
    func statistics() throws {
        let statistics = MemoryStatistics(
            memoriesByAgent: [try Sample.agent("b"): 1, try Sample.agent("a"): 2], tagCount: 4,
            refreshedAt: try Sample.time("2026-01-02T03:04:05Z"))
        #expect(
            try Self.result(.getStats, .statistics(statistics, cache: CacheCounters(hits: 3, misses: 1)))
                == #"{"totalMemories":3,"agentCount":2,"tagCount":4,"memoryByAgent":{"a":2,"b":1},"#
                + #""refreshedAt":"2026-01-02T03:04:05.000000Z","cache":{"hits":3,"misses":1,"hitRate":0.75}}"#)
        _ = try Self.result(.getStats, .statistics(statistics, cache: CacheCounters()))
    }

    @Test("agents")
    func agents() throws {
        let time = try Sample.time("2026-01-02T03:04:05Z")
        let outcome = RegistrationOutcome(created: true, registeredAt: time)
        #expect(
            try Self.result(.registerAgent, .registered(Sample.agent("a"), outcome))
                == #"{"agentId":"a","created":true,"registeredAt":"2026-01-02T03:04:05.000000Z"}"#)
        var full = AgentRegistration(agentID: try Sample.agent("a"), name: "A", capabilities: try Sample.tags("x"))
        full.metadata = try JSONText(parsing: #"{"k":1}"#)
        let listings = [
            AgentListing(registration: full, registeredAt: time, memories: 2),
            AgentListing(registration: AgentRegistration(agentID: try Sample.agent("b")), registeredAt: nil, memories: 1),
        ]
        let text = try Self.result(.listAgents, .agents(AgentPage(agents: listings, next: try Sample.agent("b"))))
        #expect(
            text == #"{"agents":[{"agentId":"a","name":"A","capabilities":["x"],"metadata":{"k":1},"#
                + #""registeredAt":"2026-01-02T03:04:05.000000Z","memories":2},"#
                + #"{"agentId":"b","capabilities":[],"metadata":{},"registeredAt":null,"memories":1}],"nextCursor":"0262"}"#)
        #expect(try Self.result(.listAgents, .agents(AgentPage(agents: [], next: nil))) == #"{"agents":[],"nextCursor":null}"#)
    }

    @Test("insights")
    func insights() throws {
        let (a, b) = (try Sample.agent("a"), try Sample.agent("b"))
        let shared = CrossAgentInsights.SharedTag(tag: try Sample.tags("t")[0], agents: [a, b], count: 3)
        let insights = CrossAgentInsights(memories: [try Sample.record()], countByAgent: [b: 1, a: 2], sharedTags: [shared])
        #expect(
            try Self.result(.getCrossAgentInsights, .insights(insights))
                == "{\"memories\":[\(Self.smallText)],\"byAgent\":{\"a\":2,\"b\":1},"
                + "\"sharedTags\":[{\"tag\":\"t\",\"agents\":[\"a\",\"b\"],\"count\":3}]}")
    }

    @Test("health")
    func health() throws {
        var worker = HealthReport.Worker()
        worker.lastRunAt = "2026-01-02T03:04:05.000000Z"
        let report = HealthReport(
            status: .degraded, version: "1.2.3", limits: ["b": 2, "a": 1], uptimeSeconds: 1.5,
            store: HealthReport.Part(status: .ok, latencyMilliseconds: 0.25),
            cache: HealthReport.Part(status: .unavailable, reason: "gone"), workers: ["sweeper": worker])
        #expect(
            try Self.result(.getHealth, .health(report))
                == #"{"status":"degraded","version":"1.2.3","protocol":1,"limits":{"a":1,"b":2},"uptimeSeconds":1.5,"#
                + #""store":{"status":"ok","latencyMs":0.25},"cache":{"status":"unavailable","reason":"gone"},"#
                + #""workers":{"sweeper":{"lastRunAt":"2026-01-02T03:04:05.000000Z","lastResult":null,"nextRunAt":null}}}"#)
    }

    @Test("ids are answered as given", arguments: ["7", "\"x\"", #""\u0041\/é""#, "5.0", "-0", "\"\""])
    func ids(id: String) throws {
        let request = try RPCRequest(parsing: Array("{\"jsonrpc\":\"2.0\",\"id\":\(id),\"method\":\"ping\"}".utf8))
        let answer = try payload(AnswerEncoder().answer(try #require(request.id), .empty))
        #expect(String(decoding: answer, as: UTF8.self) == "{\"jsonrpc\":\"2.0\",\"id\":\(id),\"result\":{}}")
    }
}

@Suite("Error answers")
struct ErrorAnswerTests {
    static let errors: [(error: StoreError, data: String)] = [
        (StoreError(.parseError, "m"), #"{"kind":"parse_error","retryable":false}"#),
        (.invalid("record.importance", "m"), #"{"kind":"invalid_params","field":"record.importance","retryable":false}"#),
        (StoreError(.busy, "m", retryAfterMilliseconds: 100), #"{"kind":"busy","retryable":true,"retryAfterMs":100}"#),
        (StoreError(.versionConflict, "m", conflict: .absent), #"{"kind":"version_conflict","retryable":false,"currentVersion":null}"#),
        (StoreError(.versionConflict, "m", conflict: .current(4)), #"{"kind":"version_conflict","retryable":false,"currentVersion":4}"#),
        (StoreError(.commitUnknown, "m", ids: [MemoryID("a"), MemoryID("b")].compactMap { $0 }),
            #"{"kind":"commit_unknown","retryable":true,"ids":["a","b"]}"#),
        (StoreError(.commitUnknown, "m"), #"{"kind":"commit_unknown","retryable":true,"ids":[]}"#),
        (StoreError(.internalError, "m", requestID: "ff", detail: "secret"), #"{"kind":"internal","retryable":false,"requestId":"ff"}"#),
        (StoreError(.storeUnavailable, "m", detail: "secret"), #"{"kind":"store_unavailable","retryable":true}"#),
    ]

    @Test("the data of each", arguments: errors)
    func data(error: StoreError, data: String) throws {
        let bytes = try payload(AnswerEncoder().answer(RPCIdentifier(1), error))
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":\(error.kind.code),\"message\":\"m\",\"data\":\(data)}}")
    }

    @Test("every kind is answered by the table, and read back", arguments: ErrorKind.allCases)
    func kinds(kind: ErrorKind) throws {
        let bytes = try payload(AnswerEncoder().answer(.null, StoreError(kind, "a \"message\"\n")))
        let root = try JSONDocument(parsing: bytes).root
        #expect(try JSONSchema("answer.json").fault(in: root) == nil)
        #expect(root["id"]?.isNull == true)
        let answer = try RPCAnswer(parsing: bytes)
        guard case .failure(let rejection) = answer.outcome else { return fail("no rejection") }
        #expect(rejection.kind == kind && rejection.code == Int64(kind.code) && rejection.isRetryable == kind.isRetryable)
        #expect(rejection.message == "a \"message\"\n")
    }
}

@Suite("Answers that would be too long")
struct LongAnswerTests {
    private static func records(_ count: Int) throws -> [MemoryRecord] {
        try (0..<count).map { index in
            var record = try Sample.record("m\(1_000 - index)", context: "{\"text\":\"\(String(repeating: "x", count: 100))\"}")
            record.draft.timestamp = try #require(Timestamp(microseconds: Int64(1_000_000 - index / 3)))
            return record
        }
    }

    /// A page's ids and next cursor.
    private static func read(_ frame: [UInt8]) throws -> (ids: [String], cursor: String?) {
        let result = try #require(JSONDocument(parsing: payload(frame)).root["result"])
        let ids = try #require(result["memories"]).elements.compactMap { $0["id"]?.string }
        return (ids, result["nextCursor"]?.string)
    }

    @Test("pages end early, and their cursors follow on exactly", arguments: [1_500, 2_000, 3_333, 5_000, 20_000])
    func pages(maximumBytes: Int) throws {
        let records = try Self.records(50)
        let filter = MemoryFilter(agentID: try Sample.agent("alice"))
        let encoder = AnswerEncoder(maximumBytes: maximumBytes)
        var seen: [String] = []
        var start = 0
        repeat {
            // A store would answer what comes after the cursor.
            let page = MemoryPage(memories: Array(records[start...]), next: nil)
            let frame = encoder.answer(RPCIdentifier(1), .page(page, filter: filter, servedFrom: .store))
            let (ids, cursor) = try Self.read(frame)
            #expect(frame.count - 4 <= maximumBytes && !ids.isEmpty)
            seen += ids
            guard let cursor else { break }
            let position = try #require(QueryCursor(decoding: cursor))
            #expect(position.belongs(to: filter))
            let last = try #require(records.firstIndex { $0.draft.id == position.position.id })
            #expect(records[last].draft.timestamp == position.position.timestamp && ids.last == records[last].draft.id.value)
            start = last + 1
        } while start < records.count
        #expect(seen == records.map(\.draft.id.value))
    }

    @Test("a page that fits keeps the cursor that the store gave")
    func fits() throws {
        let next = PagePosition(timestamp: .earliest, id: try Sample.id("z"))
        let page = MemoryPage(memories: try Self.records(3), next: next)
        let (ids, cursor) = try Self.read(AnswerEncoder().answer(RPCIdentifier(1), .page(page, filter: MemoryFilter(), servedFrom: .store)))
        #expect(ids.count == 3)
        #expect(try QueryCursor(decoding: #require(cursor))?.position == next)
    }

    @Test("a single memory that is too long is an error, not a page of none")
    func oneTooLong() throws {
        let page = MemoryPage(memories: try Self.records(2), next: nil)
        let bytes = try payload(
            AnswerEncoder(maximumBytes: 200).answer(RPCIdentifier(1), .page(page, filter: MemoryFilter(), servedFrom: .store)))
        #expect(try JSONDocument(parsing: bytes).root["error"]?["data"]?["kind"]?.string == "unsupported")
    }

    @Test("a batch that is too long names the ids")
    func batch() throws {
        let bytes = try payload(AnswerEncoder(maximumBytes: 1_000).answer(RPCIdentifier(1), .memories(try Self.records(20))))
        let data = try JSONDocument(parsing: bytes).root["error"]?["data"]
        #expect(data?["kind"]?.string == "invalid_params" && data?["field"]?.string == "ids")
    }

    @Test("insights keep their totals and cut their memories")
    func insights() throws {
        let agents = try (0..<20).map { try Sample.agent("agent-\($0)") }
        let counts = Dictionary(uniqueKeysWithValues: agents.map { ($0, Int64(3)) })
        let insights = CrossAgentInsights(memories: try Self.records(50), countByAgent: counts, sharedTags: [])
        let frame = AnswerEncoder(maximumBytes: 3_000).answer(RPCIdentifier(1), .insights(insights))
        let result = try #require(JSONDocument(parsing: payload(frame)).root["result"])
        #expect(frame.count - 4 <= 3_000)
        #expect(1..<50 ~= (result["memories"].map { Array($0.elements).count } ?? 0))
        #expect(result["byAgent"].map { Array($0.members).count } == 20)
    }

    @Test("a list of agents ends early, and its cursor follows on exactly")
    func agents() throws {
        let listings = try (0..<40).map { index in
            AgentListing(
                registration: AgentRegistration(agentID: try Sample.agent("agent-\(10 + index)"), name: String(repeating: "n", count: 90)),
                registeredAt: .earliest, memories: 1)
        }
        let encoder = AnswerEncoder(maximumBytes: 2_500)
        var seen: [String] = []
        var start = 0
        while start < listings.count {
            let frame = encoder.answer(RPCIdentifier(1), .agents(AgentPage(agents: Array(listings[start...]), next: nil)))
            #expect(frame.count - 4 <= 2_500)
            let result = try #require(JSONDocument(parsing: payload(frame)).root["result"])
            seen += result["agents"].map { $0.elements.compactMap { $0["agentId"]?.string } } ?? []
            guard let cursor = result["nextCursor"]?.string else { break }
            #expect(AgentCursor(decoding: cursor)?.agent.value == seen.last)
            start = seen.count
        }
        #expect(seen == listings.map(\.registration.agentID.value))
    }
}
