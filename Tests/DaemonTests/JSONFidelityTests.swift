import DaemonFixture
import PostgresFixture
import Testing

extension DaemonTests {
    /// JSON that PostgreSQL would refuse, or give back changed, from the wire to the disk and back.
    @Suite struct JSONFidelityTests {
        /// Sends a store whose context is this text, and answers what came.
        private static func store(_ client: WireClient, _ id: String, context: String) async throws -> WireAnswer {
            try await client.send(
                frame: #"{"jsonrpc":"2.0","id":"raw","method":"store","params":{"record":{"id":"\#(id)","#
                    + #""agentId":"fidelity","context":\#(context)}},"deadlineMs":30000}"#)
            return try #require(try await client.receive())
        }

        /// Stores a context and expects it back equal: strings by code point, numbers as doubles.
        private static func expectKept(_ client: WireClient, _ id: String, _ context: String) async throws {
            let answer = try await store(client, id, context: context)
            #expect(answer.result != nil, "\(context.prefix(200)): \(answer)")
            let kept = try await client.memory(id)?["context"]
            #expect(
                try kept == JSONValue(parsing: context),
                "\(context.prefix(200)): \(kept?.description.prefix(200) ?? "")")
        }

        private static func nested(_ depth: Int, _ open: String, _ core: String, _ close: String) -> String {
            String(repeating: open, count: depth) + core + String(repeating: close, count: depth)
        }

        @Test(arguments: [
            // NUL and lone surrogates: PostgreSQL's jsonb refuses them.
            #"{"a":"\u0000"}"#, #"{"\u0000":1}"#, #"{"a":"\ud800"}"#, #"{"a":"\udc00"}"#, #"{"a":"\udc00\ud800"}"#,
            #"{"\ud83d":1}"#, #"{"a":"\ud83dx"}"#, #"{"a":"\ud83d\u0041"}"#,
            // Duplicate keys, spelled the same or not: PostgreSQL would keep the last.
            #"{"a":1,"a":1}"#, #"{"a":1,"\u0061":2}"#, #"{"b":{"x":1,"y":2,"x":3}}"#, #"{"b":[{"":1,"":2}]}"#,
            // Numbers outside double: PostgreSQL would keep them, and nobody could read them.
            #"{"a":1e400}"#, #"{"a":-1e309}"#, #"{"a":1e131071}"#, #"{"a":1e99999999999999999999}"#,
            // Not JSON.
            #"{"a":NaN}"#, #"{"a":Infinity}"#, #"{"a":01}"#, #"{"a":.5}"#, #"{"a":1.}"#, #"{"a":+1}"#, #"{"a":0x1}"#,
            #"{"a":'b'}"#, #"{a:1}"#, #"{"a":1,}"#, #"{"a":"\x41"}"#, #"{"a":"\u00g0"}"#, "{\"a\":\"\t\"}",
            "{\"a\":\"\u{0}\"}", #"{"a":"\"}"#, #"{"a":tru}"#, "\u{feff}{}",
        ])
        func isRefusedAndNothingIsWritten(_ context: String) async throws {
            let client = try await DaemonTests.shared.value.connect()
            let answer = try await Self.store(client, "refused", context: context)
            #expect(answer.kind == "parse_error" && answer.code == -32_700, "\(answer)")
            #expect(try await client.memory("refused") == nil)
        }

