import MemoryModel
import StrictJSON
import Testing
import WireProtocol

@Suite("Answers", .serialized)
struct AnswerEncoderTests {
    /// The result that an answer to a method has, checked against the method's schema and the envelope's.
    private static func result(_ method: ProtocolMethod, _ result: MethodResult) throws -> String {
        let frame = AnswerEncoder().answer(RPCIdentifier(7), result)
        let bytes = try payload(frame)
        let root = try JSONDocument(parsing: bytes).root
        #expect(try JSONSchema("answer.json").fault(in: root) == nil)
        let value = try #require(root["result"], "\(String(decoding: bytes, as: UTF8.self))")
        #expect(try JSONSchema("methods/\(method).json", at: "$defs/result").fault(in: value) == nil)
        #expect(
            String(decoding: bytes, as: UTF8.self) == "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":\(value.compacted())}")
        return value.compacted().description
    }

    private static let smallText =
        #"{"id":"m1","agentId":"alice","timestamp":"2026-01-02T03:04:05.500000Z","context":{},"tags":[],"importance":5,"#
        + #""version":3,"createdAt":"2026-01-02T03:04:06.000000Z","updatedAt":"2026-01-02T03:04:07.000000Z"}"#

    @Test("stores")
    func stores() throws {
        let outcome = StoreOutcome(id: try Sample.id("m1"), version: 2, created: false)
        #expect(try Self.result(.store, .stored(outcome)) == #"{"id":"m1","version":2,"created":false}"#)
        #expect(
            try Self.result(.storeBatch, .storedBatch([outcome]))
                == #"{"results":[{"id":"m1","version":2,"created":false}]}"#)
        let time = try Sample.time("2026-01-02T03:04:05Z")
        #expect(
            try Self.result(.storeContext, .storedContext(outcome, timestamp: time))
                == #"{"id":"m1","version":2,"created":false,"timestamp":"2026-01-02T03:04:05.000000Z"}"#)
    }

    @Test("memories, with absent fields absent")
    func memories() throws {
        let small = try Sample.record()
        #expect(
            try Self.result(.get, .memory(small, servedFrom: .store))
                == "{\"memory\":\(Self.smallText),\"servedFrom\":\"store\"}")
        #expect(try Self.result(.get, .memory(nil, servedFrom: .cache)) == #"{"memory":null,"servedFrom":"cache"}"#)
        #expect(try Self.result(.getBatch, .memories([nil, small])) == "{\"memories\":[null,\(Self.smallText)]}")
    }

    @Test("every field of a memory comes back as it was kept")
    func fullMemory() throws {
        let record = try Sample.record(context: #"{"a":[1,"é",{"b":null}]}"#, isFull: true)
        let text = try Self.result(.get, .memory(record, servedFrom: .store))
        let memory = try #require(JSONDocument(parsing: Array(text.utf8)).root["memory"])
        #expect(memory["context"]?.compacted() == record.draft.context)
        #expect(
            memory["embeddings"].map { $0.elements.compactMap { $0.double.map { Float($0) } } }
                == record.draft.embeddings)
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
        let text = try Self.result(
            .query, .page(MemoryPage(memories: [], next: position), filter: filter, servedFrom: .cache))
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

    @Test("workers, the cache's history and backups come back as they were")
    func maintenance() throws {
        let time = try Sample.time("2026-01-02T03:04:05Z")
        let workers = [
            WorkerReport(name: "new", schedule: "off", state: .off),
            WorkerReport(
                name: "w", schedule: "every 1m", state: .running, lastRunAt: time, lastResult: "failed: x",
                lastDuration: .milliseconds(1_500), nextRunAt: time, successes: 1, failures: 2, problem: "p"),
        ]
        #expect(try WorkerReport.list(answer: Self.view(.getWorkers, .workers(workers))) == workers)
        let start = WorkerStart(name: "w", startedAt: time)
        #expect(try WorkerStart(answer: Self.view(.runWorker, .workerStarted(start))) == start)
        let history = CacheHistory(
            bucketSeconds: 60, buckets: [.init(start: time, counters: CacheCounters(hits: 3, misses: 1))])
        #expect(try CacheHistory(answer: Self.view(.getCacheHistory, .cacheHistory(history))) == history)
        let dump = BackupReport.Backup(
            id: "d", kind: "dump", createdAt: time, bytes: 9, memories: 4, provenAt: time, problems: [])
        let bad = BackupReport.Backup(
            id: "b", kind: "base", createdAt: nil, bytes: 0, memories: nil, provenAt: nil, problems: ["gone"])
        let wal = BackupReport.WAL(
            status: .degraded, isStrict: true, reason: "r", from: time, until: time, lagBytes: 5, bytes: 6)
        for report in [
            BackupReport(directory: "/b", backups: [dump, bad], wal: wal),
            BackupReport(directory: "/b", backups: [], wal: nil),
            BackupReport(directory: "/b", backups: [], wal: .init(status: .ok, isStrict: false)),
        ] {
            #expect(try BackupReport(answer: Self.view(.listBackups, .backups(report))) == report)
            #expect(try BackupReport(answer: Self.view(.verifyBackup, .backups(report))) == report)
        }
    }

    @Test("metrics")
    func metrics() throws {
        let report = MetricsReport(
            text: "# TYPE a counter\na{b=\"\\\"é\"} 1\n",
            agents: [.init(agentID: try Sample.agent("alice"), requests: 12.5, errors: 0)])
        for report in [report, MetricsReport(text: "")] {
            #expect(try MetricsReport(answer: Self.view(.getMetrics, .metrics(report))) == report)
        }
    }

    /// A result as it is sent, valid by its schema.
    private static func view(_ method: ProtocolMethod, _ result: MethodResult) throws -> JSONView {
        try JSONDocument(parsing: Array(try Self.result(method, result).utf8)).root
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
            AgentListing(
                registration: AgentRegistration(agentID: try Sample.agent("b")), registeredAt: nil, memories: 1),
        ]
        let text = try Self.result(.listAgents, .agents(AgentPage(agents: listings, next: try Sample.agent("b"))))
        #expect(
            text == #"{"agents":[{"agentId":"a","name":"A","capabilities":["x"],"metadata":{"k":1},"#
                + #""registeredAt":"2026-01-02T03:04:05.000000Z","memories":2},"#
                + #"{"agentId":"b","capabilities":[],"metadata":{},"registeredAt":null,"memories":1}],"nextCursor":"0262"}"#
        )
        #expect(
            try Self.result(.listAgents, .agents(AgentPage(agents: [], next: nil)))
                == #"{"agents":[],"nextCursor":null}"#)
    }

    @Test("insights")
    func insights() throws {
        let (a, b) = (try Sample.agent("a"), try Sample.agent("b"))
        let shared = CrossAgentInsights.SharedTag(tag: try Sample.tags("t")[0], agents: [a, b], count: 3)
        let insights = CrossAgentInsights(
            memories: [try Sample.record()], countByAgent: [b: 1, a: 2], sharedTags: [shared])
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
                + #""workers":{"sweeper":{"lastRunAt":"2026-01-02T03:04:05.000000Z","lastResult":null,"nextRunAt":null}}}"#
        )
    }

    @Test("ids are answered as given", arguments: ["7", "\"x\"", #""\u0041\/é""#, "5.0", "-0", "\"\""])
    func ids(id: String) throws {
        let request = try RPCRequest(parsing: Array("{\"jsonrpc\":\"2.0\",\"id\":\(id),\"method\":\"ping\"}".utf8))
        let answer = try payload(AnswerEncoder().answer(try #require(request.id), .empty))
        #expect(String(decoding: answer, as: UTF8.self) == "{\"jsonrpc\":\"2.0\",\"id\":\(id),\"result\":{}}")
    }
}
