import DaemonFixture
import Foundation
import PostgresFixture
import Testing

extension DaemonTests {
    /// What the daemon tells a service manager, and takes from it; with sockets that stand for systemd's.
    @Suite struct ServiceManagerTests {
        /// A manager's socket for notifications, in a folder that its tests share with the daemon.
        private static func manager() throws -> (NotifySocket, PrivateFolder) {
            let folder = try PrivateFolder()
            return (try NotifySocket(path: folder.file("notify")), folder)
        }

        /// Waits for a message with that assignment; all messages until then, as assignments.
        private static func messages(_ manager: NotifySocket, until last: String) async throws -> [String] {
            var all: [String] = []
            let isThere = try await eventually(within: .seconds(20)) {
                all += manager.messages().flatMap { $0 }
                return all.contains { $0.hasPrefix(last) }
            }
            guard isThere else { throw TestFailure("no \(last) among \(all)") }
            return all
        }

        @Test func itIsReadyWhenItServesAndTellsOfItsReloadsAndItsEnd() async throws {
            let (manager, folder) = try Self.manager()
            let url = try await PostgresServer.shared().createDatabase()
            let options = DaemonProcess.Options(
                flags: ["--postgres-url", url], environment: ["NOTIFY_SOCKET": manager.path],
                configuration: "log.level: info\n")
            try await withDaemon({ try DaemonProcess(options, folder: folder) }) { daemon in
                try daemon.launch()
                let started = try await Self.messages(manager, until: "READY=1")
                #expect(started.first?.hasPrefix("STATUS=") == true)
                let client = try await daemon.connect()
                #expect(try await client.store(.record("m", agent: "a"))["created"] == true)
                _ = try await Self.messages(manager, until: "STATUS=Serving ")

                // What is wrong is named, and changes nothing.
                let file = URL(fileURLWithPath: folder.file("brain-memoryd.yaml"))
                try Data("log.level: loud\naccess.rules: [\"uid:4294967294 read:*\"]\n".utf8).write(to: file)
                daemon.send(signal: SIGHUP)
                let refused = try await Self.messages(manager, until: "READY=1")
                #expect(refused.contains("RELOADING=1") && refused.contains { $0.hasPrefix("MONOTONIC_USEC=") })
                #expect(refused.contains { $0.contains("reload refused") && $0.contains("yaml:1: log.level") })
                #expect(try await client.store(.record("n", agent: "a"))["created"] == true)

                // A rule for this very user reaches the connection that is open.
                let rule = "access.rules: [\"uid:\(getuid()) read:*\"]\npostgres.pool_size: 3\n"
                try Data(rule.utf8).write(to: file)
                daemon.send(signal: SIGHUP)
                _ = try await Self.messages(manager, until: "READY=1")
                #expect(
                    try await client.call("store", ["record": .record("o", agent: "a")]).kind == "permission_denied")
                #expect(
                    daemon.log.contains(
                        "in force now: access.rules; changed, but only a restart applies: postgres.pool_size"))

                daemon.send(signal: SIGTERM)
                let stopped = try await Self.messages(manager, until: "STOPPING=1")
                #expect(!stopped.contains("READY=1"))
                #expect(try await daemon.ended(within: .seconds(10)) == .exited(0))
            }
        }

        @Test func withoutPostgresItSaysWhatItWaitsForAndIsNotReady() async throws {
            let (manager, folder) = try Self.manager()
            let options = DaemonProcess.Options(
                flags: ["--postgres-url", "host=/nowhere dbname=x"], environment: ["NOTIFY_SOCKET": manager.path])
            try await withDaemon({ try DaemonProcess(options, folder: folder) }) { daemon in
                try daemon.launch()
                let waiting = try await Self.messages(manager, until: "STATUS=Waiting for PostgreSQL: ")
                #expect(waiting.contains { $0.contains("/nowhere") })
                // A reload of what is not ready must not make it so.
                daemon.send(signal: SIGHUP)
                #expect(try await eventually { daemon.log.contains("configuration reloaded") })
                daemon.send(signal: SIGTERM)
                let all = waiting + (try await Self.messages(manager, until: "STOPPING=1"))
                #expect(!all.contains("READY=1") && !all.contains("RELOADING=1"), "\(all)")
                #expect(try await daemon.ended(within: .seconds(10)) == .exited(0))
            }
        }

        @Test func aBadConfigurationIsToldBeforeTheEnd() async throws {
            let (manager, folder) = try Self.manager()
            defer { try? FileManager.default.removeItem(atPath: folder.path) }
            let outcome = try await Program.run(
                "brain-memoryd", ["--managed", "/tmp/x", "--log-level", "loud"],
                environment: ["NOTIFY_SOCKET": manager.path])
            #expect(outcome.status == .exited(78))
            #expect(manager.messages().flatMap { $0 }.contains { $0.hasPrefix("STATUS=Failed: flag --log-level") })
        }

        /// Binds a socket at the path, and becomes the program with it as its descriptor 3 (sd_listen_fds(3)).
        private static func passing(_ path: String) -> [String] {
            let script = """
                import os, socket, sys
                s = socket.socket(socket.AF_UNIX)
                s.bind(sys.argv[1]); s.listen(16)
                if s.fileno() != 3: os.dup2(s.fileno(), 3)
                os.set_inheritable(3, True)
                os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()), LISTEN_FDNAMES="brain.socket")
                os.execv(sys.argv[2], sys.argv[2:])
                """
            return ["/usr/bin/python3", "-c", script, path]
        }

        @Test func itServesASocketThatIsPassedAndLeavesItThere() async throws {
            let folder = try PrivateFolder()
            let url = try await PostgresServer.shared().createDatabase()
            let path = folder.file("passed.sock")
            var options = DaemonProcess.Options(flags: ["--postgres-url", url, "--socket", path])
            options.wrapper = Self.passing(path)
            try await withDaemon({ try DaemonProcess(options, folder: folder) }) { daemon in
                try await daemon.start()
                let client = try await daemon.connect()
                #expect(try await client.store(.record("m", agent: "a"))["created"] == true)
                #expect(!FileManager.default.fileExists(atPath: path + ".lock"))
                #expect(try await daemon.terminate() == .exited(0))
                #expect(FileManager.default.fileExists(atPath: path))
            }
        }

        @Test func aSocketElsewhereThanConfiguredIsRefused() async throws {
            let folder = try PrivateFolder()
            let path = folder.file("passed.sock")
            var options = DaemonProcess.Options(
                flags: ["--postgres-url", "host=/nowhere", "--socket", folder.file("other.sock")])
            options.wrapper = Self.passing(path)
            try await withDaemon({ try DaemonProcess(options, folder: folder) }) { daemon in
                try daemon.launch()
                #expect(try await daemon.ended(within: .seconds(20)) == .exited(78))
                #expect(daemon.log.contains("socket.path") && daemon.log.contains(path))
            }
        }
    }
}
