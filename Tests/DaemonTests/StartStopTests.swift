import DaemonFixture
import Foundation
import PostgresFixture
import Testing

extension DaemonTests {
    /// How the daemon begins, and how it ends.
    @Suite struct StartStopTests {
        @Test func whatIsInFlightFinishesAndWhatComesLaterIsRefused() async throws {
            try await withPostgres { server in
                try await withDaemon({ try await DaemonProcess.on(postgres: server.url) }) { daemon in
                    let client = try await daemon.connect()
                    let idle = try await daemon.connect()
                    _ = try await idle.call("ping").success()
                    _ = try await client.store(.record("held", agent: "a")).success()
                    let lock = try await HeldRow("held", in: server.url, server)
                    let store = client.begin(
                        "store", ["record": .record("held", agent: "a", context: ["late": true])], deadlineMs: 20_000)
                    try await lock.waitUntilBlocking(1)
                    daemon.send(signal: SIGTERM)
                    let path = daemon.socketPath
                    #expect(try await eventually { !FileManager.default.fileExists(atPath: path) })
                    await #expect(throws: TestFailure.self) { try await daemon.connect() }
                    // A connection with nothing under way is closed; one with something is told.
                    #expect(try await idle.receive(within: .seconds(2)) == nil)
                    let late = try await client.call("get", ["id": "held"])
                    #expect(late.kind == "shutting_down" && late.code == -32_007, "\(late)")
                    #expect(late.error?["data"]?["retryable"] == true)
                    #expect(daemon.pid != nil)
                    try await lock.release()
                    let outcome = try await store.answer()
                    #expect(outcome["version"] == 2, "\(outcome)")
                    #expect(try await client.receive(within: .seconds(2)) == nil)
                    #expect(try await daemon.ended(within: .seconds(5)) == .exited(0))
                    #expect(try await server.execute("SELECT context ->> 'late' FROM brain_memories") == ["true"])
                }
            }
        }

        @Test func whatDoesNotFinishWithinTheGraceIsAnswered() async throws {
            try await withPostgres { server in
                let options = DaemonProcess.Options(flags: ["--limits-shutdown-grace-ms", "600"])
                try await withDaemon({ try await DaemonProcess.on(postgres: server.url, options) }) { daemon in
                    let client = try await daemon.connect()
                    _ = try await client.store(.record("held", agent: "a")).success()
                    let lock = try await HeldRow("held", in: server.url, server)
                    let write = client.begin("store", ["record": .record("held", agent: "a")], deadlineMs: 20_000)
                    // Waits for the write before it, and so has not begun.
                    let queued = client.begin("delete", ["id": "held"], deadlineMs: 20_000)
                    try await lock.waitUntilBlocking(1)
                    let start = ContinuousClock.now
                    daemon.send(signal: SIGTERM)
                    let answer = try await write.answer()
                    #expect(answer.kind == "commit_unknown" && answer.error?["data"]?["ids"] == ["held"], "\(answer)")
                    #expect(try await queued.answer().kind == "shutting_down")
                    #expect(ContinuousClock.now - start < .seconds(2))
                    #expect(try await daemon.ended(within: .seconds(8)) == .exited(0))
                    try await lock.release()
                    #expect(try await server.execute("SELECT count(*) FROM brain_memories WHERE id = 'held'") == ["1"])
                }
            }
        }

        @Test func aStoppedManagedDaemonLeavesACleanCluster() async throws {
            try await withDaemon({ try await DaemonProcess.managed() }) { daemon in
                let client = try await daemon.connect()
                for number in 0..<50 { _ = try await client.store(.record("m\(number)", agent: "a")).success() }
                let load = (0..<200).map { client.begin("store", ["record": .record("n\($0)", agent: "a")]) }
                daemon.send(signal: SIGTERM)
                var acknowledged: [String] = []
                for (number, pending) in load.enumerated() {
                    // Either it is answered, or the daemon had not read it when it closed the connection.
                    guard let answer = try? await pending.answer() else { continue }
                    if answer.result != nil { acknowledged.append("n\(number)") }
                    #expect(answer.result != nil || answer.kind == "shutting_down", "\(answer)")
                }
                #expect(try await daemon.ended(within: .seconds(20)) == .exited(0))
                #expect(!FileManager.default.fileExists(atPath: daemon.socketPath))
                let pidFile = "\(daemon.managedFolder)/postgres/postmaster.pid"
                #expect(!FileManager.default.fileExists(atPath: pidFile))
                #expect(daemon.log.contains("database system is shut down"))
                #expect(daemon.folder.processes().isEmpty)

                try await daemon.start()
                #expect(!daemon.log.contains("not properly shut down"))
                let again = try await daemon.connect()
                let ids = (0..<50).map { "m\($0)" } + acknowledged
                #expect(try await again.memories(ids).count == ids.count)
                #expect(try await daemon.terminate() == .exited(0))
            }
        }

        @Test func sigintEndsItTooAndABrokenPipeDoesNot() async throws {
            let url = try await PostgresServer.shared().createDatabase()
            try await withDaemon({ try await DaemonProcess.on(postgres: url) }) { daemon in
                daemon.send(signal: SIGPIPE)
                let client = try await daemon.connect()
                _ = try await client.call("ping").success()
                daemon.send(signal: SIGINT)
                #expect(try await daemon.ended(within: .seconds(10)) == .exited(0))
            }
        }

        @Test func itEndsWhilePostgresIsAway() async throws {
            let options = DaemonProcess.Options(flags: ["--postgres-url", "host=/nowhere dbname=x"])
            let daemon = try DaemonProcess(options)
            try daemon.launch()
            let client = try await Self.connection(daemon)
            let answer = try await client.call("count", [:], deadlineMs: 3_000)
            #expect(answer.kind == "store_unavailable", "\(answer)")
            #expect(try #require(answer.elapsed) < .seconds(1))
            let health = try await client.call("getHealth").success()
            #expect(health["status"] == "unavailable" && health["store"]?["status"] == "unavailable", "\(health)")
            #expect(try await daemon.terminate(within: .seconds(10)) == .exited(0))
            try await daemon.remove()
        }

        private static func connection(_ daemon: DaemonProcess) async throws -> WireClient {
            var client: WireClient?
            _ = try await eventually(within: .seconds(10)) {
                client = try? await daemon.connect()
                return client != nil
            }
            return try #require(client)
        }
    }
}
