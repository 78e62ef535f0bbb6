import TestSupport
import Testing

@testable import StrictJSON

/// What the validation tells of containers is what one finds by reading through them.
@Suite("Outlines", .serialized)
struct OutlineTests {
    /// The first difference between a view with an outline and one of the same text without.
    private static func difference(_ told: JSONView, _ read: JSONView) -> String? {
        guard told.range == read.range else { return "\(told.range) is not \(read.range)" }
        let text = String(decoding: told.rawBytes, as: UTF8.self)
        guard told.nestingDepth == read.nestingDepth else { return "depth \(told.nestingDepth) of \(text)" }
        guard told.compacted() == read.compacted() else { return "\(told.compacted()) of \(text)" }
        let parts = [
            (told.members.map(\.value), read.members.map(\.value)), (Array(told.elements), Array(read.elements)),
        ]
        for (told, read) in parts {
            guard told.count == read.count else { return "\(told.count) parts of \(text)" }
            for (told, read) in zip(told, read) { if let difference = difference(told, read) { return difference } }
        }
        return nil
    }

    private static func difference(_ text: [UInt8]) throws -> String? {
        let root = try JSONDocument(parsing: text).root
        return difference(root, JSONView(bytes: text, range: root.range))
    }

    @Test("of random texts", arguments: UInt64(1)...8)
    func random(seed: UInt64) async throws {
        var random = RandomJSON(seed: seed)
        for _ in 0..<100 {
            await Task.yield()
            let text = random.text(of: random.value())
            #expect(try Self.difference(text) == nil)
            #expect(try Self.difference(try JSONDocument(parsing: text).root.compacted().bytes) == nil)
        }
    }

    static let texts = [
        "[]", "{ }", " [ [] , {\"a\":[ [[[[[[]]]]]] ]} ] ", #"{"a":"\"\\\b\f\n\r\t"}"#, #"{"a":["\/"],"b":[1]}"#,
        #"{"a":["\u0041"],"\u0062":[]}"#, #"{"a":[1e5],"b":[1e-300],"c":[1E300],"d":[0.5]}"#,
        "[[0.\(String(repeating: "1", count: 38))],[0.\(String(repeating: "1", count: 39))]]",
        #"[{"a": 1},{"a":1 },{"a":1} ,{"a":1}]"#, "[[1],[1,\n2],{},{\"a\":{}}]",
    ]

    @Test("of what compaction changes, and what it leaves", arguments: texts)
    func compaction(text: String) throws {
        #expect(try Self.difference(Array(text.utf8)) == nil)
    }

    @Test("of more containers than are kept")
    func many() throws {
        let count = JSONOutline.maximumCount + 10
        let text = "[" + (0..<count).map { $0.isMultiple(of: 3) ? "[ ]" : "[[]]" }.joined(separator: ",") + "]"
        #expect(try Self.difference(Array(text.utf8)) == nil)
    }

    static let objects: [(text: String, values: [String?], unknown: String?)] = [
        (#"{"id":1,"tags":[2]}"#, ["1", "[2]"], nil), ("{}", [nil, nil], nil), ("[1]", [nil, nil], nil),
        (#"{"\u0069d":1,"t\u0061gs" : 2}"#, ["1", "2"], nil), (#"{"tags":1,"i":2,"id":3}"#, [nil, "1"], "i"),
        (#"{"tag":1}"#, [nil, nil], "tag"), (#"{"\u0069":1}"#, [nil, nil], "i"), (#"{"":1}"#, [nil, nil], ""),
        (#"{"idé":1}"#, [nil, nil], "idé"),
    ]

    @Test("members are found by their names, up to one that is not known", arguments: objects)
    func index(text: String, values: [String?], unknown: String?) throws {
        let index = JSONObjectIndex(try JSONDocument(parsing: Array(text.utf8)).root, known: ["id", "tags"])
        #expect([index["id"], index["tags"]].map { $0?.compacted().description } == values)
        #expect(index.unknown == unknown)
    }
}
