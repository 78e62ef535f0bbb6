import DaemonFixture

/// Frames that no client would send, from a seed.
struct HostileFrames {
    private var random: Randomness

    /// SplitMix64 (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators").
    struct Randomness: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var bits = state
            bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
            bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
            return bits ^ (bits >> 31)
        }
    }

    /// A payload, and which kinds of error may answer it; nil: any answer, or none.
    struct Frame {
        let payload: [UInt8]
        let kinds: Set<String>?
    }

    init(seed: UInt64) { random = Randomness(state: seed) }

    private static let requests: [String] = [
        #"{"jsonrpc":"2.0","id":1,"method":"get","params":{"id":"hostile"}}"#,
        #"{"jsonrpc":"2.0","id":"x","method":"query","params":{"agentId":"hostile","tags":["a","b"],"limit":3}}"#,
        #"{"jsonrpc":"2.0","id":2,"method":"store","params":{"record":{"id":"h","agentId":"hostile","context":{"a":[1]}}}}"#,
        #"{"jsonrpc":"2.0","id":3,"method":"count","params":{"minImportance":3,"startDate":"2024-01-01"},"deadlineMs":900}"#,
        #"{"jsonrpc":"2.0","id":4,"method":"getHealth"}"#,
    ]

    mutating func next() -> Frame {
        switch Int.random(in: 0..<12, using: &random) {
        case 0: return Frame(payload: bytes(Int.random(in: 0...64, using: &random)), kinds: nil)
        case 1: return Frame(payload: [0xff] + bytes(200), kinds: ["parse_error"])
        case 2: return truncated()
        case 3: return mutated()
        case 4: return nested()
        case 5: return badText()
        case 6: return hugeID()
        case 7: return number()
        case 8: return Frame(payload: [], kinds: ["parse_error"])
        case 9: return wrongShape()
        case 10: return wrongParameters()
        default: return duplicated()
        }
    }

    private mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &random) }
    }

    private mutating func request() -> [UInt8] { Array((Self.requests.randomElement(using: &random) ?? "").utf8) }

    /// A request cut short.
    private mutating func truncated() -> Frame {
        let request = request()
        let count = Int.random(in: 0..<request.count, using: &random)
        return Frame(payload: Array(request[..<count]), kinds: ["parse_error"])
    }

    /// A request with a few bytes changed, taken out or put in.
    private mutating func mutated() -> Frame {
        var request = request()
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            let index = Int.random(in: 0..<request.count, using: &random)
            switch Int.random(in: 0..<3, using: &random) {
            case 0: request[index] = UInt8.random(in: .min ... .max, using: &random)
            case 1: request.remove(at: index)
            default: request.insert(UInt8.random(in: 0x20...0x7e, using: &random), at: index)
            }
        }
        return Frame(payload: request, kinds: nil)
    }

    private mutating func nested() -> Frame {
        let depth = Int.random(in: 65...20_000, using: &random)
        let (open, close) = Bool.random(using: &random) ? ("[", "]") : (#"{"a":"#, "}")
        let tail = Bool.random(using: &random) ? "1" + String(repeating: close, count: depth) : ""
        return Frame(payload: Array((String(repeating: open, count: depth) + tail).utf8), kinds: ["parse_error"])
    }

    /// A string that is no UTF-8, or holds what JSON forbids in one.
    private mutating func badText() -> Frame {
        let pieces: [[UInt8]] = [
            [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0x80], [0xe2, 0x28, 0xa1], [0x00], [0x1f],
            Array(#"\u0000"#.utf8), Array(#"\ud800"#.utf8), Array(#"\udfff\ud800"#.utf8), Array(#"\q"#.utf8),
        ]
        let piece = pieces.randomElement(using: &random) ?? []
        let head = Array(#"{"jsonrpc":"2.0","id":5,"method":"get","params":{"id":""#.utf8)
        return Frame(payload: head + piece + Array(#""}}"#.utf8), kinds: ["parse_error"])
    }

    private mutating func hugeID() -> Frame {
        let count = Int.random(in: 1_000...40_000, using: &random)
        let isText = Bool.random(using: &random)
        let id = isText ? "\"\(String(repeating: "i", count: count))\"" : String(repeating: "9", count: count)
        let text = #"{"jsonrpc":"2.0","id":\#(id),"method":"no.such.method"}"#
        return Frame(
            payload: Array(text.utf8), kinds: isText ? ["method_not_found"] : ["invalid_request", "parse_error"])
    }

    private mutating func number() -> Frame {
        let numbers = ["1e400", "-1e999999999999", "1e309", String(repeating: "9", count: 400)]
        let number = numbers.randomElement(using: &random) ?? ""
        let text = #"{"jsonrpc":"2.0","id":6,"method":"count","params":{"minImportance":\#(number)}}"#
        return Frame(payload: Array(text.utf8), kinds: ["parse_error"])
    }

    /// JSON that is no request.
    private mutating func wrongShape() -> Frame {
        let texts = [
            "null", "true", "7", #""ping""#, "[]", "{}", #"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#,
            #"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, #"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#,
            #"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, #"{"jsonrpc":"2.0","id":1,"method":7}"#,
            #"{"jsonrpc":"2.0","id":1,"method":"ping","extra":1}"#, #"{"id":1,"method":"ping"}"#,
        ]
        return Frame(payload: Array((texts.randomElement(using: &random) ?? "").utf8), kinds: ["invalid_request"])
    }

    private mutating func wrongParameters() -> Frame {
        let params = [
            "[]", "7", #"{"id":1}"#, #"{"id":"-x"}"#, #"{"id":"\#(String(repeating: "x", count: 129))"}"#,
            #"{"idd":"x"}"#,
            #"{"id":{"id":{"id":[]}}}"#, #"{"id":"a","__proto__":{}}"#, "{}",
        ]
        let text = #"{"jsonrpc":"2.0","id":7,"method":"get","params":\#(params.randomElement(using: &random) ?? "")}"#
        return Frame(payload: Array(text.utf8), kinds: ["invalid_params"])
    }

    /// Thousands of keys, the last of which is there twice.
    private mutating func duplicated() -> Frame {
        let count = Int.random(in: 2...500, using: &random)
        let members = (0..<count).map { #""k\#($0)":\#($0)"# } + [#""k0":0"#]
        let text = #"{"jsonrpc":"2.0","id":8,"method":"get","params":{\#(members.joined(separator: ","))}}"#
        return Frame(payload: Array(text.utf8), kinds: ["parse_error"])
    }
}
