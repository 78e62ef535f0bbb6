import MemoryModel
import StrictJSON
import Testing
import WireProtocol

@Suite("Parameters that are accepted", .serialized)
struct AcceptedParametersTests {
    private static func record(_ params: String) throws -> RecordParameters {
        guard case .store(let record, _) = try decode(.store, params) else {
            throw StoreError(.internalError, "no store")
        }
        return record
    }

    private static func query(_ params: String?, _ method: ProtocolMethod = .query) throws -> MethodCall.QueryParameters
    {
        guard case .query(let parameters) = try decode(method, params) else {
            throw StoreError(.internalError, "no query")
        }
        return parameters
    }

    @Test("a record of the required fields alone has the defaults")
    func smallestRecord() throws {
        let record = try Self.record(#"{"record":{"agentId":"alice","context":{}}}"#)
        #expect(record.id == nil && record.timestamp == nil && record.embeddings == nil && record.expiresAt == nil)
        #expect(record.agentID.value == "alice" && record.context == .emptyObject)
        #expect(record.tags.isEmpty && record.importance == 5)
        #expect(record.expiresAtField == "record.expiresAt")
    }

    @Test("a record of every field")
    func fullRecord() throws {
        let text = """
            {"ifVersion":0,"record":{"id":"m1","agentId":"a:b@c/d","timestamp":"2026-01-02t03:04:05.1234567+01:00",
            "context":{ "k" : [1, "\\u0041"] },"embeddings":[1,-0.5,1e-50,3.4028234663852886e38],
            "tags":["b","a","b","\u{E9}","e\u{301}"],"importance":1e1,"expiresAt":"2030-01-01T00:00:00Z"}}
            """
        guard case .store(let record, let ifVersion) = try decode(.store, text) else { return fail("no store") }
        #expect(ifVersion == 0)
        #expect(record.id?.value == "m1" && record.agentID.value == "a:b@c/d")
        #expect(record.timestamp?.description == "2026-01-02T02:04:05.123457Z")
        #expect(record.context.description == #"{"k":[1,"A"]}"#)
        #expect(record.embeddings == [1, -0.5, 0, .greatestFiniteMagnitude])
        #expect(record.tags.map { Array($0.value.utf8) } == ["a", "b", "e\u{301}", "\u{E9}"].map { Array($0.utf8) })
        #expect(record.importance == 10)
        #expect(record.expiresAt?.description == "2030-01-01T00:00:00.000000Z")
    }

    static let largest: [String] = [
        "\"id\":\"" + String(repeating: "x", count: 128) + "\"",
        "\"embeddings\":[" + [String](repeating: "0.1", count: 4_096).joined(separator: ",") + "]",
        "\"tags\":[" + (0..<64).map { "\"t\($0)\"" }.joined(separator: ",") + "]",
        "\"tags\":[\"" + String(repeating: "😀", count: 128) + "\"]",
        "\"tags\":[]", "\"expiresAt\":null", "\"importance\":1", "\"importance\":10.0",
        "\"timestamp\":\"0001-01-01T00:00:00Z\"",
        "\"timestamp\":\"9999-12-31T23:59:59.999999Z\"",
    ]

    @Test("fields at their limits", arguments: largest)
    func limits(member: String) throws {
        let params = "{\"record\":{\"agentId\":\"a\",\"context\":{},\(member)}}"
        _ = try Self.record(params)
        let fault = try JSONSchema("methods/store.json", at: "$defs/params").fault(
            in: JSONDocument(parsing: Array(params.utf8)).root)
        #expect(fault == nil)
    }

    @Test("contexts at their limits: 56 deep, 1 MiB once compact")
    func contextLimits() throws {
        let deep = String(repeating: "{\"a\":", count: 55) + "{}" + String(repeating: "}", count: 55)
        #expect(try Self.record("{\"record\":{\"agentId\":\"a\",\"context\":\(deep)}}").context.description == deep)
        let long = "{\"a\":\"" + String(repeating: "x", count: Limits.contextBytes - 8) + "\"}"
        #expect(
            try Self.record("{\"record\":{\"agentId\":\"a\",\"context\":\(long)}}").context.bytes.count
                == Limits.contextBytes)
        // White space and escapes that compaction removes don't count.
        let escaped = "{  \"a\" :\n\"" + String(repeating: "\\u0078", count: Limits.contextBytes - 8) + "\"}"
        #expect(try Self.record("{\"record\":{\"agentId\":\"a\",\"context\":\(escaped)}}").context.description == long)
        let metadata = "{\"a\":\"" + String(repeating: "x", count: Limits.agentMetadataBytes - 8) + "\"}"
        #expect(try refusal(.registerAgent, "{\"agentId\":\"a\",\"metadata\":\(metadata)}") == nil)
    }

