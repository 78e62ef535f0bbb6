import MemoryModel
import StrictJSON
import Testing
import WireProtocol

@Suite("Error answers", .serialized)
struct ErrorAnswerTests {
    static let errors: [(error: StoreError, data: String)] = [
        (StoreError(.parseError, "m"), #"{"kind":"parse_error","retryable":false}"#),
        (
            .invalid("record.importance", "m"),
            #"{"kind":"invalid_params","field":"record.importance","retryable":false}"#
        ),
        (StoreError(.busy, "m", retryAfterMilliseconds: 100), #"{"kind":"busy","retryable":true,"retryAfterMs":100}"#),
        (
            StoreError(.versionConflict, "m", conflict: .absent),
            #"{"kind":"version_conflict","retryable":false,"currentVersion":null}"#
        ),
        (
            StoreError(.versionConflict, "m", conflict: .current(4)),
            #"{"kind":"version_conflict","retryable":false,"currentVersion":4}"#
        ),
        (
            StoreError(.commitUnknown, "m", ids: [MemoryID("a"), MemoryID("b")].compactMap { $0 }),
            #"{"kind":"commit_unknown","retryable":true,"ids":["a","b"]}"#
        ),
        (StoreError(.commitUnknown, "m"), #"{"kind":"commit_unknown","retryable":true,"ids":[]}"#),
        (
            StoreError(.internalError, "m", requestID: "ff", detail: "secret"),
            #"{"kind":"internal","retryable":false,"requestId":"ff"}"#
        ),
        (StoreError(.storeUnavailable, "m", detail: "secret"), #"{"kind":"store_unavailable","retryable":true}"#),
    ]

    @Test("the data of each", arguments: errors)
    func data(error: StoreError, data: String) throws {
        let bytes = try payload(AnswerEncoder().answer(RPCIdentifier(1), error))
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":\(error.kind.code),\"message\":\"m\",\"data\":\(data)}}"
        )
    }

    @Test("every kind is answered by the table, and read back", arguments: ErrorKind.allCases)
    func kinds(kind: ErrorKind) throws {
        let bytes = try payload(AnswerEncoder().answer(.null, StoreError(kind, "a \"message\"\n")))
        let root = try JSONDocument(parsing: bytes).root
        #expect(try JSONSchema("answer.json").fault(in: root) == nil)
        #expect(root["id"]?.isNull == true)
        let answer = try RPCAnswer(parsing: bytes)
        guard case .failure(let rejection) = answer.outcome else { return fail("no rejection") }
        #expect(
            rejection.kind == kind && rejection.code == Int64(kind.code) && rejection.isRetryable == kind.isRetryable)
        #expect(rejection.message == "a \"message\"\n")
    }
}
