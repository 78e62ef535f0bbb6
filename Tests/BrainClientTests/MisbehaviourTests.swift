import BrainClient
import NIOCore
import Testing

/// The client against a server that closes, talks garbage or refuses.
@Suite struct MisbehaviourTests {
    @Test func aSuddenCloseLosesWhatIsInFlightAndTheNextCallConnectsAgain() async throws {
        let server = try await ScriptedServer.start { connection, request in
            if connection.number == 1 { connection.close() } else { connection.answer(request, [:]) }
        }
        let client = makeClient(server.path)
        let error = await #expect(throws: BrainError.self) { try await client.ping() }
        guard case .connectionLost? = error else {
            Issue.record("expected connectionLost, got \(String(describing: error))")
            return
        }
        #expect(error?.mayHaveBeenCarriedOut == true)
        try await client.ping()
        await server.stop()
    }

    @Test(arguments: [
        Array("not a frame at all, but long enough to be one".utf8), FrameEncoder.frame(Array("{}".utf8)),
        FrameEncoder.frame(Array("[1,2".utf8)), FrameEncoder.frame(Array(#"{"jsonrpc":"2.0","id":1}"#.utf8)),
        FrameEncoder.frame(Array(#"{"jsonrpc":"2.0","id":99,"result":{}}"#.utf8)),
        FrameEncoder.frame(Array(#"{"jsonrpc":"2.0","id":"x","result":{}}"#.utf8)),
        FrameEncoder.frame(Array(#"{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":""}}"#.utf8)),
        [0x7F, 0xFF, 0xFF, 0xFF],
    ])
    func garbageIsAProtocolViolationAndTheNextCallConnectsAgain(garbage: [UInt8]) async throws {
        let server = try await ScriptedServer.start { connection, request in
            if connection.number == 1 { connection.send(garbage) } else { connection.answer(request, [:]) }
        }
        let client = makeClient(server.path)
        let error = await #expect(throws: BrainError.self) { try await client.ping() }
        guard case .protocolViolation? = error else {
            Issue.record("expected protocolViolation, got \(String(describing: error))")
            return
        }
        try await client.ping()
        await server.stop()
    }

    @Test func anAnswerOfTheWrongShapeIsAProtocolViolation() async throws {
        let server = try await ScriptedServer.start { connection, request in
            connection.answer(request, ["count": "many"])
        }
        let error = await #expect(throws: BrainError.self) { try await makeClient(server.path).count() }
        #expect(error == .protocolViolation(reason: "result.count must be an integer"))
        await server.stop()
    }

    @Test func aRequestThatIsTooLargeFailsAlone() async throws {
        let server = try await ScriptedServer.start { connection, request in
            guard request.method == "big" else { return connection.answer(request, [:]) }
            connection.reject(
                "null",
                ["code": -32006, "message": "too large", "data": ["kind": "frame_too_large", "retryable": false]])
        }
        let client = makeClient(server.path) { $0.maximumRequestBytes = 10_000 }
        let params: JSONValue = ["x": .string(String(repeating: "x", count: 5_000))]
        let error = await #expect(throws: BrainError.self) { try await client.call("big", params: params.text) }
        #expect(error?.rejection?.kind == .frameTooLarge && error?.rejection?.message == "too large")
        try await client.ping()

        let larger: JSONValue = ["x": .string(String(repeating: "x", count: 10_000))]
        let local = await #expect(throws: BrainError.self) { try await client.call("big", params: larger.text) }
        #expect(local?.rejection?.kind == .frameTooLarge)
        await server.stop()
    }
}
