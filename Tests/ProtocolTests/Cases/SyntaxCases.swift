/// What is no JSON as the protocol wants it, and what is though it looks odd.
extension Scenario {
    /// A request whose params hold `value`, which is at fault; the id was read before.
    private static func bad(_ name: String, _ value: String) -> Scenario {
        payload(
            .parseError, "parse error: \(name)",
            #"{"jsonrpc":"2.0","id":"i","method":"get","params":{"id":\#(value)}}"#,
            id: #""i""#, .error("parse_error"))
    }

    private static func badBytes(_ name: String, _ bytes: [UInt8]) -> Scenario {
        let (head, tail) = (#"{"jsonrpc":"2.0","id":5,"method":"get","params":{"id":""#, #""}}"#)
        return Self.bytes(
            .parseError, "not UTF-8: \(name)", Array(head.utf8) + bytes + Array(tail.utf8), id: "5",
            .error("parse_error"))
    }

    private static func fault(_ name: String, _ text: String, id: String = "null") -> Scenario {
        payload(.errorID, "a fault \(name)", text, id: id, .error("parse_error"))
    }

    /// Arrays in arrays, the innermost at `depth` of the whole frame.
    private static func nested(to depth: Int) -> String {
        // The frame's object is depth 1, params 2, the first array 3.
        String(repeating: "[", count: depth - 2) + String(repeating: "]", count: depth - 2)
    }

    /// A good value of a wrong type: read in full, and only then refused.
    private static func read(_ name: String, _ value: String) -> Scenario {
        payload(
            .parseError, "no parse error: \(name)",
            #"{"jsonrpc":"2.0","id":1,"method":"get","params":{"id":\#(value)}}"#,
            .error("invalid_params", field: "id"))
    }

    static let syntax: [Scenario] = grammar + strings + numberSyntax + encodings + faultIDs

    private static let grammar: [Scenario] = [
        bytes(.parseError, "parse error: an empty frame", [], id: "null", .error("parse_error")),
        payload(.parseError, "parse error: white space", " \n", id: "null", .error("parse_error")),
        bad("a comma too many in an array", "[1,]"), bad("a comma too many in an object", #"{"a":1,}"#),
        bad("no comma", "[1 2]"), bad("no colon", #"{"a" 1}"#), bad("a bare word", "yes"), bad("True", "True"),
        bad("NaN", "NaN"), bad("Infinity", "-Infinity"), bad("a comment", "/* */1"), bad("single quotes", "'a'"),
        bad("an unquoted key", "{a:1}"), bad("an open array", "[1"), bad("a wrong bracket", "[1}"), bad("nothing", ""),
        bad("duplicate keys", #"{"a":1,"a":1}"#), bad("duplicate keys by an escape", #"{"a":1,"\u0061":2}"#),
        bad("duplicate keys by a surrogate pair", #"{"😀":1,"\uD83D\ude00":2}"#),
        bad("duplicate keys among many", "{\((0..<40).map { #""k\#($0)":0"# }.joined(separator: ",")),\"\\u006b7\":1}"),
        bad("duplicate empty keys", #"{"":1,"":2}"#),
        read("keys that differ in normalisation", #"{"\u00e9":1,"e\u0301":2}"#),
        read("keys that differ in case", #"{"a":1,"A":2}"#),
        read("equal keys of different objects", #"[{"a":1},{"a":{"a":2}}]"#),
        bad("depth 65", nested(to: 65)), read("depth 64", nested(to: 64)),
        bad("depth 65 by objects", String(repeating: #"{"a":"#, count: 63) + "1" + String(repeating: "}", count: 63)),
        bad("depth 100,000", String(repeating: "[", count: 100_000)),
        read("many arrays side by side", "[" + String(repeating: "[],", count: 1_000) + "[]]"),
    ]

    private static let strings: [Scenario] = [
        bad("U+0000", #""a\u0000""#), bad("U+0000 in a key", #"{"a\u0000":1}"#),
        bad("a lone high surrogate", #""\ud800""#), bad("a lone low surrogate", #""\udc00""#),
        bad("surrogates in the wrong order", #""\ude00\ud83d""#), bad("two high surrogates", #""\ud83d\ud83d""#),
        bad("a high surrogate before another escape", #""\ud83d\n""#), bad("a surrogate in a key", #"{"\udfff":1}"#),
        bad("an unknown escape", #""\x41""#), bad("a short escape", #""\u004""#), bad("a bad escape", #""\u00g0""#),
        bad("a newline in a string", "\"a\nb\""), bad("a tab in a string", "\"a\tb\""), bad("an open string", "\"a"),
        read("every escape", #""\"\\\/\b\f\n\r\t\u00e9\uD83D\uDE00""#), read("U+007F and U+FFFF", #""\u007f\uffff""#),
    ]

    private static let numberSyntax: [Scenario] = [
        bad("1e400", "1e400"), bad("-1e400", "-1e400"), bad("a double's greatest and more", "1.8e308"),
        bad("400 digits", String(repeating: "9", count: 400)), bad("1e99999999999999999999", "1e99999999999999999999"),
        bad("a leading zero", "01"), bad("a leading plus", "+1"), bad("no digit before the point", ".5"),
        bad("no digit after the point", "1."), bad("no digit in the exponent", "1e"), bad("two minus signs", "--1"),
        bad("hexadecimal", "0x10"), bad("a lone minus", "-"), bad("digits of another script", "٣"),
        read("1e308", "1e308"), read("a double's greatest", "1.7976931348623157e308"), read("1e-400", "1e-400"),
        read("309 digits within a double", "1" + String(repeating: "0", count: 308)), read("-0", "-0"),
        read("300 decimals", "0." + String(repeating: "3", count: 300)), read("1E+2", "1E+2"),
    ]

    private static let encodings: [Scenario] = [
        badBytes("a lone continuation byte", [0x80]), badBytes("an overlong slash", [0xC0, 0xAF]),
        badBytes("an overlong NUL", [0xC0, 0x80]), badBytes("a surrogate", [0xED, 0xA0, 0x80]),
        badBytes("a sequence cut short", [0xE2, 0x82]), badBytes("beyond U+10FFFF", [0xF4, 0x90, 0x80, 0x80]),
        badBytes("0xFF", [0xFF]), badBytes("Latin-1", [0xE9]), badBytes("a NUL byte", [0x00]),
        bytes(
            .parseError, "not UTF-8: a byte order mark",
            [0xEF, 0xBB, 0xBF] + Array(#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#.utf8), id: "null",
            .error("parse_error")),
        bytes(
            .parseError, "not UTF-8: UTF-16",
            Array(#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#.utf16).flatMap { [UInt8($0), 0] },
            id: "null", .error("parse_error")),
    ]

    private static let faultIDs: [Scenario] = [
        fault("before the id", #"{"jsonrpc":"2.0","x":nope,"id":1}"#),
        fault("in the id", #"{"jsonrpc":"2.0","id":nope}"#),
        fault("in the id's text", #"{"id":"\ud800","jsonrpc":"2.0"}"#),
        fault("after the id", #"{"id":-8,"jsonrpc":nope}"#, id: "-8"),
        fault("after a text as id", #"{"id":"\u0061","x":}"#, id: #""\u0061""#),
        fault("after an id null", #"{"id":null,"x":}"#),
        fault("after an id that is none", #"{"id":1.5,"x":}"#),
        fault("after an id that is an array", #"{"id":[],"x":}"#),
        fault("after an id with an escaped key", #"{"\u0069d":3,"x":}"#, id: "3"),
        fault("after an inner id", #"{"params":{"id":4},"x":}"#),
        fault("after the object", #"{"id":6,"method":"ping"} x"#, id: "6"),
        fault("of two ids", #"{"id":9,"method":"ping","id":10}"#, id: "9"),
        fault("in an array of requests", #"[{"id":4,"x":}]"#),
        fault("that cuts the frame short", #"{"id":11,"jsonrpc":"2.0","method":"ping""#, id: "11"),
    ]
}