        @Test func badUTF8IsRefused() async throws {
            let client = try await DaemonTests.shared.value.connect()
            let bad: [[UInt8]] = [
                [0xff], [0x80], [0xc0, 0x80], [0xc1, 0xbf], [0xe0, 0x80, 0x80], [0xed, 0xa0, 0x80], [0xed, 0xbf, 0xbf],
                [0xf0, 0x80, 0x80, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xf8, 0x88, 0x80, 0x80, 0x80], [0xe2, 0x82],
            ]
            for bytes in bad {
                let head =
                    #"{"jsonrpc":"2.0","id":1,"method":"store","params":{"record":{"agentId":"a","context":{"k":""#
                try await client.send(frame: Array(head.utf8) + bytes + Array(#""}}}}"#.utf8))
                let answer = try #require(try await client.receive())
                #expect(answer.kind == "parse_error", "\(bytes): \(answer)")
            }
            // As UTF-16 or UTF-32, and with a byte order mark.
            let text = #"{"jsonrpc":"2.0","id":1,"method":"ping"}"#
            let bigEndian = text.utf8.flatMap { [0, $0] as [UInt8] }
            let littleEndian = text.utf8.flatMap { [$0, 0] as [UInt8] }
            let wide = text.utf8.flatMap { [0, 0, 0, $0] as [UInt8] }
            let marks: [[UInt8]] = [[0xff, 0xfe] + littleEndian, [0xef, 0xbb, 0xbf] + Array(text.utf8)]
            for payload in [bigEndian, littleEndian, wide] + marks {
                try await client.send(frame: payload)
                #expect(try await client.receive()?.kind == "parse_error")
            }
        }

        @Test(arguments: [
            #"{"a":1e308,"b":-1.7976931348623157e308,"c":5e-324,"d":2.2250738585072014e-308,"e":4.9406564584124654e-324}"#,
            #"{"a":1e-400,"b":-1e-400,"c":1e-20000,"d":0e400,"e":-0.0,"f":0.1e-16500}"#,
            #"{"a":123456789012345678901234567890,"b":-999999999999999999999999999999,"c":9007199254740993}"#,
            #"{"a":9223372036854775807,"b":-9223372036854775808,"c":18446744073709551615,"d":9223372036854775808}"#,
            #"{"a":0.1,"b":0.30000000000000004,"c":1.0,"d":5e0,"e":1E5,"f":1e+5,"g":100000000000000000000.5}"#,
            #"{"a":1.00000000000000000000000000000000001,"b":3.141592653589793238462643383279502884197}"#,
            #"{"a":"\"\\\/\b\f\n\r\t\u0001\u001f\u007f\u0080\u2028\u2029\ufffe\uffff"}"#,
            #"{"a":"\ud83d\ude00\uD83D\uDE00\u00e9e\u0301 \u0041"}"#,
            #"{"__proto__":{"constructor":1},"":"empty","constructor":null,"toString":[],"$ref":"/"," ":1,"\n":2}"#,
            #"{"":{"":{"":[]}}}"#, #"{"a":[],"b":{},"c":[[]],"d":[{}],"e":null,"f":[null,true,false]}"#,
            #"{"e\u0301":"decomposed","\u00e9":"composed","E":1,"e":2}"#,
            #"{"\u00df":1,"ss":2,"SS":3,"\ufb01":4,"fi":5,"\u00c5":6,"\u212b":7,"A\u030a":8}"#,
            #"{"b":1,"a":2,"aa":3,"A":4,"ab":5,"B":6}"#,
        ])
        func comesBackEqual(_ context: String) async throws {
            let client = try await DaemonTests.shared.value.connect()
            try await Self.expectKept(client, "kept", context)
        }

        @Test func theDeepestContextIsKeptAndADeeperOneRefused() async throws {
            let client = try await DaemonTests.shared.value.connect()
            // The context is itself one deep.
            for (open, close) in [("[", "]"), (#"{"k":"#, "}"), (#"[{"":"#, "}]")] {
                let levels = open.count == 1 || open.hasPrefix("{") ? 55 : 27
                let deepest = #"{"d":"# + Self.nested(levels, open, "1", close) + "}"
                try await Self.expectKept(client, "deep", deepest)
            }
            let over = #"{"d":"# + Self.nested(56, "[", "", "]") + "}"
            let answer = try await Self.store(client, "too-deep", context: over)
            #expect(answer.kind == "invalid_params" && answer.field == "record.context", "\(answer)")
            // The frame's own limit: context is at depth 4 of the frame, so 61 levels within it reach 65.
            let far = #"{"d":"# + Self.nested(61, "[", "", "]") + "}"
            #expect(try await Self.store(client, "too-deep", context: far).kind == "parse_error")
            let absurd = #"{"d":"# + Self.nested(100_000, "[", "", "]") + "}"
            #expect(try await Self.store(client, "too-deep", context: absurd).kind == "parse_error")
            #expect(try await client.memory("too-deep") == nil)
        }

        @Test func aContextOfOneMebibyteIsKeptAndAByteMoreRefused() async throws {
            let client = try await DaemonTests.shared.value.connect()
            let frame = #"{"t":""}"#.utf8.count
            let limit = 1_048_576
            for filler in ["x", "\u{e9}"] {
                let count = (limit - frame) / filler.utf8.count
                let padding = String(repeating: "y", count: limit - frame - count * filler.utf8.count)
                let text = String(repeating: filler, count: count) + padding
                try await Self.expectKept(client, "large", #"{"t":"\#(text)"}"#)
                let answer = try await Self.store(client, "too-large", context: #"{"t":"\#(text)z"}"#)
                #expect(answer.kind == "invalid_params" && answer.field == "record.context", "\(answer)")
            }
            // Space between, and escapes of what needs none, don't count: compact JSON does.
            let spaced = #"{ "t" :   "\#(String(repeating: #"\u0078"#, count: limit - frame))" }"#
            try await Self.expectKept(client, "large", spaced)
            #expect(try await client.memory("too-large") == nil)
            // Many small members: the text of PostgreSQL's jsonb is longer than compact JSON.
            let numbers = #"{"n":["# + Array(repeating: "1", count: (limit - 9) / 2 + 1).joined(separator: ",") + "]}"
            #expect(numbers.utf8.count <= limit)
            try await Self.expectKept(client, "large", numbers)
            let exponents = #"{"n":["# + Array(repeating: "1e308", count: 174_000).joined(separator: ",") + "]}"
            #expect(exponents.utf8.count <= limit)
            try await Self.expectKept(client, "large", exponents)
        }

        @Test func tagsAreComparedCodePointByCodePoint() async throws {
            let client = try await DaemonTests.shared.value.connect()
            let composed = "caf\u{e9}"
            let decomposed = "cafe\u{301}"
            let tags = [
                decomposed, composed, composed, "CAF\u{c9}", "\u{212b}", "\u{c5}", "A\u{30a}", "\u{1f600}", "\u{ffff}",
                " ", "\"",
            ]
            let record = JSONValue.record("tagged", agent: "fidelity", tags: tags)
            _ = try await client.store(record).success()
            let expected = [
                " ", "\"", "A\u{30a}", "CAF\u{c9}", decomposed, composed, "\u{c5}", "\u{212b}", "\u{ffff}", "\u{1f600}",
            ]
            #expect(try await client.memory("tagged")?["tags"] == .strings(expected))
            for (id, tag) in [("nfc", composed), ("nfd", decomposed)] {
                _ = try await client.store(.record(id, agent: "normal-forms", tags: [tag])).success()
            }
            for (id, tag) in [("nfc", composed), ("nfd", decomposed)] {
                let found = try await client.allMemories(["agentId": "normal-forms", "tags": .strings([tag])])
                #expect(found.compactMap { $0["id"]?.string } == [id])
            }
            let both: JSONValue = [
                "agentId": "normal-forms", "tags": .strings([composed, decomposed]), "tagMode": "all",
            ]
            #expect(try await client.call("count", both)["count"] == 0)
        }

        @Test func embeddingsAreKeptAsFloat32() async throws {
            let client = try await DaemonTests.shared.value.connect()
            let sent: [String] = [
                "0.1", "1", "-2.5", "3.4028234663852886e38", "1e-45", "1e-46", "1e-400", "-0.0", "16777217",
                "1.1754944e-38",
                "0.333333333333333314829616256247390992939472198486328125",
            ]
            let record = JSONValue.record(
                "embedded", agent: "fidelity", ["embeddings": .array(sent.map { .number($0) })])
            _ = try await client.store(record).success()
            let kept = try await client.memory("embedded")?["embeddings"]?.array ?? []
            #expect(kept.map { $0.double.map { Float($0) } } == sent.map { Float($0) ?? 0 })
            for text in ["3.5e38", "-1e39", "1e308"] {
                let over = JSONValue.record("over", agent: "fidelity", ["embeddings": .array([1, .number(text)])])
                let answer = try await client.store(over)
                #expect(answer.kind == "invalid_params" && answer.field == "record.embeddings[1]", "\(answer)")
            }
        }

        @Test func idsOfRequestsAreAnsweredAsGiven() async throws {
            let client = try await DaemonTests.shared.value.connect()
            for id in [
                "9223372036854775807", "-9223372036854775808", "0", #""""#, #""e\u0301""#, #""\u00e9\ud83d\ude00\n""#,
                "\"\(String(repeating: "i", count: 5_000))\"",
            ] {
                try await client.send(frame: #"{"jsonrpc":"2.0","method":"ping","id":\#(id)}"#)
                let answer = try #require(try await client.receive())
                #expect(try answer.id == JSONValue(parsing: id))
                #expect(answer.result == [:])
            }
        }
    }
}
