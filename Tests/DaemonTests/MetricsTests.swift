import DaemonFixture
import Foundation
import PostgresFixture
import struct TestSupport.StrictPrometheusText
import Testing

extension DaemonTests {
    /// What the daemon measures, over the socket, by brainctl and in node_exporter's folder.
    @Suite struct MetricsTests {
        private static func brainctl(_ daemon: DaemonProcess, _ arguments: [String]) async throws -> ProgramOutcome {
            try await Program.run("brainctl", arguments, environment: ["BRAIN_SOCKET": daemon.socketPath])
        }

        private static func read(_ daemon: DaemonProcess) async throws -> StrictPrometheusText {
            let outcome = try await brainctl(daemon, ["metrics"])
            #expect(outcome.status == .exited(0), "\(outcome.errors)")
            return try StrictPrometheusText(outcome.output)
        }

        @Test func requestsAreCountedAndTheFileComesAndGoes() async throws {
            let url = try await PostgresServer.shared().createDatabase()
            let folder = try PrivateFolder()
            let file = folder.file("brain-memoryd-second.prom")
            let options = DaemonProcess.Options(flags: [
                "--metrics-textfile-directory", folder.path, "--metrics-textfile-interval-ms", "1000",
                "--metrics-instance", "second",
            ])
            try await withDaemon({ try await DaemonProcess.on(postgres: url, options) }) { daemon in
                let client = try await daemon.connect()
                for number in 0..<7 {
                    let record = JSONValue.record("m\(number)", agent: "alice", context: [:], tags: [])
                    _ = try await client.call("store", ["record": record]).success()
                }
                #expect(try await client.call("clear", ["agentId": .int(5)]).kind == "invalid_params")
                let before = try await Self.read(daemon)
                let store = ["store": "second"]
                func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
                    before.value("brain_memoryd_\(name)", labels.merging(store) { $1 })
                }
                #expect(value("requests_total", ["method": "store", "result": "ok"]) == 7)
                #expect(value("request_duration_seconds_count", ["method": "store"]) == 7)
                #expect(value("refused_requests_total", ["reason": "invalid_params"]) == 1)
                // The test's, and brainctl's own.
                #expect(value("connections_open") == 2)
                #expect(value("postgres_up") == 1 && value("health", ["status": "ok"]) == 1)
                #expect((value("postgres_wait_seconds_count") ?? 0) >= 7)
                #expect((value("process_private_memory_bytes") ?? 0) > 1_000_000)
                #expect(value("worker_running", ["worker": "expiry-cleanup"]) != nil)
                // Nobody was told of it in the log, at its usual level.
                #expect(!daemon.log.contains("getMetrics"))
                let report = try await client.call("getMetrics").success()
                #expect(report["agents"]?.array?.first?["agentId"]?.string == "alice")
                let isWritten = try await eventually(within: .seconds(20)) {
                    let text = Program.text(of: file)
                    return try StrictPrometheusText(text).value(
                        "brain_memoryd_requests_total", ["method": "store", "result": "ok", "store": "second"]) == 7
                }
                #expect(isWritten)
                #expect(try await daemon.terminate() == .exited(0))
                #expect(!FileManager.default.fileExists(atPath: file))
            }
            try folder.remove()
        }

        @Test func topShowsOneIntervalWhereThereIsNoTerminal() async throws {
            let url = try await PostgresServer.shared().createDatabase()
            try await withDaemon({ try await DaemonProcess.on(postgres: url) }) { daemon in
                let outcome = try await Self.brainctl(daemon, ["top", "-d", "0.2"])
                #expect(outcome.status == .exited(0), "\(outcome.errors)")
                #expect(outcome.output.hasPrefix("brain-memoryd ") && outcome.output.contains("\ngetMetrics "))
                #expect(!outcome.output.contains("\u{1B}"))
            }
        }

        @Test func healthEndsByWhatItFound() async throws {
            let server = try await PostgresServer.start()
            let url = try await server.createDatabase()
            try await withDaemon({ try await DaemonProcess.on(postgres: url) }) { daemon in
                // On a machine that is busy a probe may come late once.
                let isWell = try await eventually(within: .seconds(20)) {
                    try await Self.brainctl(daemon, ["health"]).status == .exited(0)
                }
                #expect(isWell)
                try await server.shutdown()
                let isIll = try await eventually(within: .seconds(20)) {
                    let outcome = try await Self.brainctl(daemon, ["health", "--json"])
                    return outcome.status == .exited(1) && outcome.output.contains(#""status":"unavailable""#)
                }
                #expect(isIll)
                #expect(try await Self.read(daemon).value("brain_memoryd_postgres_up") == 0)
                #expect(try await daemon.terminate() == .exited(0))
                let gone = try await Self.brainctl(daemon, ["health"])
                #expect(gone.status == .exited(1) && !gone.errors.isEmpty)
                #expect(try await Self.brainctl(daemon, ["health", "--nonsense"]).status == .exited(2))
            }
        }
    }
}
