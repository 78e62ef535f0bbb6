import DaemonFixture
import PostgresFixture
import Synchronization
import Testing

extension DaemonTests {
    /// PostgreSQL stopped by SIGSTOP: it holds its connections and says nothing. Nobody may wait longer than they asked to.
    @Suite struct StoppedPostgresTests {
        private static let stopTime = Duration.seconds(10)
        private static let deadlines = [100, 250, 500, 1_000, 2_000, 5_000]

        /// One call: what it asked, and what it got.
        private struct Call: Sendable {
            let deadlineMs: Int
            let written: String?
            let answer: WireAnswer
        }

        private static func request(_ number: Int, _ name: String) -> (method: String, params: JSONValue, id: String?) {
            let id = "\(name)-\(number)"
            switch number % 8 {
            case 0, 1, 2: return ("store", ["record": .record(id, agent: name, tags: ["stop"])], id)
            case 3: return ("storeBatch", ["records": [.record(id, agent: name, tags: ["stop"])]], id)
            case 4: return ("get", ["id": "seed-\(number % 20)"], nil)
            case 5: return ("query", ["tags": ["seed"], "limit": 5], nil)
            case 6: return ("count", ["agentId": "seed"], nil)
            default: return ("getStats", ["fresh": true], nil)
            }
        }

        private static func begin(_ number: Int, _ name: String, _ client: WireClient)
            -> @Sendable () async throws -> Call
        {
            let (method, params, id) = request(number, name)
            let deadline = deadlines[number % deadlines.count]
            let pending = client.begin(method, params, deadlineMs: deadline)
            return { Call(deadlineMs: deadline, written: id, answer: try await pending.answer(within: .seconds(15))) }
        }

        /// A client that has one call after the other, until it is cancelled.
        private static func caller(_ name: String, _ daemon: DaemonProcess) async throws -> [Call] {
            let client = try await daemon.connect()
            var calls: [Call] = []
            while !Task.isCancelled { calls.append(try await begin(calls.count * 5 + 1, name, client)()) }
            return calls
        }

        /// A client with 200 requests under way at once.
        private static func pipeline(_ daemon: DaemonProcess) async throws -> [Call] {
            let client = try await daemon.connect()
            let started = (0..<200).map { begin($0, "pipeline", client) }
            var calls: [Call] = []
            for call in started { calls.append(try await call()) }
            return calls
        }

        @Test func everyCallIsAnsweredInTimeAndEveryDoubtCanBeResolved() async throws {
            try await withPostgres { server in
                try await withDaemon({ try await DaemonProcess.on(postgres: server.url) }) { daemon in
                    let client = try await daemon.connect()
                    let seeds = (0..<20).map { JSONValue.record("seed-\($0)", agent: "seed", tags: ["seed"]) }
                    _ = try await client.call("storeBatch", ["records": .array(seeds)]).success()
                    let callers = (0..<20).map { number in
                        Task { try await Self.caller("caller\(number)", daemon) }
                    }
                    #expect(try await eventually { try await Self.count(client) > 20 })

                    try await server.stop()
                    async let pipelined = Self.pipeline(daemon)
                    let health = try await Self.watchHealth(client, for: Self.stopTime)
                    try await server.resume()
                    let resumed = ContinuousClock.now
                    #expect(try await eventually { try await client.call("getHealth")["status"] == "ok" })
                    #expect(.now - resumed < .seconds(2))
                    #expect(
                        try await eventually { try await client.store(.record("after", agent: "seed")).result != nil })
                    #expect(.now - resumed < .seconds(2))

                    for caller in callers { caller.cancel() }
                    var calls = try await pipelined
                    for caller in callers { calls += try await caller.value }
                    let worst = health.map(\.elapsed).max() ?? .zero
                    print("getHealth while PostgreSQL was stopped: asked \(health.count) times, \(worst) at most")
                    #expect(worst < .milliseconds(100), "getHealth took \(worst)")
                    #expect(health.contains { $0.status == "unavailable" }, "the stop went unnoticed")
                    Self.expectInTime(calls)
                    try await Self.expectResolvable(calls, daemon)
                }
            }
        }

        private static func count(_ client: WireClient) async throws -> Int {
            try await client.call("count", ["tags": ["stop"]])["count"]?.int ?? 0
        }

        private static func watchHealth(
            _ client: WireClient, for time: Duration
        ) async throws -> [(elapsed: Duration, status: String)] {
            let end = ContinuousClock.now + time
            var looks: [(elapsed: Duration, status: String)] = []
            while .now < end {
                let answer = try await client.call("getHealth")
                looks.append((answer.elapsed ?? .zero, try answer.success()["status"]?.string ?? ""))
                try await Task.sleep(for: .milliseconds(50))
            }
            return looks
        }

        private static func expectInTime(_ calls: [Call]) {
            var kinds: [String: Int] = [:]
            var worst = Duration.zero
            for call in calls {
                kinds[call.answer.result == nil ? call.answer.kind ?? "none" : "success", default: 0] += 1
                let lateness = (call.answer.elapsed ?? .zero) - .milliseconds(call.deadlineMs)
                worst = max(worst, lateness)
                #expect(lateness < .milliseconds(500), "\(call.deadlineMs) ms, late by \(lateness): \(call.answer)")
            }
            let allowed: Set = ["success", "store_unavailable", "commit_unknown", "deadline_exceeded"]
            #expect(Set(kinds.keys).isSubset(of: allowed), "\(kinds)")
            print("PostgreSQL stopped for \(stopTime): \(calls.count) calls, \(kinds), the latest by \(worst)")
        }

        private static func expectResolvable(_ calls: [Call], _ daemon: DaemonProcess) async throws {
            let client = try await daemon.connect()
            let writes = calls.compactMap { call in call.written.map { (id: $0, answer: call.answer) } }
            let found = try await client.memories(writes.map(\.id))
            for (id, answer) in writes {
                if answer.result != nil {
                    #expect(found[id]?["version"] == 1, "acknowledged and not there: \(id)")
                } else if answer.kind == "commit_unknown" {
                    #expect(answer.error?["data"]?["ids"] == [.string(id)], "\(answer)")
                    #expect(found[id].map { $0["version"] == 1 } ?? true)
                } else {
                    #expect(found[id] == nil, "\(answer.kind ?? ""), and yet it was written: \(id)")
                }
            }
            // What was read stays so: nothing comes to life later.
            let again = try await client.memories(writes.map(\.id))
            #expect(again == found)
        }
    }
}
