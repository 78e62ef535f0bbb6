import BrainClient
import NIOCore
import Synchronization
import Testing

/// The client over a real socket, with a server that does what each test says.
@Suite struct ConnectionTests {
    @Test func matchesAnswersThatComeInAnyOrder() async throws {
        let held = Mutex<[RPCRequest]>([])
        let server = try await ScriptedServer.start { connection, request in
            let requests = held.withLock { held in
                held.append(request)
                return held.count == 20 ? held : []
            }
            for request in requests.reversed() {
                connection.answer(request, ["n": JSONValue(request.params!)["n"]!])
            }
        }
        let client = makeClient(server.path)
        try await withThrowingTaskGroup { group in
            for number in 0..<20 {
                group.addTask {
                    let result = try await client.call(
                        "echo", params: (["n": .integer(Int64(number))] as JSONValue).text)
                    #expect(JSONValue(result)["n"]?.intValue == Int64(number))
                }
            }
            try await group.waitForAll()
        }
        await server.stop()
    }

    @Test func readsAnswersFedByteByByte() async throws {
        let server = try await ScriptedServer.start { connection, request in
            let frame = FrameEncoder.frame(
                Array(#" {"result": {"a" : 1},"id":\#(request.id!.json), "jsonrpc":"2.0","extra":[]} "#.utf8))
            for byte in frame { connection.send([byte]) }
        }
        let result = try await makeClient(server.path).call("any")
        #expect(result.description == #"{"a":1}"#)
        await server.stop()
    }

    @Test func tellsARejectionInFull() async throws {
        let server = try await ScriptedServer.start { connection, request in
            connection.reject(
                request.id!.json.description,
                [
                    "code": -32002, "message": "it is at 3",
                    "data": [
                        "kind": "version_conflict", "retryable": false, "currentVersion": 3, "field": "ifVersion",
                    ],
                ])
        }
        let error = await #expect(throws: BrainError.self) {
            try await makeClient(server.path).delete("m1", ifVersion: 2)
        }
        let rejection = try #require(error?.rejection)
        #expect(rejection.kind == .versionConflict && rejection.conflict == .current(3) && rejection.code == -32002)
        #expect(rejection.field == "ifVersion" && !rejection.isRetryable && rejection.message == "it is at 3")
        await server.stop()
    }

    @Test func aKindOfALaterVersionIsARejectionToo() async throws {
        let server = try await ScriptedServer.start { connection, request in
            connection.reject(
                request.id!.json.description,
                ["code": -32099, "message": "new", "data": ["kind": "brand_new", "retryable": true]])
        }
        let error = await #expect(throws: BrainError.self) { try await makeClient(server.path).ping() }
        #expect(
            error?.rejection?.kind == nil && error?.rejection?.kindName == "brand_new" && error?.isRetryable == true)
        await server.stop()
    }

