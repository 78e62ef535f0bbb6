import MemoryModel
import StrictJSON
import Testing
import WireProtocol

/// Parameters that a method refuses, and the path of the field at fault.
struct RefusedCase: Sendable, CustomTestStringConvertible {
    let method: ProtocolMethod
    let params: String
    let field: String

    /// Whether the rule is one that a schema can't say.
    var isBeyondSchema = false

    var testDescription: String { "\(method) \(params.prefix(80)) → \(field)" }
}

/// A value of one field that breaks its rule; `at` is what follows the field's name in the path of the fault.
private struct BadValue {
    let name: String
    let json: String?
    var at = ""
    var isBeyondSchema = false

    /// No value at all.
    static func missing(_ name: String) -> BadValue { BadValue(name: name, json: nil) }

    static func each(_ name: String, _ values: String...) -> [BadValue] {
        values.map { BadValue(name: name, json: $0) }
    }

    static func beyondSchema(_ name: String, _ values: String...) -> [BadValue] {
        values.map { BadValue(name: name, json: $0, isBeyondSchema: true) }
    }
}

private let longName = "\"" + String(repeating: "x", count: 129) + "\""

private func list(_ count: Int, _ element: (Int) -> String) -> String {
    "[" + (0..<count).map(element).joined(separator: ",") + "]"
}

/// What is wrong for the id of a memory, or of an agent, wherever one is asked for.
private func badNames(_ name: String) -> [BadValue] {
    BadValue.each(
        name, "null", "5", "true", "[]", "{}", "\"\"", "\"-a\"", "\".a\"", "\"a b\"", "\"é\"", "\"a\\n\"", longName)
}

private func badTags(_ name: String) -> [BadValue] {
    BadValue.each(name, "null", "{}", "\"a\"", "5", list(65) { "\"t\($0)\"" }, list(65) { _ in "\"same\"" }) + [
        BadValue(name: name, json: "[\"\"]", at: "[0]"), BadValue(name: name, json: "[\"a\",5]", at: "[1]"),
        BadValue(name: name, json: "[\"a\",\"b\",null]", at: "[2]"),
        BadValue(name: name, json: "[\"\\u001f\"]", at: "[0]"),
        BadValue(name: name, json: "[\"\\u007f\"]", at: "[0]"),
        BadValue(name: name, json: "[\"a\",\"\u{9F}\"]", at: "[1]"),
        BadValue(name: name, json: "[\(longName)]", at: "[0]"), BadValue(name: name, json: "[[]]", at: "[0]"),
    ]
}

private func badIntegers(_ name: String, _ outside: String...) -> [BadValue] {
    BadValue.each(name, "null", "\"5\"", "true", "[]", "{}", "5.5", "-1", "1e300")
        + outside.map { BadValue(name: name, json: $0) }
}

private let badFilters: [BadValue] =
    badTags("tags") + badIntegers("minImportance", "0", "11")
    + BadValue.each("tagMode", "null", "5", "\"\"", "\"ANY\"", "\"none\"", "[]")
    + ["startDate", "endDate"].flatMap { name in
        BadValue.each(name, "null", "5", "\"\"", "\"2026\"", "\"2026-1-1\"", "\"2026-01-01T00:00:00\"", "\"today\"")
            + BadValue.beyondSchema(name, "\"2026-02-29\"", "\"0000-01-01\"", "\"2026-01-01T00:00:60Z\"")
    }

private let badPaging: [BadValue] =
    badIntegers("limit", "0", "1001") + BadValue.each("cursor", "5", "{}", "true")
    + BadValue.beyondSchema("cursor", "\"\"", "\"x\"", "\"00\"", "\"0\"", "\"ff\"", "\"01\"", "\"02\"")

private let badRecordFields: [BadValue] =
    badNames("agentId") + badTags("tags") + badIntegers("importance", "0", "11") + [
        .missing("agentId"), .missing("context"),
    ]
    + BadValue.each("context", "null", "[]", "\"{}\"", "5", "true")
    + BadValue.beyondSchema(
        "context", String(repeating: "{\"a\":", count: 56) + "{}" + String(repeating: "}", count: 56),
        "{\"a\":" + String(repeating: "[", count: 56) + String(repeating: "]", count: 56) + "}",
        "{\"a\":\"" + String(repeating: "x", count: Limits.contextBytes - 7) + "\"}")
    + BadValue.each("embeddings", "null", "{}", "5", "\"AAAA\"", "[]", list(4_097) { _ in "0" })
    + [
        BadValue(name: "embeddings", json: "[\"1\"]", at: "[0]"),
        BadValue(name: "embeddings", json: "[1,null]", at: "[1]"),
        BadValue(name: "embeddings", json: "[1,2,[3]]", at: "[2]"),
        BadValue(name: "embeddings", json: "[1e39]", at: "[0]"),
        BadValue(name: "embeddings", json: "[0,-3.5e38]", at: "[1]"),
        BadValue(name: "embeddings", json: "[true]", at: "[0]"),
    ]
    + BadValue.each("expiresAt", "5", "\"\"", "\"never\"", "\"2030-01-01\"", "true", "[]")
    + BadValue.beyondSchema("expiresAt", "\"2030-02-30T00:00:00Z\"", "\"9999-12-31T23:59:59-00:01\"")
    + BadValue.each("extra", "1") + BadValue.each("version", "1")
    + BadValue.each("createdAt", "\"2026-01-01T00:00:00Z\"")
    + BadValue.each("updatedAt", "null") + BadValue.each("agentID", "\"alice\"")

