import DaemonFixture
import Foundation
import Testing

/// The names of memories and agents.
extension Scenario {
    private static let longest = "a" + String(repeating: "9", count: 127)

    private static func id(_ id: String) -> Scenario {
        kept(.recordID, "id \(id.prefix(20))", #"{"id":"\#(id)"}"#, as: #"{"id":"\#(id)"}"#)
    }

    /// `value` is no id in a record, nor in the parameters of get, getBatch and delete.
    private static func badID(_ name: String, _ value: String) -> Scenario {
        Scenario("id \(name) is refused", .recordID, .invalidParams) { world in
            try await refused(.recordID, "", #"{"id":\#(value)}"#, field: "id").run(world)
            try await world.client.expectInvalid("id", "get", #"{"id":\#(value)}"#)
            try await world.client.expectInvalid("id", "delete", #"{"id":\#(value)}"#)
            try await world.client.expectInvalid("ids[1]", "getBatch", #"{"ids":["a",\#(value)]}"#)
        }
    }

    private static func agent(_ agent: String) -> Scenario {
        kept(.recordAgent, "agentId \(agent.prefix(20))", #"{"agentId":"\#(agent)"}"#, as: #"{"agentId":"\#(agent)"}"#)
    }

    /// `value` is no agentId in a record, nor in the parameters of any method that has one.
    private static func badAgent(_ name: String, _ value: String) -> Scenario {
        Scenario("agentId \(name) is refused", .recordAgent, .invalidParams) { world in
            try await refused(.recordAgent, "", #"{"agentId":\#(value)}"#, field: "agentId").run(world)
            let methods = [
                "query", "queryContext", "count", "clear", "registerAgent", "unregisterAgent", "getAgentMemories",
            ]
            for method in methods { try await world.client.expectInvalid("agentId", method, #"{"agentId":\#(value)}"#) }
        }
    }

    static let recordNames: [Scenario] = [
        id("A"), id("0"), id("a._-Z9"), id(longest), id("case"), id("CASE"), id("null"),
        badID("of no character", #""""#), badID("of 129", #""\#(longest)9""#), badID("with a dot first", #"".a""#),
        badID("with a hyphen first", #""-a""#), badID("with an underscore first", #""_a""#),
        badID("with a space", #""a b""#),
        badID("with a slash", #""a/b""#), badID("with a colon", #""a:b""#), badID("with an at sign", #""a@b""#),
        badID("with an accent", #""\u00e9""#), badID("with a digit of another script", #""a\u0663""#),
        badID("with a newline at its end", #""a\n""#), badID("with a combining mark", #""a\u0301""#),
        badID("with the Kelvin sign", #""\u212a""#), badID("as a number", "5"), badID("null", "null"),
        badID("as an array", #"["a"]"#),

        agent("A"), agent("0"), agent("a._:@/-Z9"), agent(longest), agent("org/team:agent@host"),
        badAgent("of no character", #""""#), badAgent("of 129", #""\#(longest)9""#),
        badAgent("with a slash first", #""/a""#),
        badAgent("with a colon first", #"":a""#), badAgent("with an at sign first", #""@a""#),
        badAgent("with a space", #""a b""#), badAgent("with a star", #""a*""#),
        badAgent("with an accent", #""\u00e9""#),
        badAgent("with a newline at its end", #""a\n""#), badAgent("as a number", "5"), badAgent("null", "null"),
        madeIDs, missingAgent,
    ]

    private static let missingAgent = Scenario("agentId is required", .recordAgent, .errorData) { world in
        let client = world.client
        try await client.expectInvalid("record.agentId", "store", #"{"record":{"context":{}}}"#)
        try await client.expectInvalid("records[0].agentId", "storeBatch", #"{"records":[{"context":{}}]}"#)
        try await client.expectInvalid("agentId", "storeContext", #"{"context":{}}"#)
        for method in ["registerAgent", "unregisterAgent", "getAgentMemories", "clear"] {
            try await client.expectInvalid("agentId", method, "{}")
        }
    }

    /// RFC 9562, section 5.7.
    private static let madeIDs = Scenario("the server makes a UUIDv7 where a record has no id", .recordID) { world in
        let before = Date().timeIntervalSince1970
        var ids: [String] = []
        let record = #"{"agentId":"\#(world.unique("made"))","context":{}}"#
        for _ in 0..<5 {
            ids.append(try #require(await world.client.result("store", #"{"record":\#(record)}"#)["id"]?.string))
        }
        let batch = try await world.client.result("storeBatch", #"{"records":[\#(record),\#(record)]}"#)
        ids += batch["results"].ids
        ids.append(try #require(await world.client.result("storeContext", record)["id"]?.string))
        let after = Date().timeIntervalSince1970
        #expect(Set(ids).count == 8)
        for id in ids {
            #expect(
                id.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/) != nil, "\(id)"
            )
            let milliseconds = try #require(UInt64(id.replacing("-", with: "").prefix(12), radix: 16))
            #expect(Double(milliseconds) / 1_000 > before - 0.01 && Double(milliseconds) / 1_000 < after + 0.01)
        }
    }
}
