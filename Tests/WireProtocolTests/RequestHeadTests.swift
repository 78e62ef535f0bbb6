import Testing

@testable import WireProtocol

/// What is read of a request that is refused undecoded is what the decoder would have read.
@Suite struct RequestHeadTests {
    private static func scan(_ text: String) -> RequestHead? {
        Array(text.utf8).withUnsafeBytes { RequestHead(scanning: $0) }
    }

    @Test(arguments: [
        #"{"jsonrpc":"2.0","id":7,"method":"store","params":{"record":{}}}"#,
        #"{"jsonrpc": "2.0", "method": "store", "params": {"a": ["]}", "\\", "\"}"], "b": {}}, "id": "a b"}"#,
        #"{"deadlineMs":5000,"params":[1,[2]],"id":0,"method":"query","jsonrpc":"2.0"}"#,
        #"{"params":"x\"","id":1,"method":"ping","jsonrpc":"2.0"}"#,
        #"{"params":null,"id":1,"method":"get","jsonrpc":"2.0"}"#,
    ])
    func plainOnesAreRead(text: String) throws {
        let head = try #require(Self.scan(text))
        let request = try RPCRequest(parsing: Array(text.utf8))
        #expect(head.id == request.id && head.method.rawValue == request.method)
    }

    @Test(arguments: [
        #"{"jsonrpc":"2.0","method":"store","params":{}}"#,
        #"{"jsonrpc":"2.0","id":null,"method":"store"}"#,
        #"{"jsonrpc":"2.0","id":1.5,"method":"store"}"#,
        #"{"jsonrpc":"2.0","id":1,"method":"no such"}"#,
        #"{"jsonrpc":"1.0","id":1,"method":"store"}"#,
        #"{"jsonrpc":"2.0","more":1,"id":1,"method":"store"}"#,
        #"{"params":{"a":[},"id":1,"method":"store","jsonrpc":"2.0"}"#,
        #"{"params":{"a":"b"#,
        #"{"params":"\"#,
        "[]", "", "{",
    ])
    func othersAreLeftToTheDecoder(text: String) {
        #expect(Self.scan(text) == nil)
    }

    @Test func whatIsBehindIsNotLookedAt() throws {
        let head = try #require(Self.scan(#"{"jsonrpc":"2.0","id":1,"method":"store","params":{{{"#))
        #expect(head.id == RPCIdentifier(1) && head.method == .store)
    }
}