private let badWholeRecordFields: [BadValue] =
    badNames("id")
    + BadValue.each(
        "timestamp", "null", "5", "\"\"", "\"2026-01-01\"", "\"2026-01-01 00:00:00Z\"", "\"10000-01-01T00:00:00Z\"")
    + BadValue.beyondSchema(
        "timestamp", "\"2026-01-01T00:00:60Z\"", "\"2026-02-30T00:00:00Z\"", "\"0001-01-01T00:00:00+00:01\"",
        "\"0000-01-01T00:00:00Z\"")

/// `base` with one field replaced by a bad value.
private func object(_ base: KeyValuePairs<String, String>, _ bad: BadValue) -> String {
    var members = base.filter { $0.key != bad.name }.map { "\"\($0.key)\":\($0.value)" }
    if let json = bad.json { members.append("\"\(bad.name)\":\(json)") }
    return "{" + members.joined(separator: ",") + "}"
}

private func cases(
    _ method: ProtocolMethod, _ base: KeyValuePairs<String, String>, _ values: [BadValue]
) -> [RefusedCase] {
    values.map {
        RefusedCase(
            method: method, params: object(base, $0), field: $0.name + $0.at, isBeyondSchema: $0.isBeyondSchema)
    }
}

@Suite("Parameters that are refused", .serialized)
struct RefusedParametersTests {
    private static let bareRecord: KeyValuePairs<String, String> = ["agentId": "\"alice\"", "context": "{}"]

    static let records: [RefusedCase] = (badRecordFields + badWholeRecordFields).flatMap { bad in
        let (text, field) = (object(bareRecord, bad), bad.name + bad.at)
        return [
            RefusedCase(
                method: .store, params: "{\"record\":\(text)}", field: "record.\(field)",
                isBeyondSchema: bad.isBeyondSchema),
            RefusedCase(
                method: .storeBatch, params: "{\"records\":[{\"agentId\":\"a\",\"context\":{}},\(text)]}",
                field: "records[1].\(field)", isBeyondSchema: bad.isBeyondSchema),
        ]
    }

    static let contexts: [RefusedCase] =
        cases(
            .storeContext, bareRecord,
            badRecordFields + BadValue.each("id", "\"m1\"") + BadValue.each("timestamp", "\"2026-01-01T00:00:00Z\""))

    static let writes: [RefusedCase] =
        cases(
            .store, ["record": "{\"agentId\":\"a\",\"context\":{}}"],
            [.missing("record")]
                + BadValue.each("record", "null", "5", "[]", "\"{}\"") + badIntegers("ifVersion", "9223372036854775808")
                + BadValue.each("extra", "1") + BadValue.each("agentId", "\"a\""))
        + cases(
            .storeBatch, [:],
            [.missing("records")]
                + BadValue.each(
                    "records", "null", "{}", "5", "[]",
                    list(1_001) { "{\"id\":\"m\($0)\",\"agentId\":\"a\",\"context\":{}}" })
                + BadValue.each("ifVersion", "0") + [
                    BadValue(name: "records", json: "[5]", at: "[0]"),
                    BadValue(name: "records", json: "[null]", at: "[0]"),
                    BadValue(name: "records", json: "[{\"agentId\":\"a\",\"context\":{}},[]]", at: "[1]"),
                    BadValue(
                        name: "records", json: list(3) { "{\"id\":\"m\($0 % 2)\",\"agentId\":\"a\",\"context\":{}}" },
                        at: "[2].id", isBeyondSchema: true),
                ])
        + cases(
            .delete, ["id": "\"m1\""],
            badNames("id") + [.missing("id")] + badIntegers("ifVersion", "9223372036854775808")
                + BadValue.each("extra", "1"))
        + cases(
            .clear, [:],
            badNames("agentId") + [.missing("agentId")] + BadValue.each("all", "null", "false", "1", "\"true\"")
                + BadValue.each("extra", "1"))
        + cases(.clear, ["agentId": "\"a\""], BadValue.each("all", "true", "false", "null"))
        + cases(
            .registerAgent, ["agentId": "\"a\""],
            badNames("agentId") + [.missing("agentId")] + badTags("capabilities")
                + BadValue.each("name", "null", "5", longName, "\"\(String(repeating: "e\u{301}", count: 65))\"")
                + BadValue.each("metadata", "null", "[]", "\"\"", "5")
                + BadValue.beyondSchema(
                    "metadata", "{\"a\":\"" + String(repeating: "x", count: Limits.agentMetadataBytes - 7) + "\"}")
                + BadValue.each("extra", "1") + BadValue.each("registeredAt", "\"2026-01-01T00:00:00Z\""))
        + cases(
            .unregisterAgent, ["agentId": "\"a\""],
            badNames("agentId") + [.missing("agentId")] + BadValue.each("extra", "1"))
        + cases(.cleanupExpired, [:], BadValue.each("extra", "1") + BadValue.each("all", "true"))
        + cases(
            .runWorker, ["name": "\"w\""],
            [.missing("name")] + BadValue.each("name", "null", "5", "[]") + BadValue.each("extra", "1"))

