import DaemonFixture
import PostgresFixture
import Testing

extension DaemonTests {
    /// Everything has a bound, and reaching one costs nobody else.
    @Suite struct BoundsTests {
        /// Large memories of an agent, some MiB in all.
        private static func fill(_ client: WireClient, records: Int, bytes: Int) async throws {
            let text = String(repeating: "x", count: bytes)
            for number in 0..<records {
                let record = JSONValue.record("large-\(number)", agent: "large", context: ["text": .string(text)])
                _ = try await client.store(record).success()
            }
        }

        @Test func whoReadsNothingIsReadNoMoreAndCostsLittle() async throws {
            let url = try await PostgresServer.shared().createDatabase()
            try await withDaemon({ try await DaemonProcess.on(postgres: url) }) { daemon in
                try await Self.fill(try await daemon.connect(), records: 100, bytes: 10_000)
                let rest = try #require(daemon.residentBytes)
                let citizen = try await Citizen(daemon)
                let watch = Task { await citizen.run() }
                let path = daemon.socketPath
                // 250 queries of a megabyte each: 500 MB of answers that nobody reads, for two such clients.
                try await OwnThread.run {
                    let sockets = [try UnixSocket(path: path), try UnixSocket(path: path)]
                    defer { for socket in sockets { socket.close() } }
                    for number in 0..<250 {
                        let query: JSONValue = [
                            "jsonrpc": "2.0", "id": .int(number), "method": "query",
                            "params": ["agentId": "large", "limit": 1_000], "deadlineMs": 60_000,
                        ]
                        for socket in sockets { try? socket.send(frame: query.bytes, within: .milliseconds(200)) }
                    }
                    // Long enough for all of it to be read from PostgreSQL, were there no bound.
                    _ = OwnThread.poll(within: .seconds(8)) { daemon.pid == nil }
                }
                watch.cancel()
                let report = await watch.value
                print("clients that read nothing: \(report); \(rest) bytes at rest")
                // While what they may have is being read for them, all connections to PostgreSQL may be at work.
                report.expectUnharmed(within: .seconds(4))
                // 64 MiB of answers each, and as much again in the making.
                #expect(report.peakBytes < rest + (320 << 20))
                let isFreed = try await eventually(within: .seconds(10)) {
                    let answer = try await daemon.connect().call("count", ["agentId": "large"])
                    return answer["count"] == 100
                }
                #expect(isFreed)
            }
        }

        @Test func manyWhoReadNothingLeaveMemoryToTheOthers() async throws {
            let url = try await PostgresServer.shared().createDatabase()
            let flags = [
                "--limits-max-buffered-bytes", "67108864", "--limits-max-buffered-bytes-per-connection", "16777216",
            ]
            try await withDaemon({ try await DaemonProcess.on(postgres: url, .init(flags: flags)) }) { daemon in
                let client = try await daemon.connect()
                try await Self.fill(client, records: 40, bytes: 10_000)
                let path = daemon.socketPath
                // Each would take half of all the memory that there is; together they ask for more than may be in flight.
                let sockets = try await OwnThread.run {
                    try (0..<18).map { _ in
                        let socket = try UnixSocket(path: path)
                        for number in 0..<250 {
                            let query: JSONValue = [
                                "jsonrpc": "2.0", "id": .int(number), "method": "query",
                                "params": ["agentId": "large"], "deadlineMs": 600_000,
                            ]
                            try socket.send(frame: query.bytes)
                        }
                        return socket
                    }
                }
                let citizen = try await Citizen(daemon)
                let watch = Task { await citizen.run() }
                _ = try await OwnThread.run { OwnThread.poll(within: .seconds(5)) { daemon.pid == nil } }
                watch.cancel()
                let report = await watch.value
                print("eighteen clients that read nothing: \(report)")
                report.expectUnharmed(within: .seconds(4))
                // Whoever begins to read gets all that it asked for.
                let answers = try await OwnThread.run {
                    var answers = 0
                    while answers < 250, try sockets[17].receiveFrame(within: .seconds(60)) != nil { answers += 1 }
                    return answers
                }
                #expect(answers == 250)
                for socket in sockets { socket.close() }
            }
        }

