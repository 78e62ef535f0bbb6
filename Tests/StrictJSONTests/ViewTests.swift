import StrictJSON
import Testing

@Suite("Views", .serialized)
struct ViewTests {
    private static func view(_ text: String) throws -> JSONView {
        try JSONDocument(parsing: Array(text.utf8)).root
    }

    static let kinds: [(text: String, kind: JSONKind, phrase: String)] = [
        ("null", .null, "null"), ("true", .boolean, "a boolean"), ("false", .boolean, "a boolean"),
        ("-1", .number, "a number"), ("0", .number, "a number"), ("\"\"", .string, "a string"),
        ("[]", .array, "an array"),
        (" {} ", .object, "an object"),
    ]

    @Test("each kind is told, and only its own accessor answers", arguments: kinds)
    func kind(text: String, kind: JSONKind, phrase: String) throws {
        let view = try Self.view(text)
        #expect(view.kind == kind)
        #expect(view.kind.phrase == phrase)
        #expect(view.isNull == (kind == .null))
        #expect((view.boolean != nil) == (kind == .boolean))
        #expect((view.double != nil) == (kind == .number))
        #expect((view.string != nil) == (kind == .string))
        #expect(Array(view.members).isEmpty && Array(view.elements).isEmpty)
        #expect(view["a"] == nil)
    }

    @Test("members come in order, with unescaped names and exact values")
    func members() throws {
        let view = try Self.view(
            " { \"b\" : [ 1 , 2 ] , \"\\u0061\\\"\" :\t{\"x\":\"}\"},\"\":null,\"z\":\"a,b\" , \"n\":-1.5e1 } ")
        #expect(view.members.map(\.name) == ["b", "a\"", "", "z", "n"])
        let raw = view.members.map { String(decoding: $0.value.rawBytes, as: UTF8.self) }
        #expect(raw == ["[ 1 , 2 ]", "{\"x\":\"}\"}", "null", "\"a,b\"", "-1.5e1"])
        #expect(view["a\""]?["x"]?.string == "}")
        #expect(view["z"]?.string == "a,b")
        #expect(view["missing"] == nil)
    }

    @Test("a member is found by its code points, not by canonical equivalence")
    func memberLookup() throws {
        let view = try Self.view("{\"\u{E9}\":1,\"e\u{301}\":2,\"\u{212A}\":3}")
        #expect(view["\u{E9}"]?.int64 == 1)
        #expect(view["e\u{301}"]?.int64 == 2)
        #expect(view["K"] == nil)
    }

    @Test("elements come in order")
    func elements() throws {
        let view = try Self.view("[ 1,[2,[3]] ,{\"a\":[4]},\"]\",true ,null]")
        let raw = view.elements.map { String(decoding: $0.rawBytes, as: UTF8.self) }
        #expect(raw == ["1", "[2,[3]]", "{\"a\":[4]}", "\"]\"", "true", "null"])
        #expect(Array(try Self.view("[ ]").elements).isEmpty)
        #expect(Array(try Self.view("{ }").members).isEmpty)
    }

    @Test("iterating on after the end stays at the end")
    func exhausted() throws {
        var elements = try Self.view("[1]").elements
        #expect(elements.next() != nil)
        #expect(elements.next() == nil && elements.next() == nil)
        var members = try Self.view("[{\"a\":1},2]").elements.first { _ in true }?.members
        #expect(members?.next() != nil)
        #expect(members?.next() == nil && members?.next() == nil)
    }

    static let strings: [(text: String, value: String)] = [
        (#""""#, ""), (#""plain é 😀""#, "plain é 😀"), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"),
        (#""\u0041\u00e9\u20AC\ud83d\ude00""#, "Aé€😀"), (#""a\\u0041b""#, "a\\u0041b"), (#""\uFEFF""#, "\u{FEFF}"),
        (#""\uDBFF\uDFFFx""#, "\u{10FFFF}x"), (#""\ue000\ud7ff""#, "\u{E000}\u{D7FF}"),
    ]

    @Test("strings are unescaped", arguments: strings)
    func string(text: String, value: String) throws {
        let string = try #require(try Self.view(text).string)
        #expect(Array(string.utf8) == Array(value.utf8))
    }

    static let depths: [(text: String, depth: Int)] = [
        ("1", 0), ("\"[[[\"", 0), ("[]", 1), ("{}", 1), ("[[],[[]]]", 3), ("{\"a\":[{\"b\":{}}],\"]\":1}", 4),
        ("{\"[{\\\"[\":\"[[[[\"}", 1),
    ]

    @Test("the nesting depth counts brackets outside strings", arguments: depths)
    func nestingDepth(text: String, depth: Int) throws {
        #expect(try Self.view(text).nestingDepth == depth)
    }
}