    static let reads: [RefusedCase] =
        cases(.get, ["id": "\"m1\""], badNames("id") + [.missing("id")] + BadValue.each("ids", "[]"))
        + cases(
            .getCacheHistory, [:],
            BadValue.each("hours", "null", "0", "745", "1.5", "\"1\"") + BadValue.each("extra", "1"))
        + cases(.getWorkers, [:], BadValue.each("extra", "1")) + cases(.listBackups, [:], BadValue.each("id", "\"x\""))
        + cases(.getMetrics, [:], BadValue.each("format", "\"text\""))
        + cases(.verifyBackup, [:], BadValue.each("id", "null", "5") + BadValue.each("extra", "1"))
        + cases(
            .getBatch, [:],
            [.missing("ids")] + BadValue.each("ids", "null", "{}", "\"m1\"", "[]", list(1_001) { "\"m\($0)\"" })
                + [
                    BadValue(name: "ids", json: "[5]", at: "[0]"),
                    BadValue(name: "ids", json: "[\"a\",\"\"]", at: "[1]"),
                    BadValue(name: "ids", json: "[\"a\",\"b\",null]", at: "[2]"),
                ] + BadValue.each("id", "\"m1\""))
        + [ProtocolMethod.query, .queryContext].flatMap {
            cases(
                $0, [:],
                badNames("agentId") + badFilters + badPaging + BadValue.each("extra", "1")
                    + BadValue.each("all", "true"))
        }
        + cases(
            .count, [:],
            badNames("agentId") + badFilters + BadValue.each("limit", "1") + BadValue.each("cursor", "null"))
        + cases(
            .getCrossAgentInsights, [:],
            badFilters + badIntegers("limit", "0", "1001") + BadValue.each("agentId", "\"a\"")
                + BadValue.each("cursor", "null"))
        + cases(
            .getAgentMemories, ["agentId": "\"a\""],
            badNames("agentId") + [.missing("agentId")] + badPaging
                + BadValue.each("tags", "[]"))
        + cases(.listAgents, [:], badPaging + BadValue.each("agentId", "\"a\""))
        + cases(.getStats, [:], BadValue.each("fresh", "null", "1", "\"true\"", "[]") + BadValue.each("extra", "1"))
        + cases(.getHealth, [:], BadValue.each("extra", "1")) + cases(.ping, [:], BadValue.each("extra", "1"))

    @Test("records", arguments: records)
    func refusesRecord(refused: RefusedCase) throws { try check(refused) }

    @Test("contexts", arguments: contexts)
    func refusesContext(refused: RefusedCase) throws { try check(refused) }

    @Test("writes", arguments: writes)
    func refusesWrite(refused: RefusedCase) throws { try check(refused) }

    @Test("reads", arguments: reads)
    func refusesRead(refused: RefusedCase) throws { try check(refused) }

    @Test(
        "parameters that are no object", arguments: ProtocolMethod.allCases,
        ["null", "[]", "[1]", "5", "\"x\"", "true"])
    func noObject(method: ProtocolMethod, params: String) throws {
        try check(RefusedCase(method: method, params: params, field: "params"))
    }

    private func check(_ refused: RefusedCase) throws {
        let error = try #require(try refusal(refused.method, refused.params))
        #expect(error.kind == .invalidParams)
        #expect(error.field == refused.field, "\(error)")
        #expect(error.message.utf8.count < 1_000)
        let schema = try JSONSchema("methods/\(refused.method).json", at: "$defs/params")
        let fault = try schema.fault(in: JSONDocument(parsing: Array(refused.params.utf8)).root)
        #expect((fault == nil) == refused.isBeyondSchema, "the schema says: \(fault ?? "valid")")
    }
}