        @Test func whoReadsSlowlyGetsEverything() async throws {
            let daemon = try await DaemonTests.shared.value
            let client = try await daemon.connect()
            try await Self.fill(client, records: 20, bytes: 100_000)
            let pending = (0..<30).map { _ in client.begin("query", ["agentId": "large"], deadlineMs: 60_000) }
            for query in pending {
                let answer = try await query.answer(within: .seconds(60)).success()
                #expect(answer["memories"]?.array?.count == 20)
            }
        }

        @Test func oneConnectionMorePastTheLimitIsTurnedAway() async throws {
            let url = try await PostgresServer.shared().createDatabase()
            let options = DaemonProcess.Options(flags: [
                "--limits-max-connections", "50", "--limits-max-connections-per-uid", "50",
            ])
            try await withDaemon({ try await DaemonProcess.on(postgres: url, options) }) { daemon in
                var clients: [WireClient] = []
                // The connection that waited for the start may still be being closed.
                #expect(
                    try await eventually {
                        let client = try await daemon.connect()
                        guard (try? await client.call("ping"))?.result != nil else { return false }
                        clients.append(client)
                        return clients.count == 50
                    })
                let turnedAway = try await daemon.connect()
                let answer = try #require(try await turnedAway.receive(within: .seconds(5)))
                #expect(answer.kind == "busy" && answer.id?.isNull == true, "\(answer)")
                #expect(answer.error?["data"]?["retryAfterMs"]?.int ?? 0 > 0)
                #expect(try await turnedAway.receive(within: .seconds(5)) == nil)
                // Those within are none the worse, and a place that is given up is free.
                for client in clients { _ = try await client.store(.record("c", agent: "a")).success() }
                clients.removeLast(10)
                #expect(
                    try await eventually {
                        let client = try await daemon.connect()
                        guard (try? await client.call("ping"))?.result != nil else { return false }
                        clients.append(client)
                        return clients.count == 50
                    })
            }
        }

        @Test func oneConnectionIsSlowedAndNeverTurnedAway() async throws {
            let client = try await DaemonTests.shared.value.connect()
            // Ten times what one connection may have under way.
            let pending = (0..<2_560).map { number -> WireClient.Pending in
                let record = JSONValue.record("flood-\(number % 500)", agent: "flood", context: ["n": .int(number)])
                return client.begin("store", ["record": record], deadlineMs: 60_000)
            }
            var versions: [String: [Int]] = [:]
            for store in pending {
                let result = try await store.answer(within: .seconds(60)).success()
                versions[result["id"]?.string ?? "", default: []].append(result["version"]?.int ?? 0)
            }
            // Those that name one memory took effect in the order sent.
            for (id, versions) in versions { #expect(versions == Array(1...versions.count), "\(id)") }
            let last = try await client.memory("flood-59")
            #expect(last?["context"] == ["n": 2_559])
        }

        @Test func moreThanAllMayHaveInFlightIsBusy() async throws {
            try await withPostgres { server in
                let options = DaemonProcess.Options(
                    flags: [
                        "--limits-max-in-flight", "38", "--limits-max-in-flight-per-uid", "38",
                        "--limits-max-in-flight-per-connection", "20",
                    ])
                try await withDaemon({ try await DaemonProcess.on(postgres: server.url, options) }) { daemon in
                    let clients = [try await daemon.connect(), try await daemon.connect(), try await daemon.connect()]
                    _ = try await clients[0].store(.record("held", agent: "a")).success()
                    let lock = try await HeldRow("held", in: server.url, server)
                    let stuck = clients.prefix(2).flatMap { client in
                        (0..<19).map { _ in
                            client.begin("store", ["record": .record("held", agent: "a")], deadlineMs: 20_000)
                        }
                    }
                    // Frames are taken in their order: once this is answered, those before it are under way.
                    for client in clients.prefix(2) { _ = try await client.call("ping").success() }
                    let busy = try await clients[2].call("get", ["id": "x"], deadlineMs: 400)
                    #expect(busy.kind == "busy" && busy.code == -32_003, "\(busy)")
                    #expect(busy.error?["data"]?["retryable"] == true)
                    #expect(busy.error?["data"]?["retryAfterMs"]?.int ?? 0 > 0)
                    // Whoever asks how it is learns it all the same.
                    _ = try await clients[2].call("ping").success()
                    _ = try await clients[2].call("getHealth").success()
                    try await lock.release()
                    for call in stuck { _ = try await call.answer().success() }
                    #expect(
                        try await eventually { try await clients[2].call("get", ["id": "x"]).result != nil })
                }
            }
        }
    }
}
