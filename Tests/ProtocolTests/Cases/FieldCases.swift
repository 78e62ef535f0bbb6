import DaemonFixture
import Testing

/// Members that are unknown, missing, null or of the wrong kind, in the parameters of every method.
extension Scenario {
    /// The least parameters with which each method is content, `%` being a name of one's own. `clear` and the like
    /// touch that name only.
    private static let least: [(method: String, params: String)] = [
        ("store", #"{"record":{"agentId":"%","context":{}}}"#),
        ("storeBatch", #"{"records":[{"agentId":"%","context":{}}]}"#),
        ("get", #"{"id":"%"}"#), ("getBatch", #"{"ids":["%"]}"#), ("query", "{}"), ("count", "{}"),
        ("delete", #"{"id":"%"}"#),
        ("clear", #"{"agentId":"%"}"#), ("getStats", "{}"), ("cleanupExpired", "{}"),
        ("registerAgent", #"{"agentId":"%"}"#),
        ("unregisterAgent", #"{"agentId":"%"}"#), ("listAgents", "{}"),
        ("storeContext", #"{"agentId":"%","context":{}}"#),
        ("queryContext", "{}"), ("getAgentMemories", #"{"agentId":"%"}"#), ("getCrossAgentInsights", "{}"),
        ("getHealth", "{}"),
        ("ping", "{}"),
    ]

    /// What each method has beside its filters, and what is wrong with it: method, member, a bad value.
    private static let badMembers: [(method: String, field: String, values: [String])] = [
        ("store", "record", ["null", "[]", #""x""#, "5"]), ("store", "ifVersion", badVersions),
        ("delete", "ifVersion", badVersions), ("storeBatch", "records", ["null", "{}", "[]", #""x""#]),
        ("getBatch", "ids", ["null", "{}", "[]", #""x""#]), ("getStats", "fresh", ["null", "1", #""true""#, "[]"]),
        ("clear", "all", ["null", "1", #""true""#, "false"]), ("query", "cursor", badCursors),
        ("queryContext", "cursor", badCursors),
        ("getAgentMemories", "cursor", badCursors), ("listAgents", "cursor", badCursors), ("query", "limit", badLimits),
        ("queryContext", "limit", badLimits), ("getAgentMemories", "limit", badLimits),
        ("listAgents", "limit", badLimits),
        ("getCrossAgentInsights", "limit", badLimits), ("registerAgent", "name", ["null", "5", "[]", "{}"]),
        ("registerAgent", "metadata", ["null", "5", "[]", #""{}""#]), ("query", "tagMode", badModes),
        ("count", "tagMode", badModes),
        ("getCrossAgentInsights", "tagMode", badModes), ("query", "startDate", badDates),
        ("query", "endDate", badDates),
        ("queryContext", "startDate", badDates), ("count", "endDate", badDates),
        ("getCrossAgentInsights", "startDate", badDates),
    ]

    private static let badVersions = ["null", "-1", "1.5", #""1""#, "true", "[]", "9223372036854775808", "1e30"]
    private static let badLimits = ["null", "0", "-1", "1001", "1.5", #""10""#, "true", "1e10"]
    private static let badModes = ["null", #""ANY""#, #""none""#, #""""#, "true", #"["any"]"#]
    private static let badDates = [
        "null", "5", "[]", #""2026-02-30""#, #""2026-1-2""#, #""26-01-02""#, #""2026-01-02 ""#, #""0000-01-01""#,
        #""2026-W01""#, #""tomorrow""#,
    ]
    private static let badCursors = [#""""#, #""x""#, #""00""#, "5", "[]", "{}", "true", #""\u00e9""#]

    static let fields: [Scenario] =
        least.map { method, params in
            Scenario("\(method) refuses a member it does not know", .unknownFields, .invalidParams) { world in
                let own = params.replacing("%", with: world.unique("x"))
                _ = try await world.client.result(method, own)
                var params = json(own)
                for name in ["extra", "Id", "agentID", ""] {
                    params[name] = 1
                    try await world.client.expectInvalid(name, method, params.description)
                    params[name] = nil
                }
            }
        }
        + badMembers.map { method, field, values in
            Scenario("\(method) refuses what is no \(field)", .invalidParams, .nullsAndIntegers) { world in
                let least = try #require(least.first { $0.method == method })
                for value in values {
                    var params = json(least.params.replacing("%", with: world.unique("x")))
                    if method == "clear" { params = [:] }
                    params[field] = json(value)
                    try await world.client.expectInvalid(field, method, params.description)
                }
            }
        } + [unknownRecordFields, serverFields, missingMembers, wholeNumbers, allowedNulls, pathsInBatches]

    private static let unknownRecordFields = Scenario("records have no fields of one's own", .unknownFields) { world in
        for field in ["extra", "AgentId", "expires", "embedding", ""] {
            try await refused(.unknownFields, "", #"{"\#(field)":1}"#, field: field).run(world)
        }
        for field in ["id", "timestamp", "record"] {
            try await world.client.expectInvalid(
                field, "storeContext", #"{"agentId":"a","context":{},"\#(field)":"x"}"#)
        }
        try await world.client.expectInvalid(
            "ifVersion", "storeContext", #"{"agentId":"a","context":{},"ifVersion":0}"#)
        try await world.client.expectInvalid(
            "ifVersion", "storeBatch", #"{"records":[{"agentId":"a","context":{}}],"ifVersion":0}"#)
        for field in ["limit", "cursor"] { try await world.client.expectInvalid(field, "count", #"{"\#(field)":1}"#) }
        try await world.client.expectInvalid("agentId", "getCrossAgentInsights", #"{"agentId":"a"}"#)
        try await world.client.expectInvalid("cursor", "getCrossAgentInsights", #"{"cursor":null}"#)
        try await world.client.expectInvalid("tags", "getAgentMemories", #"{"agentId":"a","tags":[]}"#)
    }

    private static let serverFields = Scenario("version, createdAt and updatedAt can't be sent", .recordVersion) {
        world in
        for (field, value) in [("version", "1"), ("createdAt", #""2026-01-02T03:04:05Z""#), ("updatedAt", "null")] {
            try await refused(.recordVersion, "", #"{"\#(field)":\#(value)}"#, field: field).run(world)
            try await world.client.expectInvalid(
                field, "storeContext", #"{"agentId":"a","context":{},"\#(field)":\#(value)}"#)
        }
    }

    private static let missingMembers = Scenario("required parameters are required", .invalidParams) { world in
        let required = [
            ("store", "record"), ("storeBatch", "records"), ("get", "id"), ("getBatch", "ids"), ("delete", "id"),
        ]
        for (method, field) in required {
            try await world.client.expectInvalid(field, method, "{}")
            let answer = try await world.client.refusal(method)
            #expect(answer.kind == "invalid_params" && answer.field == field)
        }
    }

    private static let wholeNumbers = Scenario("5.0 is an integer", .nullsAndIntegers, .limit, .minImportance) {
        world in
        let agent = world.unique("whole")
        let stored = try await world.client.result(
            "store",
            #"{"record":{"id":"\#(agent)","agentId":"\#(agent)","context":{},"importance":5.0},"ifVersion":0.0}"#)
        #expect(stored == ["id": .string(agent), "version": 1, "created": true])
        let page = try await world.client.result("query", #"{"agentId":"\#(agent)","limit":1.0,"minImportance":50e-1}"#)
        #expect(page["memories"].ids == [agent])
        #expect(try await world.client.result("delete", #"{"id":"\#(agent)","ifVersion":1.0}"#) == ["deleted": true])
    }

    private static let allowedNulls = Scenario("expiresAt and cursor may be null", .nullsAndIntegers) { world in
        let agent = world.unique("null")
        try await kept(.nullsAndIntegers, "", #"{"expiresAt":null}"#, as: #"{"expiresAt":null}"#).run(world)
        try await world.client.result("storeContext", #"{"agentId":"\#(agent)","context":{},"expiresAt":null}"#)
        for method in ["query", "queryContext", "getAgentMemories"] {
            let page = try await world.client.result(method, #"{"agentId":"\#(agent)","cursor":null}"#)
            #expect(page["memories"]?.array?.count == 1)
        }
        try await world.client.result("listAgents", #"{"cursor":null}"#)
    }

    private static let pathsInBatches = Scenario("a field at fault is named by its path", .errorData, .exampleFrames) {
        world in
        let client = world.client
        let good = #"{"agentId":"a","context":{}}"#
        let bad = #"{"agentId":"a","context":{},"tags":["\u0007"]}"#
        try await client.expectInvalid("records[1].tags[0]", "storeBatch", #"{"records":[\#(good),\#(bad)]}"#)
        try await client.expectInvalid("records[2]", "storeBatch", #"{"records":[\#(good),\#(good),5]}"#)
        let refusal = try await client.refusal("store", #"{"record":{"agentId":"a","context":{},"importance":11}}"#)
        #expect(refusal.field == "record.importance")
        for part in ["1", "10", "11"] { #expect(refusal.message.contains(part), "\(refusal.message)") }
    }
}
