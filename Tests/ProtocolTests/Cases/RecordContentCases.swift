import DaemonFixture
import Testing

/// Contexts, embeddings, importance.
extension Scenario {
    private static func context(_ name: String, _ value: String) -> Scenario { context(name, .recordContext, value) }

    private static func context(_ name: String, _ rule: Rule, _ value: String) -> Scenario {
        kept(rule, "context \(name)", #"{"context":\#(value)}"#, as: #"{"context":\#(value)}"#)
    }

    private static func badContext(_ name: String, _ value: String) -> Scenario {
        refused(.recordContext, "context \(name) is refused", #"{"context":\#(value)}"#, field: "context")
    }

    private static func numbers(_ name: String, _ values: String) -> Scenario {
        context("numbers: \(name)", .numbers, #"{"n":[\#(values)]}"#)
    }

    /// An object that nests `depth` deep.
    private static func nested(_ depth: Int) -> String {
        String(repeating: #"{"a":"#, count: depth - 1) + "{}" + String(repeating: "}", count: depth - 1)
    }

    /// An object of `size` bytes as compact JSON.
    private static func sized(_ size: Int) -> String { #"{"t":"\#(String(repeating: "x", count: size - 8))"}"# }

    static let recordContents: [Scenario] = contexts + allNumbers + allEmbeddings + importances

    private static let contexts: [Scenario] = [
        context("empty", "{}"),
        context("of every kind", #"{"a":null,"b":true,"c":false,"d":1,"e":"","f":[],"g":{},"h":[{"i":[[]]}]}"#),
        context("with an empty key", #"{"":1," ":2}"#),
        context("with keys that differ in normalisation", .codePoints, #"{"\u00e9":1,"e\u0301":2,"E":3,"e":4}"#),
        context(
            "with odd text", .codePoints,
            #"{"t":"\u0001\u001f\u007f\u0080\u2028\ufeff\ufffd\uffff\ud83d\ude00\\\"\/\b\f\n\r\t"}"#),
        context(
            "with text that is not normalised", .codePoints,
            #"{"t":["\u00e9","e\u0301","\ufb01","\u212b","\u1e9b\u0323"]}"#),
        context("with odd keys", #"{"\u0001":1,"\ud83d\ude00":2,"a\"b":3,"\\":4,"$.a":5,"{}":6}"#),
        context("with what would be SQL", #"{"t":"'; DROP TABLE brain_memories; --","$1":"%s\\x00"}"#),
        context("56 deep", nested(56)),
        context(
            "56 deep in arrays", #"{"a":\#(String(repeating: "[", count: 55))\#(String(repeating: "]", count: 55))}"#),
        badContext("57 deep", nested(57)),
        badContext(
            "57 deep in arrays", #"{"a":\#(String(repeating: "[", count: 56))\#(String(repeating: "]", count: 56))}"#),
        context("of 1 MiB", sized(1_048_576)), badContext("of 1 MiB and a byte", sized(1_048_577)),
        context("of 1 MiB in two-byte letters", #"{"t":"\#(String(repeating: "é", count: 524_284))"}"#),
        badContext(
            "of 1 MiB and two bytes in two-byte letters", #"{"t":"\#(String(repeating: "é", count: 524_285))"}"#),
        badContext("as an array", "[]"), badContext("as a text", #""{}""#), badContext("as a number", "1"),
        badContext("null", "null"),
        badContext("true", "true"),
        missingContext, compactSize,
    ]

    private static let missingContext = Scenario("context is required", .recordContext) { world in
        try await world.client.expectInvalid("record.context", "store", #"{"record":{"agentId":"a"}}"#)
        try await world.client.expectInvalid("records[0].context", "storeBatch", #"{"records":[{"agentId":"a"}]}"#)
        try await world.client.expectInvalid("context", "storeContext", #"{"agentId":"a"}"#)
    }

    /// What is sent takes six times as much as its compact form.
    private static let compactSize = Scenario("white space and escapes don't count as context", .recordContext) {
        world in
        func record(letters: Int) -> String {
            let text = String(repeating: #"\u0041"#, count: letters)
            let space = String(repeating: " \n", count: 1_000)
            return #"{"record":{"agentId":"a","context":{\#(space)"t" :\#(space)"\#(text)"}}}"#
        }
        let stored = try await world.client.result("store", record(letters: 1_048_568))
        let memory = try await world.client.memory(stored["id"]?.string)
        let isWhole = memory?["context"]?["t"]?.string.map {
            $0.utf8.elementsEqual(repeatElement(0x41, count: 1_048_568))
        }
        #expect(isWhole == true)
        try await world.client.expectInvalid("record.context", "store", record(letters: 1_048_569))
    }

    private static let allNumbers: [Scenario] = [
        numbers("integers", "0,-0,1,-1,9007199254740993,9223372036854775807,-9223372036854775808,18446744073709551616"),
        numbers("with a fraction", "0.1,0.30000000000000004,1.5,-2.25,100.0,1e2,1E+2,12.340"),
        numbers(
            "large", "1e30,1e31,1e100,1.7976931348623157e308,-1.7976931348623157e308,123456789012345678901234567890"),
        numbers("small", "1e-30,1e-31,1e-100,2.2250738585072014e-308,5e-324,1e-400,-1e-400,1e-5"),
        numbers(
            "long",
            "0.\(String(repeating: "1", count: 400)),1\(String(repeating: "0", count: 300)),"
                + "3.\(String(repeating: "14159", count: 20))"
        ),
        numbers("near what a double rounds", "4503599627370497.5,9007199254740992.9,1.00000000000000011,0.1e-6"),
    ]

    private static func embeddings(_ name: String, _ values: String, _ answered: String? = nil) -> Scenario {
        kept(
            .recordEmbeddings, "embeddings \(name)", #"{"embeddings":[\#(values)]}"#,
            as: #"{"embeddings":[\#(answered ?? values)]}"#)
    }

    private static func badEmbeddings(_ name: String, _ value: String, at field: String = "embeddings") -> Scenario {
        refused(.recordEmbeddings, "embeddings \(name) are refused", #"{"embeddings":\#(value)}"#, field: field)
    }

    private static func many(_ count: Int) -> String {
        (0..<count).map { String(Double($0) / 8 - 100) }.joined(separator: ",")
    }

    private static let allEmbeddings: [Scenario] = [
        embeddings("of one integer", "1"), embeddings("of integers and fractions", "0,-1,2.5,-0.125,1e3,16777216"),
        embeddings("of 4,096", many(4_096)),
        embeddings(
            "that float32 rounds", "0.1,0.2,-0.3,16777217,3.14159265358979",
            [0.1, 0.2, -0.3, 16777217, 3.14159265358979].asFloats),
        embeddings(
            "that are float32 exactly", "0.10000000149011612,3.1415927410125732,1.17549435e-38,0.30000001192092896",
            [0.10000000149011612, 3.1415927410125732, 1.17549435e-38, 0.30000001192092896].asFloats),
        embeddings(
            "at float32's limits", "3.4028234663852886e38,-3.4028234663852886e38,1.401298464324817e-45",
            [3.4028234663852886e38, -3.4028234663852886e38, 1.401298464324817e-45].asFloats),
        embeddings("too small become 0", "1e-46,-1e-46,1e-300,1e-400,5e-324", "0,0,0,0,0"),
        badEmbeddings("of none", "[]"), badEmbeddings("of 4,097", "[\(many(4_097))]"),
        badEmbeddings("as a number", "1"),
        badEmbeddings("as a text", #""[1]""#), badEmbeddings("null", "null"), badEmbeddings("as an object", "{}"),
        badEmbeddings("with a text", #"[1,"2"]"#, at: "embeddings[1]"),
        badEmbeddings("with null", "[null]", at: "embeddings[0]"),
        badEmbeddings("with an array", "[0,1,[2]]", at: "embeddings[2]"),
        badEmbeddings("with true", "[true]", at: "embeddings[0]"),
        badEmbeddings("beyond float32", "[0,3.5e38]", at: "embeddings[1]"),
        badEmbeddings("below float32", "[-3.5e38]", at: "embeddings[0]"),
        badEmbeddings("far beyond float32", "[1e300]", at: "embeddings[0]"),
        kept(.absentStaysAbsent, "embeddings that are absent stay so", "{}", as: #"{"embeddings":null}"#),
    ]

    private static func importance(_ text: String, _ answered: Int) -> Scenario {
        kept(.recordImportance, "importance \(text)", #"{"importance":\#(text)}"#, as: #"{"importance":\#(answered)}"#)
    }

    private static func badImportance(_ text: String) -> Scenario {
        Scenario("importance \(text) is refused", .recordImportance, .minImportance, .exampleFrames, .invalidParams) {
            world in
            try await refused(.recordImportance, "", #"{"importance":\#(text)}"#, field: "importance").run(world)
            for method in ["query", "queryContext", "count", "getCrossAgentInsights"] {
                try await world.client.expectInvalid("minImportance", method, #"{"minImportance":\#(text)}"#)
            }
        }
    }

    private static let importances: [Scenario] = [
        importance("1", 1), importance("10", 10), importance("5.0", 5), importance("1e1", 10), importance("0.7e1", 7),
        kept(.recordImportance, "importance is 5 by default", "{}", as: #"{"importance":5}"#),
        badImportance("0"), badImportance("11"), badImportance("-1"), badImportance("5.5"), badImportance(#""5""#),
        badImportance("null"),
        badImportance("true"), badImportance("[5]"), badImportance("9223372036854775808"), badImportance("1e300"),
        badImportance("5.00000000000000000001"),
    ]
}

extension [Double] {
    /// The numbers as float32 keeps them, as JSON text.
    fileprivate var asFloats: String { map { String(Double(Float($0))) }.joined(separator: ",") }
}
