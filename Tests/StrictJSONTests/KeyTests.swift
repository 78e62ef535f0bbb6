import StrictJSON
import Testing

@Suite("Keys of objects", .serialized)
struct KeyTests {
    static let duplicates: [(text: String, offset: Int)] = [
        (#"{"a":1,"a":2}"#, 7),
        (#"{"":1,"":2}"#, 6),
        (#"{"a":1,"b":2,"a":1}"#, 13),
        (#"{"a":1,"\u0061":2}"#, 7),
        (#"{"\u0061":1,"a":2}"#, 12),
        (#"{"\u00e9":1,"é":2}"#, 12),
        (#"{"\ud83d\ude00":1,"😀":2}"#, 18),
        (#"{"\/":1,"/":2}"#, 8),
        (#"{"\n":1,"\u000a":2}"#, 8),
        (#"{"x":{"a":1,"a":2}}"#, 12),
        (#"[{"a":1},{"b":1,"b":1}]"#, 16),
    ]

    @Test("duplicates are refused after unescaping", arguments: duplicates)
    func rejectsDuplicates(text: String, offset: Int) {
        let error = #expect(throws: JSONSyntaxError.self) { _ = try JSONDocument(parsing: Array(text.utf8)) }
        #expect(error == JSONSyntaxError("duplicate key", at: offset))
    }

    static let distinct: [String] = [
        // Composed and decomposed are different code points, and so different keys.
        "{\"\u{E9}\":1,\"e\u{301}\":2}", #"{"a":1,"A":2}"#, #"{"a":1,"a ":2,"":3}"#,
        #"{"a":{"a":{"a":1}},"b":[{"a":1}]}"#,
        #"{"\\u0061":1,"a":2}"#, #"{"a":1,"ab":2,"abc":3}"#, #"[{"a":1},{"a":1}]"#,
    ]

    @Test("keys that differ in one code point are not duplicates", arguments: distinct)
    func acceptsDistinct(text: String) throws {
        _ = try JSONDocument(parsing: Array(text.utf8))
    }

    @Test("duplicates are found in objects of every size", arguments: [2, 15, 16, 17, 18, 33, 100, 1_000])
    func manyMembers(count: Int) {
        let members = (0..<count).map { "\"k\($0)\":\($0)" }
        #expect(GrammarTests.parses("{" + members.joined(separator: ",") + "}"))
        for place in Set([0, 1, count / 2, count - 1]) {
            for key in ["\"k\(place)\":0", "\"\\u006b\(place)\":0"] {
                #expect(
                    !GrammarTests.parses("{" + (members + [key]).joined(separator: ",") + "}"), "\(place) of \(count)")
                #expect(
                    !GrammarTests.parses("{" + ([key] + members).joined(separator: ",") + "}"), "\(place) of \(count)")
            }
        }
    }

    @Test("inner objects do not mix with the outer ones")
    func nestedObjects() {
        let inner = "{" + (0..<20).map { "\"k\($0)\":0" }.joined(separator: ",") + "}"
        let outer = (0..<20).map { "\"k\($0)\":\(inner)" }.joined(separator: ",")
        #expect(GrammarTests.parses("{\(outer)}"))
        #expect(!GrammarTests.parses("{\(outer),\"k19\":1}"))
    }

    @Test("a large object with escaped keys is checked in reasonable time")
    func manyEscapedKeys() {
        let members = (0..<20_000).map { "\"\\u006b\($0)\":0" }.joined(separator: ",")
        let start = ContinuousClock.now
        #expect(GrammarTests.parses("{\(members)}"))
        #expect(ContinuousClock.now - start < .seconds(30))
    }
}

@Suite("The watched member", .serialized)
struct WatchedMemberTests {
    /// Texts, and the raw bytes of the member `id` that a parse reports.
    static let cases: [(text: String, watched: String?)] = [
        (#"{"id":7}"#, "7"),
        (#"{"id": "x" }"#, #""x""#),
        (#"{"id":{"id":1}}"#, #"{"id":1}"#),
        (#"{"\u0069d":7}"#, "7"),
        (#"{"a":{"id":1}}"#, nil),
        (#"[{"id":1}]"#, nil),
        (#"{"ID":1,"idx":2,"i":3}"#, nil),
        ("7", nil),
        ("", nil),
        // Faults after it do not hide it.
        (#"{"id":7,"#, "7"),
        (#"{"id":7"#, "7"),
        (#"{"id":7}}"#, "7"),
        (#"{"id":7,"a":"\u0000"}"#, "7"),
        (#"{"id":7,"a":1e400}"#, "7"),
        (#"{"id":7,"a":1,"a":2}"#, "7"),
        (#"{"id":7,"id":8}"#, "7"),
        (#"{"id":7,"a":{"id":9},"#, "7"),
        // Faults before or in it do.
        (#"{"a":nope,"id":7}"#, nil),
        (#"{"id":"7"#, nil),
        (#"{"id":[7,}"#, nil),
        (#"{"id":"\ud800"}"#, nil),
        (#"{"id" 7}"#, nil),
    ]

    @Test("it is reported when it was read before the fault", arguments: cases)
    func watches(text: String, watched: String?) {
        let outcome = JSONDocument.parse(Array(text.utf8), maximumDepth: 64, watching: "id")
        #expect(outcome.watched.map { String(decoding: $0.rawBytes, as: UTF8.self) } == watched)
        #expect(((try? outcome.document.get()) != nil) == GrammarTests.parses(text))
    }

    @Test("nothing is reported when nothing is watched")
    func watchesNothing() {
        #expect(JSONDocument.parse(Array(#"{"id":7}"#.utf8), maximumDepth: 64, watching: nil).watched == nil)
    }
}
