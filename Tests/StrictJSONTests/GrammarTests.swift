import StrictJSON
import Testing

@Suite("The grammar of RFC 8259", .serialized)
struct GrammarTests {
    static let accepted: [String] = [
        // Values on their own, and white space around them.
        "null", "true", "false", "0", "\"\"", "[]", "{}", " \t\n\r1\r\n\t ",
        // Arrays and objects.
        "[[ ] ]", "[\"\"]", "[1 ,2\n]", "[null,true,false,\"a\",{},[0]]", "[ ]", "{ }",
        "{\"a\":1}", "{\"\":0}", "{ \"a\" : [ ] , \"b\" : { } }", "{\"a\":{\"a\":{\"a\":1}}}", "[{\"a\":1},{\"a\":1}]",
        // Numbers.
        "-0", "-1", "10", "0.5", "-0.0", "1e5", "1E5", "1e+5", "1E-5", "0e1", "0E+1", "20.50e01", "123.456e78",
        "1e-400", "0e999999", "9223372036854775808", "0.00000000000000000000000000000000000000000000000001",
        // Strings.
        #""\"\\\/\b\f\n\r\t""#, #""\u0001\u001f\u007F""#, #""\uD834\uDD1E""#, #""\ud834\udd1e""#, #""\uFFFF\uFDD0""#,
        #""\u00e9\u0065\u0301""#, #""\\u0000""#, #""\uDBFF\uDFFF""#, "\"\u{7F}\u{80}\u{2028}\u{FEFF}\u{10FFFF}\"",
        #"{"\u0061":1,"b":2}"#,
    ]

    @Test("valid texts are accepted, and again when compact", arguments: accepted)
    func accepts(text: String) throws {
        let compact = try JSONDocument(parsing: Array(text.utf8)).root.compacted()
        let again = try JSONDocument(parsing: compact.bytes).root
        #expect(again.compacted() == compact)
    }

