import DaemonFixture
import Foundation
import PostgresFixture
import Testing

extension DaemonTests {
    /// The configuration, as whoever starts the daemon meets it.
    @Suite struct ConfigurationTests {
        /// Runs the daemon on a configuration file of this text.
        private static func run(
            _ text: String?, _ flags: [String] = [], environment: [String: String] = [:]
        ) async throws -> (outcome: ProgramOutcome, path: String) {
            let folder = try PrivateFolder()
            defer { try? FileManager.default.removeItem(atPath: folder.path) }
            let path = folder.file("b.yaml")
            if let text { try Data(text.utf8).write(to: URL(fileURLWithPath: path)) }
            let arguments = (text == nil ? [] : ["--config", path]) + flags
            let outcome = try await Program.run(
                "brain-memoryd", arguments, environment: environment, within: .seconds(20))
            return (outcome, path)
        }

        @Test(arguments: [
            ("postgres:\n  url: postgresql:///x\nlimits:\n  max_conections: 5\n", ["limits.max_conections", ":4"]),
            ("postgres:\n  url: postgresql:///x\n  pool_size: many\n", ["postgres.pool_size", ":3", "many"]),
            ("postgres:\n  url: postgresql:///x\n  pool_size: 0\n", ["postgres.pool_size", ":3", "512"]),
            ("postgres:\n  url: postgresql:///x\nsocket:\n  mode: \"0999\"\n", ["socket.mode", ":4"]),
            (
                "postgres:\n  url: postgresql:///x\nsocket:\n  group: no-such-group\n",
                ["socket.group", "no-such-group"]
            ),
            ("postgres:\n  url: [1\n", ["b.yaml"]),
            ("log:\n  level: loud\npostgres:\n  url: postgresql:///x\n", ["log.level", ":2", "loud"]),
        ])
        func aMistakeInTheFileIsNamed(_ text: String, _ words: [String]) async throws {
            let (outcome, path) = try await Self.run(text)
            #expect(outcome.status == .exited(78), "\(outcome.errors)")
            #expect(outcome.errors.contains(path), "\(outcome.errors)")
            for word in words { #expect(outcome.errors.contains(word), "\(word): \(outcome.errors)") }
            #expect(outcome.output.isEmpty)
        }

        @Test func aMistakeElsewhereNamesItsSource() async throws {
            let flag = try await Self.run(nil, ["--managed", "/tmp/x", "--postgres-pool-size", "0"]).outcome
            #expect(flag.status == .exited(78) && flag.errors.contains("--postgres-pool-size"), "\(flag.errors)")
            let unknown = try await Self.run(nil, ["--managed", "/tmp/x", "--postgres-pol-size", "1"]).outcome
            #expect(
                unknown.status == .exited(78) && unknown.errors.contains("--postgres-pol-size"), "\(unknown.errors)")
            let variables = ["BRAIN_LIMITS_MAX_IN_FLIGHT": "x", "BRAIN_POSTGRES_URL": "postgresql:///x"]
            let variable = try await Self.run(nil, environment: variables).outcome
            #expect(variable.status == .exited(78), "\(variable.errors)")
            #expect(variable.errors.contains("BRAIN_LIMITS_MAX_IN_FLIGHT"), "\(variable.errors)")
            let mistyped = try await Self.run(nil, ["--managed", "/tmp/x"], environment: ["BRAIN_SOKET_PATH": "/x"])
                .outcome
            #expect(
                mistyped.status == .exited(78) && mistyped.errors.contains("BRAIN_SOKET_PATH"), "\(mistyped.errors)")
            let nothing = try await Self.run(nil).outcome
            #expect(nothing.status == .exited(78), "\(nothing.errors)")
            #expect(nothing.errors.contains("managed.directory") && nothing.errors.contains("postgres.url"))
            let absent = try await Program.run("brain-memoryd", ["--config", "/no/such/file.yaml"])
            #expect(absent.status == .exited(78) && absent.errors.contains("/no/such/file.yaml"), "\(absent.errors)")
        }

        @Test func checkConfigSaysWhetherItIsRight() async throws {
            let right = try await Self.run(
                "postgres:\n  url: postgresql:///x\nsocket:\n  path: /tmp/x.sock\n", ["--check-config"])
            #expect(right.outcome.status == .exited(0), "\(right.outcome.errors)")
            let wrong = try await Self.run("postgres:\n  url: 7\n  pool_size: -1\n", ["--check-config"])
            #expect(wrong.outcome.status == .exited(78))
            #expect(wrong.outcome.errors.contains("postgres.pool_size"))
        }

        @Test func flagsGoOverEnvironmentOverFile() async throws {
            let text = """
                postgres:
                  url: postgresql://brain:hunter2@localhost/x
                  pool_size: 3
                  max_waiting: 5
                socket:
                  path: /tmp/x.sock
                limits:
                  max_connections: 7
                """
            let environment = ["BRAIN_POSTGRES_POOL_SIZE": "4", "BRAIN_LIMITS_MAX_CONNECTIONS": "8"]
            let flags = ["--dump-config", "--limits-max-connections", "9"]
            let (outcome, path) = try await Self.run(text, flags, environment: environment)
            #expect(outcome.status == .exited(0), "\(outcome.errors)")
            #expect(!outcome.output.contains("hunter2"))
            let lines = outcome.output.split(separator: "\n").map(String.init)
            func line(_ value: String) -> String? { lines.first { $0.contains(value) } }
            #expect(line("pool_size: 4")?.contains("BRAIN_POSTGRES_POOL_SIZE") == true, "\(outcome.output)")
            #expect(line("max_connections: 9")?.contains("--limits-max-connections") == true, "\(outcome.output)")
            #expect(line("max_waiting: 5")?.contains(path) == true, "\(outcome.output)")
        }

        @Test func theConfiguredLimitsAreInForce() async throws {
            let url = try await PostgresServer.shared().createDatabase()
            var options = DaemonProcess.Options(configuration: "limits:\n  max_frame_bytes: 65536\n")
            options.environment = ["BRAIN_LIMITS_MAX_IN_FLIGHT": "300"]
            try await withDaemon({ try await DaemonProcess.on(postgres: url, options) }) { daemon in
                let client = try await daemon.connect()
                let limits = try await client.call("getHealth").success()["limits"]
                #expect(
                    limits?["maxFrameBytes"] == 65_536 || limits?["max_frame_bytes"] == 65_536, "\(limits ?? .null)")
                try await client.send(raw: [0, 1, 0, 1])
                let answer = try #require(try await client.receive())
                #expect(answer.kind == "frame_too_large" && answer.id?.isNull == true)
                #expect(try await client.receive(within: .seconds(3)) == nil)
            }
        }
    }
}
