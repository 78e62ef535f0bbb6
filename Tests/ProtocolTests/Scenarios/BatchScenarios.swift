import DaemonFixture
import Testing

/// storeBatch and getBatch.
extension Scenario {
    static let batches: [Scenario] = [
        Scenario("storeBatch answers in order, for ids new, old and made", .storeBatch, run: mixed),
        Scenario("storeBatch refuses an id that repeats, and stores nothing", .storeBatch, .errorData) { world in
            let agent = world.unique("twice")
            func record(_ id: String) -> String { #"{"id":"\#(agent)-\#(id)","agentId":"\#(agent)","context":{}}"# }
            let records = [record("a"), record("b"), record("A"), record("b")].joined(separator: ",")
            try await world.client.expectInvalid("records[3].id", "storeBatch", #"{"records":[\#(records)]}"#)
            #expect(try await world.client.result("count", #"{"agentId":"\#(agent)"}"#) == ["count": 0])
        },
        Scenario("storeBatch takes 1 to 1,000 records", .storeBatch) { world in
            let agent = world.unique("thousand")
            let record = #"{"agentId":"\#(agent)","context":{}}"#
            func batch(_ count: Int) -> String {
                #"{"records":[\#(repeatElement(record, count: count).joined(separator: ","))]}"#
            }
            try await world.client.expectInvalid("records", "storeBatch", batch(0))
            try await world.client.expectInvalid("records", "storeBatch", batch(1_001))
            #expect(try await world.client.result("count", #"{"agentId":"\#(agent)"}"#) == ["count": 0])
            let results = try await world.client.result("storeBatch", batch(1_000))["results"]
            #expect(Set(results.ids).count == 1_000)
            #expect(try await world.client.result("storeBatch", batch(1))["results"]?.array?.count == 1)
            #expect(try await world.client.result("count", #"{"agentId":"\#(agent)"}"#) == ["count": 1_001])
            let answers = try await world.client.result("getBatch", #"{"ids":\#(JSONValue.strings(results.ids))}"#)
            #expect(answers["memories"].ids == results.ids)
        },
        Scenario("getBatch answers in order, with null for what is not there", .getBatch) { world in
            let agent = world.unique("g")
            for id in ["a", "b", "c"] {
                try await world.client.result(
                    "store", #"{"record":{"id":"\#(agent)-\#(id)","agentId":"\#(agent)","context":{"n":"\#(id)"}}}"#)
            }
            let ids = ["c", "nobody", "a", "c", "nobody", "b", "A"].map { "\(agent)-\($0)" }
            let result = try await world.client.result("getBatch", #"{"ids":\#(JSONValue.strings(ids))}"#)
            #expect(result.keys == ["memories"])
            let memories = try #require(result["memories"]?.array)
            let expected: [JSONValue] = ["c", .null, "a", "c", .null, "b", .null]
            #expect(memories.map { $0["context"]?["n"] ?? .null } == expected)
            #expect(memories[0] == memories[3])
            #expect(memories[0] == (try await world.client.memory(ids[0])))
        },
        Scenario("getBatch takes 1 to 1,000 ids", .getBatch) { world in
            func batch(_ count: Int) -> String {
                #"{"ids":\#(JSONValue.strings(repeatElement("nobody", count: count)))}"#
            }
            try await world.client.expectInvalid("ids", "getBatch", batch(0))
            try await world.client.expectInvalid("ids", "getBatch", batch(1_001))
            let memories = try await world.client.result("getBatch", batch(1_000))["memories"]?.array
            #expect(memories?.count == 1_000 && memories?.allSatisfy(\.isNull) == true)
        },
    ]

    @Sendable private static func mixed(_ world: World) async throws {
        let client = world.client
        let agent = world.unique("batch")
        func record(_ id: String?, _ n: Int) -> String {
            #"{\#(id.map { #""id":"\#(agent)-\#($0)","# } ?? "")"agentId":"\#(agent)","#
                + #""context":{"n":\#(n)},"tags":["t\#(n)"]}"#
        }
        try await client.result("store", #"{"record":\#(record("m", 0))}"#)
        try await client.result("store", #"{"record":\#(record("m", 0))}"#)
        let before = try #require(try await client.memory("\(agent)-m"))
        let records = [record("z", 1), record("m", 2), record(nil, 3), record("a", 4), record(nil, 5)].joined(
            separator: ",")
        let result = try await client.result("storeBatch", #"{"records":[\#(records)]}"#)
        #expect(result.keys == ["results"])
        let results = try #require(result["results"]?.array)
        #expect(results.allSatisfy { $0.keys == ["created", "id", "version"] })
        #expect(results.map { $0["version"] } == [1, 3, 1, 1, 1])
        #expect(results.map { $0["created"] } == [true, false, true, true, true])
        let ids = results.compactMap { $0["id"]?.string }
        #expect(ids[0] == "\(agent)-z" && ids[1] == "\(agent)-m" && ids[3] == "\(agent)-a")
        let memories = try await client.result("getBatch", #"{"ids":\#(JSONValue.strings(ids))}"#)["memories"]?.array
        #expect(memories?.map { $0["context"]?["n"] } == [1, 2, 3, 4, 5])
        #expect(memories?[1]["createdAt"] == before["createdAt"] && memories?[1]["updatedAt"] != before["updatedAt"])
        #expect(try await client.ids(#"{"agentId":"\#(agent)","tags":["t0"]}"#).isEmpty)
    }
}