    @Test func retriesIdempotentCallsWhenAskedTo() async throws {
        let server = try await ScriptedServer.start { connection, request in
            guard connection.number > 2 else { return connection.close() }
            connection.answer(request, ["id": "m1", "version": 1, "created": true])
        }
        let client = makeClient(server.path) { $0.retry = .standard }
        let outcome = try await client.store(NewMemory(id: "m1", agentID: "a", context: [:] as JSONValue))
        #expect(outcome.created)
        await server.stop()

        let deaf = try await ScriptedServer.start { connection, _ in connection.close() }
        let other = makeClient(deaf.path) { $0.retry = .standard }
        let error = await #expect(throws: BrainError.self) {
            try await other.store(NewMemory(agentID: "a", context: [:] as JSONValue))
        }
        guard case .connectionLost? = error else {
            Issue.record("a store without an id must not be repeated, got \(String(describing: error))")
            return
        }
        await deaf.stop()
    }

    @Test func aBusyDaemonIsAskedAgainAfterItsTime() async throws {
        let tries = Mutex(0)
        let server = try await ScriptedServer.start { connection, request in
            let attempt = tries.withLock { tries in
                tries += 1
                return tries
            }
            guard attempt < 3 else { return connection.answer(request, ["id": "m", "version": 1, "created": true]) }
            connection.reject(
                request.id!.json.description,
                ["code": -32003, "message": "full", "data": ["kind": "busy", "retryable": true, "retryAfterMs": 5]])
        }
        let client = makeClient(server.path) {
            $0.retry = RetryPolicy(maximumAttempts: 3, minimumDelay: .milliseconds(1))
        }
        try await client.store(NewMemory(agentID: "a", context: [:] as JSONValue))
        #expect(tries.withLock { $0 } == 3)
        await server.stop()
    }

    @Test func givesUpOnASilentDaemonAndPassesOverItsLateAnswer() async throws {
        let held = Mutex<RPCRequest?>(nil)
        let server = try await ScriptedServer.start { connection, request in
            guard let late = held.withLock({ $0 }) else { return held.withLock { $0 = request } }
            connection.answer(late, [:])
            connection.answer(request, ["count": 7])
        }
        let client = makeClient(server.path)
        let start = ContinuousClock.now
        let error = await #expect(throws: BrainError.self) { try await client.ping(deadline: .milliseconds(50)) }
        #expect(error == .deadlineExceeded(maybeSent: true))
        #expect(ContinuousClock.now - start >= .milliseconds(150))
        #expect(try await client.count() == 7)
        await server.stop()
    }

    @Test func tellsTheDaemonTheDeadline() async throws {
        let deadlines = Mutex<[Int64]>([])
        let server = try await ScriptedServer.start { connection, request in
            deadlines.withLock { $0.append((try? request.deadlineMilliseconds(standard: 0)) ?? -1) }
            connection.answer(request, [:])
        }
        let client = makeClient(server.path)
        try await client.ping(deadline: .seconds(30))
        try await client.ping()
        let sent = deadlines.withLock { $0 }
        #expect((20_000...30_000).contains(sent[0]) && (4_000...5_000).contains(sent[1]))
        await server.stop()
    }

    @Test func cancellationEndsTheWaitAtOnce() async throws {
        let (arrivals, arrived) = AsyncStream<Void>.makeStream()
        let server = try await ScriptedServer.start { _, _ in arrived.yield() }
        let client = makeClient(server.path)
        let task = Task { try await client.ping(deadline: .seconds(60)) }
        for await _ in arrivals { break }
        task.cancel()
        #expect(await task.result.failure as? BrainError == .cancelled)

        let cancelledBefore = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await client.ping(deadline: .seconds(60))
        }
        #expect(await cancelledBefore.result.failure as? BrainError == .cancelled)
        await server.stop()
    }

    @Test func saysWhyThereIsNoConnection() async throws {
        let path = ScriptedServer.freePath()
        let missing = await #expect(throws: BrainError.self) { try await makeClient(path).ping() }
        #expect(missing == .notConnected(reason: "there is no socket at \(path)", errno: 2))

        let long = "/tmp/" + String(repeating: "x", count: 200)
        let error = await #expect(throws: BrainError.self) { try await makeClient(long).ping() }
        #expect("\(String(describing: error))".contains("too long"))
    }

    @Test func comesBackWhenTheDaemonDoes() async throws {
        let path = ScriptedServer.freePath()
        let client = makeClient(path) { $0.retry = RetryPolicy(maximumAttempts: 50, minimumDelay: .milliseconds(5)) }
        async let count = client.count()
        let server = try await ScriptedServer.start(path: path) { connection, request in
            connection.answer(request, ["count": 3])
        }
        #expect(try await count == 3)
        await server.stop()
    }

    @Test func aClosedClientTakesNoMoreCalls() async throws {
        let server = try await ScriptedServer.start { connection, request in connection.answer(request, [:]) }
        let client = makeClient(server.path)
        try await client.ping()
        await client.close()
        let error = await #expect(throws: BrainError.self) { try await client.ping() }
        #expect(error == .notConnected(reason: "the client was closed", errno: nil))
        await server.stop()
    }
}

extension Result {
    fileprivate var failure: Failure? {
        if case .failure(let error) = self { error } else { nil }
    }
}
