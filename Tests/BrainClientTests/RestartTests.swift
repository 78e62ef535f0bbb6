import BrainClient
import StrictJSON
import Synchronization
import Testing
import WireProtocol

/// What callers see while the daemon is restarted: nothing, where that is safe.
@Suite struct RestartTests {
    private static let shuttingDown: JSONValue = [
        "code": -32_007, "message": "the daemon is shutting down",
        "data": ["kind": "shutting_down", "retryable": true],
    ]
    private static let unavailable: JSONValue = [
        "code": -32_004, "message": "PostgreSQL is not ready",
        "data": ["kind": "store_unavailable", "retryable": true],
    ]

    @Test func whatADaemonThatEndsRefusesIsSentToTheNextOne() async throws {
        let server = try await ScriptedServer.start { connection, request in
            let id = request.id?.json.description ?? "null"
            switch connection.number {
            case 1:
                connection.reject(id, Self.shuttingDown)
                connection.close()
            // The next one is there, and not ready yet.
            case 2:
                connection.reject(id, Self.unavailable)
                connection.close()
            default: connection.answer(request, ["id": "m", "version": 1, "created": true])
            }
        }
        let client = makeClient(server.path)
        // Not even one without an id was carried out, so it can be sent again.
        let outcome = try await client.store(NewMemory(agentID: "a", context: ["text": "x"]))
        #expect(outcome.version == 1)
        await client.close()
        await server.stop()
    }

    @Test func whatFailsForAnotherReasonIsTheCallersAffair() async throws {
        let count = Atomic(0)
        let server = try await ScriptedServer.start { connection, request in
            count.add(1, ordering: .relaxed)
            connection.reject(request.id?.json.description ?? "null", Self.unavailable)
        }
        let client = makeClient(server.path)
        await #expect(throws: BrainError.self) { try await client.ping() }
        #expect(count.load(ordering: .relaxed) == 1)
        await client.close()
        await server.stop()
    }

    @Test func withoutADaemonCallsFailAtOnce() async throws {
        let client = makeClient(ScriptedServer.freePath())
        let error = await #expect(throws: BrainError.self) { try await client.ping() }
        guard case .notConnected? = error else { throw error ?? .cancelled }
        await client.close()
    }
}
