import MemoryModel
import StrictJSON
import Testing
import WireProtocol

@Suite("Answers that would be too long", .serialized)
struct LongAnswerTests {
    private static func records(_ count: Int) throws -> [MemoryRecord] {
        try (0..<count).map { index in
            var record = try Sample.record(
                "m\(1_000 - index)", context: "{\"text\":\"\(String(repeating: "x", count: 100))\"}")
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
            #expect(
                records[last].draft.timestamp == position.position.timestamp && ids.last == records[last].draft.id.value
            )
            start = last + 1
        } while start < records.count
        #expect(seen == records.map(\.draft.id.value))
    }

    @Test("a page that fits keeps the cursor that the store gave")
    func fits() throws {
        let next = PagePosition(timestamp: .earliest, id: try Sample.id("z"))
        let page = MemoryPage(memories: try Self.records(3), next: next)
        let (ids, cursor) = try Self.read(
            AnswerEncoder().answer(RPCIdentifier(1), .page(page, filter: MemoryFilter(), servedFrom: .store)))
        #expect(ids.count == 3)
        #expect(try QueryCursor(decoding: #require(cursor))?.position == next)
    }

    @Test("a single memory that is too long is an error, not a page of none")
    func oneTooLong() throws {
        let page = MemoryPage(memories: try Self.records(2), next: nil)
        let bytes = try payload(
            AnswerEncoder(maximumBytes: 200).answer(
                RPCIdentifier(1), .page(page, filter: MemoryFilter(), servedFrom: .store)))
        #expect(try JSONDocument(parsing: bytes).root["error"]?["data"]?["kind"]?.string == "unsupported")
    }

    @Test("a batch that is too long names the ids")
    func batch() throws {
        let bytes = try payload(
            AnswerEncoder(maximumBytes: 1_000).answer(RPCIdentifier(1), .memories(try Self.records(20))))
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
                registration: AgentRegistration(
                    agentID: try Sample.agent("agent-\(10 + index)"), name: String(repeating: "n", count: 90)),
                registeredAt: .earliest, memories: 1)
        }
        let encoder = AnswerEncoder(maximumBytes: 2_500)
        var seen: [String] = []
        var start = 0
        while start < listings.count {
            let frame = encoder.answer(
                RPCIdentifier(1), .agents(AgentPage(agents: Array(listings[start...]), next: nil)))
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