    @Test("batches of one and of a thousand, ids given or not")
    func batches() throws {
        for count in [1, 1_000] {
            let records = (0..<count).map {
                "{\($0 % 2 == 0 ? "\"id\":\"m\($0)\"," : "")\"agentId\":\"a\",\"context\":{}}"
            }
            guard
                case .storeBatch(let batch) = try decode(
                    .storeBatch, "{\"records\":[\(records.joined(separator: ","))]}")
            else {
                return fail("no batch")
            }
            #expect(batch.count == count && batch[0].expiresAtField == "records[0].expiresAt")
            let ids = (0..<count).map { "\"m\($0 % 7)\"" }.joined(separator: ",")
            guard case .getBatch(let read) = try decode(.getBatch, "{\"ids\":[\(ids)]}") else { return fail("no ids") }
            #expect(read.map(\.value) == (0..<count).map { "m\($0 % 7)" })
        }
    }

    @Test("filters", arguments: [ProtocolMethod.query, .queryContext])
    func filters(method: ProtocolMethod) throws {
        for params in [nil, "{}", #"{"tags":[],"cursor":null}"#] {
            #expect(try Self.query(params, method) == Self.query("{}"))
        }
        let plain = try Self.query("{}", method)
        #expect(plain.filter == MemoryFilter() && plain.limit == 100 && plain.position == nil)
        let full = try Self.query(
            #"{"agentId":"a","tags":["b","a","a"],"tagMode":"all","startDate":"2026-01-02","endDate":"2026-01-02","minImportance":3,"limit":1000}"#,
            method)
        #expect(full.filter.agentID?.value == "a" && full.filter.tagMode == .all && full.filter.minimumImportance == 3)
        #expect(full.filter.tags.map(\.value) == ["a", "b"] && full.limit == 1_000)
        #expect(full.filter.start?.description == "2026-01-02T00:00:00.000000Z")
        #expect(full.filter.end?.description == "2026-01-02T23:59:59.999999Z")
    }

    @Test("bounds in time are inclusive, and a date as the end means its whole day")
    func timeBounds() throws {
        let exact = try Self.query(#"{"startDate":"2026-01-02T01:00:00+01:00","endDate":"2026-01-02T00:00:00Z"}"#)
            .filter
        #expect(exact.start == exact.end && exact.start?.description == "2026-01-02T00:00:00.000000Z")
        #expect(try Self.query(#"{"endDate":"9999-12-31"}"#).filter.end == .latest)
        #expect(try Self.query(#"{"startDate":"0001-01-01"}"#).filter.start == .earliest)
        // Nothing matches, and that is no fault.
        _ = try Self.query(#"{"startDate":"2026-01-03","endDate":"2026-01-02"}"#)
    }

    @Test("the other methods")
    func others() throws {
        guard case .get(let id) = try decode(.get, #"{"id":"m1"}"#), id.value == "m1" else { return fail("get") }
        guard case .delete(_, nil) = try decode(.delete, #"{"id":"m1"}"#) else { return fail("delete") }
        guard case .delete(_, .max?) = try decode(.delete, #"{"id":"m1","ifVersion":9223372036854775807}"#) else {
            return fail("delete with ifVersion")
        }
        guard case .clear(.all) = try decode(.clear, #"{"all":true}"#) else { return fail("clear all") }
        guard case .clear(.agent(let agent)) = try decode(.clear, #"{"agentId":"a"}"#), agent.value == "a" else {
            return fail("clear")
        }
        for (params, isFresh) in [
            (nil, false), ("{}", false), (#"{"fresh":false}"#, false), (#"{"fresh":true}"#, true),
        ] {
            guard case .getStats(isFresh) = try decode(.getStats, params) else { return fail("getStats \(isFresh)") }
        }
        guard case .listAgents(nil, 100) = try decode(.listAgents, nil) else { return fail("listAgents") }
        guard
            case .getCrossAgentInsights(let filter, 7) = try decode(
                .getCrossAgentInsights, #"{"tags":["a"],"limit":7}"#),
            filter.tags.count == 1
        else { return fail("insights") }
        let memories = try Self.query(#"{"agentId":"a","limit":5}"#, .getAgentMemories)
        #expect(try memories == Self.query(#"{"agentId":"a","limit":5}"#))
        guard
            case .storeContext(let context) = try decode(.storeContext, #"{"agentId":"a","context":{},"importance":7}"#)
        else {
            return fail("storeContext")
        }
        #expect(
            context.id == nil && context.timestamp == nil && context.importance == 7
                && context.expiresAtField == "expiresAt")
    }

    @Test("registrations")
    func registrations() throws {
        guard case .registerAgent(let plain) = try decode(.registerAgent, #"{"agentId":"a"}"#) else {
            return fail("plain")
        }
        #expect(plain == AgentRegistration(agentID: try Sample.agent("a")))
        let name = String(repeating: "e\u{301}", count: 64)
        let text = #"{"agentId":"a","name":"\#(name)","capabilities":["b","a","b"],"metadata":{ "k": 1 }}"#
        guard case .registerAgent(let full) = try decode(.registerAgent, text) else { return fail("full") }
        #expect(
            full.name == name && full.capabilities.map(\.value) == ["a", "b"]
                && full.metadata.description == #"{"k":1}"#)
        guard case .registerAgent(let unnamed) = try decode(.registerAgent, #"{"agentId":"a","name":""}"#) else {
            return
        }
        #expect(unnamed.name?.isEmpty == true)
    }

    @Test("which memories a call names")
    func namedMemories() throws {
        let record = #"{"id":"m1","agentId":"a","context":{}}"#
        let cases: [(ProtocolMethod, String?, [String])] = [
            (.store, #"{"record":\#(record)}"#, ["m1"]), (.store, #"{"record":{"agentId":"a","context":{}}}"#, []),
            (
                .storeBatch,
                #"{"records":[\#(record),{"agentId":"a","context":{}},{"id":"m2","agentId":"a","context":{}}]}"#,
                ["m1", "m2"]
            ),
            (.get, #"{"id":"m1"}"#, ["m1"]), (.getBatch, #"{"ids":["b","a"]}"#, ["b", "a"]),
            (.delete, #"{"id":"m1"}"#, ["m1"]),
            (.query, nil, []), (.clear, #"{"agentId":"a"}"#, []), (.ping, nil, []),
        ]
        for (method, params, ids) in cases {
            #expect(try decode(method, params).namedMemories.map(\.value) == ids, "\(method)")
        }
    }
}
