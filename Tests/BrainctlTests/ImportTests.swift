import BrainClient
import Testing

@testable import brainctl

@Suite struct ImportLineTests {
    private static let now = Timestamp(date: "2026-06-15") ?? .earliest

    private func record(_ text: String, number: Int = 2) throws(BadLine) -> ImportRecord? {
        try ImportLine.record(LineSplitter.Line(number: number, bytes: Array(text.utf8)), now: Self.now)
    }

    @Test func aRecordWithAnIdGoesAsItIs() throws {
        let record = try record(#" {"id": "m1", "agentId": "a", "context": {"x": "\u00e9"}, "tags": ["t"]} "# + "\r")
        #expect(record?.id == "m1" && record?.line == 2)
        #expect(record?.json.description == #"{"id":"m1","agentId":"a","context":{"x":"é"},"tags":["t"]}"#)
    }

    @Test func whatTheDaemonGaveIsTakenAway() throws {
        let exported = #"{"id":"m1","agentId":"a","context":{},"version":3,"createdAt":"x","updatedAt":"y"}"#
        #expect(try record(exported)?.json.description == #"{"id":"m1","agentId":"a","context":{}}"#)
    }

    @Test func anIdIsMadeFromTheContentAlone() throws {
        let plain = try #require(try record(#"{"agentId":"a","context":{"x":1}}"#))
        let spaced = try #require(try record(#"{ "agentId": "a", "context": {"x": 1}, "version": 9 }"#, number: 7))
        let other = try #require(try record(#"{"agentId":"a","context":{"x":2}}"#))
        #expect(plain.id == spaced.id && plain.id != other.id)
        #expect(MemoryID(plain.id) != nil && plain.json.view["id"]?.string == plain.id)
    }

    @Test func theDerivedIdNeverChanges() throws {
        // FNV-1a of no bytes, and of "a", from the authors' table of test vectors.
        #expect(RecordText.derivedID(JSONText(trustedCompact: [])) == "import-6c62272e07bb014262b821756295c58d")
        #expect(RecordText.derivedID(JSONText(trustedCompact: [0x61])) == "import-d228cb696f1a8caf78912b704e4a8964")
    }

    @Test(arguments: ["", "   ", "\t\r"]) func blankLinesAreNothing(text: String) throws {
        #expect(try record(text) == nil)
    }

    @Test func aByteOrderMarkIsPassedOverOnTheFirstLineOnly() throws {
        let text = "\u{FEFF}" + #"{"id":"m1","agentId":"a","context":{}}"#
        #expect(try record(text, number: 1)?.id == "m1")
        #expect(throws: BadLine.self) { try record(text, number: 2) }
    }

    @Test(arguments: [
        ("{", "not valid JSON"), ("[1]", "a record must be an object, got an array"),
        (#"{"agentId":"a"}"#, "context is required"),
        (#"{"agentId":"a","context":{},"importance":11}"#, "importance must be"),
        (#"{"agentId":"a","context":{},"tags":["ok",""]}"#, "tags[1] must"),
        (#"{"agentId":"a","context":{},"colour":1}"#, "unknown field colour"),
        (#"{"agentId":"a","context":{},"expiresAt":"2026-06-14T23:59:59Z"}"#, "expiresAt is in the past"),
        (#"{"id":null,"agentId":"a","context":{}}"#, "id must not be null"),
        (#"{"agentId":"a","agentId":"b","context":{}}"#, "not valid JSON"),
    ])
    func badLinesSayWhy(text: String, reason: String) throws {
        let error = #expect(throws: BadLine.self) { try record(text) }
        #expect(error?.message.hasPrefix(reason) == true, "\(error?.message ?? "")")
    }

    @Test func aLineOverTheBoundIsBad() {
        #expect(throws: BadLine("the line is too long to be a record")) {
            try ImportLine.record(LineSplitter.Line(number: 1, bytes: nil), now: Self.now)
        }
    }
}

@Suite struct LineSplitterTests {
    private func lines(_ chunks: [String], limit: Int = 100) -> [String?] {
        var splitter = LineSplitter(limit: limit)
        var lines = chunks.flatMap { splitter.append(Array($0.utf8)) }
        if let last = splitter.end() { lines.append(last) }
        #expect(lines.map(\.number) == Array(1...max(lines.count, 1)).prefix(lines.count).map(\.self))
        return lines.map { $0.bytes.map { String(decoding: $0, as: UTF8.self) } }
    }

    @Test func cutsWhereverTheChunksAreCut() {
        let text = "one\ntwo\n\nthree"
        let expected = ["one", "two", "", "three"]
        #expect(lines([text]) == expected)
        #expect(lines(text.map { String($0) }) == expected)
        #expect(lines([text + "\n"]) == expected)
        #expect(lines([]).isEmpty)
    }

    @Test func throwsAnOverlongLineAwayAndGoesOn() {
        #expect(lines(["0123456789\nab\n"], limit: 5) == [nil, "ab"])
        #expect(lines(["0123", "456", "789", "\nab"], limit: 5) == [nil, "ab"])
        #expect(lines(["0123456"], limit: 5) == [nil])
    }
}
