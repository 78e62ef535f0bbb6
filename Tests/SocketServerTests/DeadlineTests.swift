import MemoryModel
import MemoryService
import MonotonicClock
import SocketServer
import StrictJSON
import TestSupport
import Testing
import WireProtocol

@Suite("Deadlines and shutdown")
struct DeadlineTests {
    static let hung: [(method: ProtocolMethod, params: String, kind: String, ids: [String]?)] = [
        (.get, #"{"id":"m"}"#, "deadline_exceeded", nil), (.query, "{}", "deadline_exceeded", nil),
        (.count, "{}", "deadline_exceeded", nil), (.getStats, "{}", "deadline_exceeded", nil),
        (.store, ServerFixture.record("m"), "commit_unknown", ["m"]),
        (.delete, #"{"id":"m"}"#, "commit_unknown", ["m"]),
        (
            .storeBatch, #"{"records":[{"id":"m","agentId":"a","context":{}},{"id":"n","agentId":"a","context":{}}]}"#,
            "commit_unknown", ["m", "n"]
        ),
    ]

    @Test("when the store hangs, the answer comes by the deadline and half a second", arguments: hung)
    func hangs(method: ProtocolMethod, params: String, kind: String, ids: [String]?) async throws {
        let gate = Gate()
        try await withServer(before: { _ throws(StoreError) in await gate.pass() }) { server in
            let client = try server.client()
            try await client.request(1, method, params, deadline: 300)
            let answer = try #require(try await client.answer())
            // By the server's clock: the test's own threads may be busy with other tests.
            let time = try #require(server.observer.durations.first)
            #expect(time > .milliseconds(290) && time < .milliseconds(800), "answered after \(time)")
            #expect(answer.errorKind == kind)
            #expect(answer["error"]?["data"]?["ids"].map { $0.elements.compactMap(\.string) } == ids)
            // The late outcome is dropped, and the connection goes on.
            gate.open()
            try await client.request(2, .get, #"{"id":"m"}"#)
            #expect(try await client.answer()?["id"]?.int64 == 2)
        }
    }

    @Test("a request that waits behind a hung one of its memory is answered in time, and nothing is written")
    func waitsBehindHung() async throws {
        let gate = Gate()
        try await withServer(before: holding("m", with: gate)) { server in
            let client = try server.client()
            try await client.request(1, .get, #"{"id":"m"}"#, deadline: 30_000)
            try await client.request(2, .store, ServerFixture.record("m"), deadline: 200)
            let answer = try await client.answer()
            #expect(answer?["id"]?.int64 == 2 && answer?.errorKind == "deadline_exceeded")
            gate.open()
            #expect(try await client.answer()?["id"]?.int64 == 1)
            #expect(server.repository.records.isEmpty)
            #expect(server.repository.calls.filter { $0.name == "store" }.isEmpty)
        }
    }

    @Test("each of a connection's hung requests is answered at its own deadline, in whatever order they came")
    func eachInItsTime() async throws {
        let gate = Gate()
        try await withServer(before: { _ throws(StoreError) in await gate.pass() }) { server in
            let client = try server.client()
            let deadlines = [600, 200, 400, 200, 800]
            for (id, deadline) in deadlines.enumerated() { try await client.request(id, .count, deadline: deadline) }
            var order: [Int] = []
            for _ in deadlines {
                let answer = try #require(try await client.answer())
                #expect(answer.errorKind == "deadline_exceeded")
                order.append(try #require(answer["id"]?.int64.map { Int($0) }))
            }
            #expect(order == [1, 3, 2, 0, 4])
            for (time, deadline) in zip(server.observer.durations, deadlines.sorted()) {
                let bounds = Duration.milliseconds(deadline - 10)..<Duration.milliseconds(deadline + 500)
                #expect(bounds.contains(time))
            }
            gate.open()
        }
    }

    @Test("hung requests give their room back when they end")
    func roomComesBack() async throws {
        let gate = Gate()
        try await withServer(
            {
                $0.maximumInFlight = 3
                $0.maximumInFlightPerConnection = 3
            }, before: holding("m", with: gate)
        ) { server in
            let client = try server.client()
            for id in 1...3 { try await client.request(id, .get, #"{"id":"m"}"#, deadline: 100) }
            #expect(try await client.answers(3).values.allSatisfy { $0.errorKind == "deadline_exceeded" })
            gate.open()
            let other = try server.client()
            let isMet = try await eventually {
                try await other.request(1, .count)
                return try await other.answer()?["result"] != nil
            }
            #expect(isMet)
        }
    }

    // MARK: Shutdown

    @Test("stopping finishes what is in flight, answers the new shutting_down, and closes")
    func drains() async throws {
        let gate = Gate()
        let server = try ServerFixture({ $0.shutdownGrace = .seconds(10) }, before: holding("m", with: gate))
        let (busy, idle) = (try server.client(), try server.client())
        try await idle.request(1, .ping)
        _ = try await idle.answer()
        try await busy.request(1, .store, ServerFixture.record("m"))
        #expect(try await eventually { gate.waiting == 1 })
        async let stopped: Void = server.server.stop()
        #expect(try await idle.ends())
        #expect(throws: TestClient.Failure.self) { try server.client() }
        // The stop reaches each connection on its own event loop: until it has, reads are still answered.
        let isRefused = try await eventually {
            try await busy.request(2, .get, #"{"id":"x"}"#)
            let answer = try await busy.answer()
            return answer?["id"]?.int64 == 2 && answer?.errorKind == "shutting_down"
        }
        #expect(isRefused)
        gate.open()
        #expect(try await busy.answer()?["result"]?["version"]?.int64 == 1)
        #expect(try await busy.ends())
        await stopped
        #expect(server.repository.records.count == 1)
    }

    @Test("what does not finish within the grace is answered, a write that had begun as unknown")
    func grace() async throws {
        let gate = Gate()
        let server = try ServerFixture({ $0.shutdownGrace = .milliseconds(200) }, before: holding("m", with: gate))
        let client = try server.client()
        try await client.request(1, .store, ServerFixture.record("m"))
        try await client.request(2, .get, #"{"id":"m"}"#)
        try await client.request(3, .store, ServerFixture.record("m"))
        #expect(try await eventually { gate.waiting == 1 })
        let begin = MonotonicInstant.now
        async let stopped: Void = server.server.stop()
        let answers = try await client.answers(3)
        #expect(answers[1]?.errorKind == "commit_unknown")
        #expect(answers[2]?.errorKind == "shutting_down" && answers[3]?.errorKind == "shutting_down")
        await stopped
        #expect(MonotonicInstant.now - begin < .seconds(15))
        gate.open()
        #expect(try await client.ends())
    }

    @Test("a client that does not read its last answers does not hold the stop up")
    func clientThatDoesNotRead() async throws {
        let server = try ServerFixture({ $0.shutdownGrace = .milliseconds(200) }, before: { _ throws(StoreError) in })
        let client = try server.client()
        try await client.request(0, .store, ServerFixture.record("big", bytes: 500_000))
        _ = try await client.answer()
        for id in 1...8 { try await client.request(id, .get, #"{"id":"big"}"#) }
        #expect(try await eventually { server.repository.calls.count > 4 })
        let begin = MonotonicInstant.now
        await server.server.stop()
        #expect(MonotonicInstant.now - begin < .seconds(15))
    }

    @Test("a stopped server has taken its file away, and another can take its place")
    func restarts() async throws {
        let first = try ServerFixture({ _ in }, before: { _ throws(StoreError) in })
        let path = first.path
        #expect(try await first.serves())
        await first.server.stop()
        #expect(throws: TestClient.Failure.self) { try TestClient(path: path) }
    }
}
