import MemoryModel
import NIOCore
import StrictJSON
import Testing

@testable import WireProtocol

/// The short cut for plain requests reads what the general decoder reads, or leaves it to that.
@Suite struct PlainGetTests {
    private static func scan(_ text: String) -> (id: String, memory: MemoryID?)? {
        Array(text.utf8).withUnsafeBytes { bytes in
            PlainGet(scanning: bytes).map { get in
                (
                    String(decoding: UnsafeRawBufferPointer(rebasing: bytes[get.id]), as: UTF8.self),
                    get.memoryID(in: bytes)
                )
            }
        }
    }

    @Test(arguments: [
        #"{"jsonrpc":"2.0","id":7,"method":"get","params":{"id":"m1"}}"#,
        #"{"jsonrpc": "2.0", "id": 0, "method": "get", "params": {"id": "0f-._Z"}}"#,
        #"{"params":{"id":"m"},"method":"get","id":"a b/c","jsonrpc":"2.0"}"#,
        #"{"jsonrpc":"2.0","id":123456789012345678,"method":"get","params":{"id":"m1"}}"#,
    ])
    func plainOnesAreRead(text: String) throws {
        let (id, memory) = try #require(Self.scan(text))
        let request = try RPCRequest(parsing: Array(text.utf8))
        #expect(id == request.id?.json.description)
        guard case .get(let expected) = try MethodCall(.get, params: request.params) else {
            Issue.record("no get")
            return
        }
        #expect(memory == expected)
    }

    @Test(arguments: [
        #"{"jsonrpc":"2.0","id":7,"method":"get","params":{"id":"m1"},"deadlineMs":5}"#,
        #"{"jsonrpc":"2.0","id":7,"method":"get","params":{"id":"m1","x":1}}"#,
        #"{"jsonrpc":"2.0","id":7,"method":"get","params":{"id":"m\u0031"}}"#,
        #"{"jsonrpc":"2.0","id":7,"method":"get","params":{"id":1}}"#,
        #"{"jsonrpc":"2.0","id":7,"method":"get","params":{}}"#,
        #"{"jsonrpc":"2.0","id":7,"method":"get","params":{"id":"m1"},"id":8}"#,
        #"{"jsonrpc":"2.0","id":7,"id":7,"method":"get"}"#,
        #"{"jsonrpc":"2.0","id":07,"method":"get","params":{"id":"m1"}}"#,
        #"{"jsonrpc":"2.0","id":-1,"method":"get","params":{"id":"m1"}}"#,
        #"{"jsonrpc":"2.0","id":1.0,"method":"get","params":{"id":"m1"}}"#,
        #"{"jsonrpc":"2.0","id":null,"method":"get","params":{"id":"m1"}}"#,
        #"{"jsonrpc":"2.0","id":1234567890123456789,"method":"get","params":{"id":"m1"}}"#,
        #"{"jsonrpc":"2.0","method":"get","params":{"id":"m1"}}"#,
        #"{"jsonrpc":"1.0","id":7,"method":"get","params":{"id":"m1"}}"#,
        #"{"jsonrpc":"2.0","id":7,"method":"gets","params":{"id":"m1"}}"#,
        #"{"jsonrpc":"2.0","id":"\n","method":"get","params":{"id":"m1"}}"#,
        #"{"jsonrpc":"2.0","id":"ä","method":"get","params":{"id":"m1"}}"#,
        #"{"jsonrpc":"2.0","id":7,"method":"get","params":{"id":"m1"}} x"#,
        #"{"jsonrpc":"2.0","id":7,"method":"get","params":{"id":"m1"},}"#,
        #"{"jsonrpc":"2.0","id":7,"method":"get","params":{"id":"m1""#,
        #"{"jsonrpc":"2.0","id":7,"method":"get","params":{"id":"m1"}"#,
        "", "{", "{}", "[]", #"{"id""#, #"{"id":"#, #"{"id":7"#, #"{"jsonrpc":"2.0","params":{"#,
    ])
    func theRestIsLeftToTheGeneralDecoder(text: String) {
        #expect(Self.scan(text) == nil)
    }

    /// One that breaks the rule for ids is told so by the general decoder.
    @Test(arguments: ["", "-m", "a b", "a/b", String(repeating: "m", count: 129)])
    func anImpossibleMemoryIsNone(id: String) throws {
        #expect(
            try #require(Self.scan(#"{"jsonrpc":"2.0","id":7,"method":"get","params":{"id":"\#(id)"}}"#)).memory == nil)
    }

    /// Every prefix, and every change of one byte, is read as the general decoder does or not at all.
    @Test func neverAnythingElse() throws {
        let text = Array(#"{"jsonrpc": "2.0","id":"r1","method":"get","params":{"id":"m1"}}"#.utf8)
        var variants = (0...text.count).map { Array(text[..<$0]) }
        for index in text.indices {
            for byte in UInt8.min...UInt8.max {
                var changed = text
                changed[index] = byte
                variants.append(changed)
            }
        }
        for variant in variants {
            let found = variant.withUnsafeBytes { bytes in
                PlainGet(scanning: bytes).flatMap { get in
                    get.memoryID(in: bytes).map { (Array(variant[get.id]), $0) }
                }
            }
            guard let (id, memory) = found else { continue }
            let request = try RPCRequest(parsing: variant)
            #expect(request.method == "get" && request.id?.json.bytes == id)
            guard case .get(memory) = try MethodCall(.get, params: request.params) else {
                Issue.record("read otherwise: \(String(decoding: variant, as: UTF8.self))")
                continue
            }
        }
    }

    @Test func aFrameIsTakenOutOnlyIfItIsUnderstood() throws {
        var decoder = FrameDecoder(maximumFrameBytes: 100)
        var bytes = ByteBuffer(
            bytes: FrameEncoder.frame(Array("one".utf8)) + FrameEncoder.frame(Array("two".utf8)) + [0])
        decoder.append(&bytes)
        #expect(decoder.take { $0.count == 2 ? "short" : nil } == nil)
        #expect(decoder.take { String(decoding: $0, as: UTF8.self) } == "one")
        #expect(decoder.next() == .frame(Array("two".utf8)))
        #expect(decoder.take { String(decoding: $0, as: UTF8.self) } == nil)
        #expect(decoder.next() == .needsMore && decoder.bufferedBytes == 1)
    }

    @Test func theAnswerIsThatOfTheGeneralEncoder() {
        let encoder = AnswerEncoder()
        let members = Array(#""memory":{"id":"m1"}"#.utf8)
        for source in [MethodResult.ServedFrom.cache, .store] {
            var buffer = ByteBuffer()
            let isAppended = Array("7".utf8).withUnsafeBytes {
                encoder.append(members, servedFrom: source, answering: $0, to: &buffer)
            }
            #expect(isAppended)
            let expected = encoder.answer(RPCIdentifier(7), .encoded(members: members, servedFrom: source))
            #expect(Array(buffer.readableBytesView) == expected)
        }
        var buffer = ByteBuffer()
        let isAppended = Array("7".utf8).withUnsafeBytes {
            AnswerEncoder(maximumBytes: 40).append(members, servedFrom: .cache, answering: $0, to: &buffer)
        }
        #expect(!isAppended && buffer.readableBytes == 0)
    }
}
