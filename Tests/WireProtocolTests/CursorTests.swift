import MemoryModel
import Testing
import WireProtocol

@Suite("Cursors", .serialized)
struct CursorTests {
    private static func position(_ id: String = "m1") throws -> PagePosition {
        PagePosition(timestamp: try Sample.time("2026-01-02T03:04:05.000006Z"), id: try Sample.id(id))
    }

    static let filters: [String] = [
        "{}", #"{"agentId":"a"}"#, #"{"agentId":"b"}"#, #"{"tags":["a"]}"#, #"{"tags":["b"]}"#, #"{"tags":["a","b"]}"#,
        #"{"tags":["ab"]}"#, #"{"tags":["a","b"],"tagMode":"all"}"#, #"{"tags":["any"]}"#,
        #"{"startDate":"2026-01-01"}"#,
        #"{"endDate":"2026-01-01"}"#, #"{"endDate":"2026-01-01T00:00:00Z"}"#, #"{"minImportance":1}"#,
        #"{"minImportance":2}"#,
        #"{"agentId":"a","tags":["a"],"startDate":"2026-01-01","endDate":"2026-01-02","minImportance":2}"#,
    ]

    private static func filter(_ params: String) throws -> MemoryFilter {
        guard case .count(let filter) = try decode(.count, params) else {
            throw StoreError(.internalError, "no filter")
        }
        return filter
    }

    @Test("a cursor comes back from its text and belongs to its filters alone")
    func roundTrip() throws {
        let filters = try Self.filters.map { try Self.filter($0) }
        for (index, filter) in filters.enumerated() {
            let cursor = QueryCursor(
                position: try Self.position(String(repeating: "x", count: index * 9 + 1)), filter: filter)
            let read = try #require(QueryCursor(decoding: cursor.text))
            #expect(read == cursor && read.position == cursor.position)
            for (other, otherFilter) in filters.enumerated() {
                #expect(
                    read.belongs(to: otherFilter) == (other == index),
                    "\(Self.filters[index]) and \(Self.filters[other])")
            }
        }
    }

    @Test("filters that mean the same share their cursors")
    func sameFilters() throws {
        let pairs = [
            (#"{"tags":["a","b","a"]}"#, #"{"tagMode":"any","tags":["b","a"]}"#),
            ("{}", #"{"tags":[],"tagMode":"all"}"#),
            (#"{"startDate":"2026-01-01"}"#, #"{"startDate":"2026-01-01T01:00:00+01:00"}"#),
            (#"{"endDate":"2026-01-01"}"#, #"{"endDate":"2026-01-01T23:59:59.999999Z"}"#),
        ]
        for (left, right) in pairs {
            let cursor = QueryCursor(position: try Self.position(), filter: try Self.filter(left))
            #expect(cursor.belongs(to: try Self.filter(right)), "\(left) and \(right)")
        }
    }

    @Test("a query goes on where its cursor says, whatever the limit")
    func continuation() throws {
        let filter = try Self.filter(#"{"agentId":"a"}"#)
        let text = QueryCursor(position: try Self.position(), filter: filter).text
        let calls: [(ProtocolMethod, String)] = [
            (.query, #"{"agentId":"a","cursor":"\#(text)"}"#),
            (.queryContext, #"{"agentId":"a","limit":7,"cursor":"\#(text)"}"#),
            (.getAgentMemories, #"{"agentId":"a","limit":1,"cursor":"\#(text)"}"#),
        ]
        for (method, params) in calls {
            guard case .query(let parameters) = try decode(method, params) else { return fail("\(method)") }
            #expect(try parameters.position == Self.position())
        }
        for params in [
            #"{"cursor":"\#(text)"}"#, #"{"agentId":"b","cursor":"\#(text)"}"#,
            #"{"agentId":"a","tags":["t"],"cursor":"\#(text)"}"#,
        ] {
            #expect(try refusal(.query, params)?.field == "cursor", "\(params)")
        }
        #expect(try refusal(.listAgents, #"{"cursor":"\#(text)"}"#)?.field == "cursor")
    }

    @Test("garbage is refused")
    func garbage() throws {
        let text = QueryCursor(position: try Self.position(), filter: MemoryFilter()).text
        #expect(QueryCursor(decoding: text) != nil)
        for place in text.indices {
            var changed = text
            changed.replaceSubrange(place...place, with: "g")
            #expect(QueryCursor(decoding: changed) == nil)
            #expect(QueryCursor(decoding: String(text[..<place])).map { $0.text == String(text[..<place]) } ?? true)
        }
        let others = [
            "", text.uppercased(), text + " ", " " + text, text + "0", text + "00", "02" + text.dropFirst(2),
            String(repeating: "01", count: 17),
            String(repeating: "0", count: 1_000_000), "é" + text, text + String(repeating: "61", count: 200),
            // A timestamp outside the years.
            "01" + String(repeating: "0", count: 16) + "7fffffffffffffff" + "61",
        ]
        for other in others where other != text { #expect(QueryCursor(decoding: other) == nil, "\(other.prefix(60))") }
    }

    @Test("agents page by their ids")
    func agents() throws {
        let cursor = AgentCursor(agent: try Sample.agent("team/a@b:c"))
        #expect(AgentCursor(decoding: cursor.text) == cursor)
        guard case .listAgents(let agent?, 100) = try decode(.listAgents, #"{"cursor":"\#(cursor.text)"}"#) else {
            return fail("no agent")
        }
        #expect(agent == cursor.agent)
        for text in [
            "", "02", "0261g", "01616263", "0220", cursor.text + "2a", "02" + String(repeating: "61", count: 129),
        ] {
            #expect(AgentCursor(decoding: text) == nil, "\(text.prefix(20))")
        }
        #expect(try refusal(.query, #"{"cursor":"\#(cursor.text)"}"#)?.field == "cursor")
    }
}