    /// Texts, the byte at fault, and what is said of it.
    static let rejected: [(text: String, offset: Int, reason: String)] = [
        // Nothing, or too much.
        ("", 0, "a value"), ("  ", 2, "a value"), ("1 2", 2, "the end of the text"), ("[]]", 2, "the end of the text"),
        ("{}{}", 2, "the end of the text"), ("[1]#", 3, "the end of the text"), ("nulll", 4, "the end of the text"),
        // Arrays.
        ("[", 1, "a value"), ("[1", 2, "',' or ']'"), ("[1,", 3, "a value"), ("[1,]", 3, "a value"),
        ("[,1]", 1, "a value"),
        ("[1,,2]", 3, "a value"), ("[1 2]", 3, "',' or ']'"), ("[1:2]", 2, "',' or ']'"), ("]", 0, "a value"),
        ("[}", 1, "a value"), ("[1}", 2, "',' or ']'"),
        // Objects.
        ("{", 1, "a key"), ("{,}", 1, "a key"), ("{\"a\"}", 4, "':'"), ("{\"a\":}", 5, "a value"),
        ("{\"a\":1,}", 7, "a key"), ("{\"a\":1", 6, "',' or '}'"), ("{\"a\" 1}", 5, "':'"), ("{a:1}", 1, "a key"),
        ("{'a':1}", 1, "a key"), ("{1:1}", 1, "a key"), ("{null:1}", 1, "a key"),
        ("{\"a\":1 \"b\":2}", 7, "',' or '}'"),
        ("{\"a\":1]", 6, "',' or '}'"), ("{\"a\":1:2}", 6, "',' or '}'"),
        // Words.
        ("tru", 0, "'true'"), ("True", 0, "a value"), ("nul", 0, "'null'"), ("fals3", 0, "'false'"),
        ("NaN", 0, "a value"),
        ("Infinity", 0, "a value"), ("-Infinity", 1, "a digit"), ("undefined", 0, "a value"),
        // Numbers.
        ("-", 1, "a digit"), ("+1", 0, "a value"), ("--1", 1, "a digit"), (".5", 0, "a value"), ("-.5", 1, "a digit"),
        ("1.", 2, "a digit"), ("1.e2", 2, "a digit"), ("01", 1, "the end of the text"),
        ("-01", 2, "the end of the text"),
        ("0x1", 1, "the end of the text"), ("1e", 2, "a digit"), ("1e+", 3, "a digit"), ("1e+-1", 3, "a digit"),
        ("1eE2", 2, "a digit"), ("1_000", 1, "the end of the text"), ("[1,000.5]", 4, "',' or ']'"),
        ("１", 0, "a value"),
        ("1e400", 0, "outside the range"), ("-1e400", 0, "outside the range"), ("[0,1e309]", 3, "outside the range"),
        // Strings.
        ("\"a", 0, "unterminated string"), ("[\"a]", 1, "unterminated string"), ("'a'", 0, "a value"),
        ("\"a\"b\"", 3, "the end of the text"), (#""\x""#, 1, "unknown escape"), (#""\a""#, 1, "unknown escape"),
        (#""\'""#, 1, "unknown escape"), (#""\U0041""#, 1, "unknown escape"), (#""\u12""#, 1, "unterminated string"),
        (#""\u12G4""#, 1, "malformed"), (#""\u 123""#, 1, "malformed"), (#""\u+123""#, 1, "malformed"),
        ("\"\\", 1, "unterminated string"), ("\"\\u", 1, "unterminated string"), ("\"\\\"", 0, "unterminated string"),
        ("\"a\tb\"", 2, "control character"), ("\"a\nb\"", 2, "control character"), ("\"\0\"", 1, "control character"),
        ("\"\u{1F}\"", 1, "control character"),
        // What the protocol refuses beyond the RFC.
        (#""a\u0000""#, 2, "U+0000"), (#"{"a\u0000":1}"#, 3, "U+0000"), (#""\uD800""#, 1, "lone surrogate"),
        (#""\uDC00""#, 1, "lone surrogate"), (#""\uD800\uD800""#, 1, "lone surrogate"),
        (#""\uDC00\uD800""#, 1, "lone surrogate"), (#""\uD800a""#, 1, "lone surrogate"),
        (#""\uD800\n""#, 1, "lone surrogate"), (#""\uD800\u0041""#, 1, "lone surrogate"),
        (#""\uD800\u00""#, 7, "unterminated string"), (#""\ud83d""#, 1, "lone surrogate"),
        // Things other parsers allow.
        ("\u{FEFF}[]", 0, "a value"), ("\u{A0}1", 0, "a value"), ("\u{0C}1", 0, "a value"),
        ("1\0", 1, "the end of the text"),
        ("//x\n1", 0, "a value"), ("/**/1", 0, "a value"), ("[1]//x", 3, "the end of the text"),
    ]

    @Test("faulty texts are refused at the right byte", arguments: rejected)
    func rejects(text: String, offset: Int, reason: String) throws {
        let error = #expect(throws: JSONSyntaxError.self) { _ = try JSONDocument(parsing: Array(text.utf8)) }
        let fault = try #require(error)
        #expect(fault.offset == offset, "\(fault)")
        #expect(fault.reason.contains(reason), "\(fault)")
    }

    @Test("arrays and objects nest 64 deep and no deeper", arguments: ["[]", "{}", "[{}]", "{[]}"])
    func depth(shape: String) {
        #expect(Self.parses(Self.nested(64, in: shape)))
        #expect(!Self.parses(Self.nested(65, in: shape)))
        #expect(!Self.parses(Self.nested(100_000, in: shape)))
    }

    @Test("the depth counts what is open, not what was")
    func depthOfSiblings() {
        let row = [String](repeating: Self.nested(62, in: "[]"), count: 100).joined(separator: ",")
        #expect(Self.parses("[{\"a\":[\(row)]}]") == false)
        #expect(Self.parses("[[\(row)]]"))
        #expect(Self.parses("[[\(row),{}],{}]"))
    }

    @Test("a depth fault is told where it begins")
    func depthOffset() {
        let error = #expect(throws: JSONSyntaxError.self) {
            _ = try JSONDocument(parsing: Array("[[ [1]]]".utf8), maximumDepth: 2)
        }
        #expect(error?.offset == 3)
        #expect(error?.reason == "nested deeper than 2 levels")
        #expect(error?.description == "nested deeper than 2 levels at byte 3")
    }

    /// `count` containers inside one another: arrays, objects, or both by turns.
    static func nested(_ count: Int, in shape: String) -> String {
        var (opening, closing) = ("", [String]())
        for level in 0..<count {
            let isArray = shape == "[]" || (shape == "[{}]" && level % 2 == 0) || (shape == "{[]}" && level % 2 == 1)
            let isLast = level == count - 1
            opening += isArray ? "[" : isLast ? "{" : "{\"k\":"
            closing.append(isArray ? "]" : "}")
        }
        return opening + closing.reversed().joined()
    }

    static func parses(_ text: String) -> Bool {
        (try? JSONDocument(parsing: Array(text.utf8))) != nil
    }
}
