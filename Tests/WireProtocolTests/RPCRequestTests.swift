import MemoryModel
import StrictJSON
import Testing
import WireProtocol

@Suite("Requests", .serialized)
struct RPCRequestTests {
    private static func read(_ text: String) throws(RPCRequest.Fault) -> RPCRequest {
        try RPCRequest(parsing: Array(text.utf8))
    }

    static let accepted: [(text: String, id: String?)] = [
        (#"{"jsonrpc":"2.0","id":7,"method":"ping"}"#, "7"),
        (#"{"jsonrpc":"2.0","id":"x","method":"ping","params":{}}"#, #""x""#),
        (#"{"method":"ping","deadlineMs":1,"params":{},"id":-1,"jsonrpc":"2.0"}"#, "-1"),
        (#"{"jsonrpc":"2.0","method":"ping"}"#, nil),
        // Ids are answered as they were given, byte for byte.
        (#"{"jsonrpc":"2.0","id":"","method":"ping"}"#, #""""#),
        (#"{"jsonrpc":"2.0","id":"\u0041\/é","method":"ping"}"#, #""\u0041\/é""#),
        (#"{"jsonrpc":"2.0","id":5.0,"method":"ping"}"#, "5.0"),
        (#"{"jsonrpc":"2.0","id":5e0,"method":"ping"}"#, "5e0"),
        (#"{"jsonrpc":"2.0","id":-0,"method":"ping"}"#, "-0"),
        (#"{"jsonrpc":"2.0","id":9223372036854775807,"method":"ping"}"#, "9223372036854775807"),
        (#"{"jsonrpc":"2.0","id":-9223372036854775808,"method":"ping"}"#, "-9223372036854775808"),
        // Escapes in keys and values mean what they mean anywhere.
        (#"{"\u006asonrpc":"2\u002e0","\u0069d":1,"method":"\u0070ing"}"#, "1"),
        // Parameters and deadlines are looked at later.
        (#"{"jsonrpc":"2.0","id":1,"method":"ping","params":[],"deadlineMs":"soon"}"#, "1"),
    ]

    @Test("requests and notifications", arguments: accepted)
    func accepts(text: String, id: String?) throws {
        let request = try Self.read(text)
        #expect(request.method == "ping")
        #expect(request.id?.json.description == id)
    }

    static let invalid: [(text: String, id: String, says: String)] = [
        (#"{"jsonrpc":"2.0","id":1}"#, "1", "method must be a string"),
        (#"{"jsonrpc":"2.0","id":1,"method":5}"#, "1", "method must be a string"),
        (#"{"jsonrpc":"2.0","id":1,"method":null}"#, "1", "method must be a string"),
        (#"{"id":1,"method":"ping"}"#, "1", "jsonrpc must be"),
        (#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, "1", "jsonrpc must be"),
        (#"{"jsonrpc":2.0,"id":1,"method":"ping"}"#, "1", "jsonrpc must be"),
        (#"{"jsonrpc":"2.0","id":"a","method":"ping","extra":1}"#, #""a""#, "unknown member 'extra'"),
        (#"{"jsonrpc":"2.0","id":"a","method":"ping","ID":1}"#, #""a""#, "unknown member 'ID'"),
        (#"{"extra":1,"jsonrpc":"2.0","method":"ping","id":3}"#, "3", "unknown member 'extra'"),
        (#"{"jsonrpc":"2.0","method":"ping","extra":1}"#, "null", "unknown member"),
        // Ids that are none are answered with null.
        (#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, "null", "id must be a string or a 64-bit integer, got null"),
        (#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#, "null", "id must be"),
        (#"{"jsonrpc":"2.0","id":9223372036854775808,"method":"ping"}"#, "null", "id must be"),
        (#"{"jsonrpc":"2.0","id":1e300,"method":"ping"}"#, "null", "id must be"),
        (#"{"jsonrpc":"2.0","id":true,"method":"ping"}"#, "null", "id must be"),
        (#"{"jsonrpc":"2.0","id":[1],"method":"ping"}"#, "null", "id must be"),
        (#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#, "null", "id must be"),
        // Not an object.
        ("[]", "null", "batches are not supported"),
        (#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, "null", "batches are not supported"),
        ("null", "null", "must be an object"), ("7", "null", "must be an object"),
        (#""x""#, "null", "must be an object"),
        ("true", "null", "must be an object"), ("{}", "null", "jsonrpc must be"),
        (#"{"id":4}"#, "4", "jsonrpc must be"),
    ]

    @Test("what is JSON and no request repeats the id where it is one", arguments: invalid)
    func refusesInvalid(text: String, id: String, says: String) throws {
        let fault = try #require(#expect(throws: RPCRequest.Fault.self) { _ = try Self.read(text) })
        #expect(fault.error.kind == .invalidRequest)
        #expect(fault.id.json.description == id)
        #expect(fault.error.message.contains(says), "\(fault.error.message)")
    }

    static let unparsable: [(text: String, id: String)] = [
        ("", "null"), ("{", "null"), ("nope", "null"), (#"{"id":7"#, "7"), (#"{"id":7,}"#, "7"),
        (#"{"id":"x",]"#, #""x""#),
        (#"{"jsonrpc":"2.0","id":7,"method":"get","params":{"id":"a","id":"b"}}"#, "7"),
        (#"{"id":7,"id":8}"#, "7"), (#"{"id":7,"a":"\u0000"}"#, "7"), (#"{"id":7,"a":"\ud800"}"#, "7"),
        (#"{"id":7,"a":1e400}"#, "7"), (#"{"a":1e400,"id":7}"#, "null"), (#"{"a":01,"id":7}"#, "null"),
        // An id that is no id is not repeated.
        (#"{"id":null,"#, "null"), (#"{"id":1.5,"#, "null"), (#"{"id":[7],"#, "null"),
        (#"{"id":7} {"id":8}"#, "7"), ("\u{FEFF}" + #"{"id":7}"#, "null"),
        (#"{"id":7,"a":"# + String(repeating: "[", count: 64) + String(repeating: "]", count: 64) + "}", "7"),
    ]

    @Test("what is no JSON repeats the id that was read before the fault", arguments: unparsable)
    func refusesUnparsable(text: String, id: String) throws {
        let fault = try #require(#expect(throws: RPCRequest.Fault.self) { _ = try Self.read(text) })
        #expect(fault.error.kind == .parseError)
        #expect(fault.id.json.description == id)
        #expect(fault.error.message.hasPrefix("the request is not valid JSON: "))
    }

    @Test("bytes that are not UTF-8 are a parse error")
    func notUTF8() throws {
        let bytes = Array(#"{"id":7,"a":""#.utf8) + [0xFF] + Array(#""}"#.utf8)
        let fault = try #require(#expect(throws: RPCRequest.Fault.self) { _ = try RPCRequest(parsing: bytes) })
        #expect(fault.error.kind == .parseError && fault.id.json.description == "7")
    }

    @Test("the outermost object is depth 1 of 64")
    func depth() throws {
        let params = { (depth: Int) in
            #"{"jsonrpc":"2.0","id":1,"method":"m","params":"# + String(repeating: "{\"a\":", count: depth - 1) + "{}"
                + String(repeating: "}", count: depth - 1) + "}"
        }
        _ = try Self.read(params(63))
        let fault = #expect(throws: RPCRequest.Fault.self) { _ = try Self.read(params(64)) }
        #expect(fault?.error.kind == .parseError)
    }

    static let deadlines: [(text: String, milliseconds: Int64?)] = [
        ("1", 1), ("600000", 600_000), ("5e3", 5_000), ("250.0", 250), ("0", nil), ("-1", nil), ("600001", nil),
        ("1.5", nil),
        ("\"5\"", nil), ("null", nil), ("true", nil), ("{}", nil), ("1e300", nil),
    ]

    @Test("deadlines", arguments: deadlines)
    func deadline(text: String, milliseconds: Int64?) throws {
        let request = try Self.read(#"{"jsonrpc":"2.0","id":1,"method":"ping","deadlineMs":\#(text)}"#)
        var value: Int64?
        let error = storeError { () throws(StoreError) in value = try request.deadlineMilliseconds(standard: 99) }
        #expect(value == milliseconds)
        #expect(error?.kind == (milliseconds == nil ? .invalidParams : nil))
        #expect(error?.field == (milliseconds == nil ? "deadlineMs" : nil))
    }

    @Test("without a deadline the standard one counts")
    func standardDeadline() throws {
        let request = try Self.read(#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#)
        #expect(try request.deadlineMilliseconds(standard: 99) == 99)
    }

    @Test("what a message quotes is bounded in bytes, combining marks included")
    func boundedMessages() throws {
        let name = "a" + String(repeating: "\u{301}", count: 100_000)
        let fault = #expect(throws: RPCRequest.Fault.self) {
            _ = try Self.read(#"{"jsonrpc":"2.0","id":1,"\#(name)":1}"#)
        }
        #expect((fault?.error.message.utf8.count ?? .max) < 500)
        for params in [
            #"{"\#(name)":1}"#, #"{"agentId":"\#(name)"}"#, #"{"tagMode":"\#(name)"}"#, #"{"startDate":"\#(name)"}"#,
            #"{"tags":["\#(name)"]}"#, #"{"cursor":"\#(name)"}"#,
        ] {
            let error = try #require(try refusal(.query, params))
            #expect(error.message.utf8.count < 800 && (error.field ?? "").utf8.count < 300)
        }
    }
}
