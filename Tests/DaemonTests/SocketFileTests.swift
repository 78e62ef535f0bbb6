import DaemonFixture
import Foundation
import PostgresFixture
import Testing

extension DaemonTests {
    /// The socket's file: whose it is, what it replaces, who may open it.
    @Suite struct SocketFileTests {
        /// Starts a daemon that can't get what it needs, and answers its status and its log.
        private static func failing(_ flags: [String], folder: PrivateFolder) async throws -> (ProcessExit, String) {
            let log = folder.file("failing.log")
            let child = try ChildProcess(
                [try Program.path("brain-memoryd")] + flags, environment: Program.environment, errors: log)
            let status = try await child.ended(within: .seconds(20))
            defer { unlink(log) }
            return (status, Program.text(of: log))
        }

        @Test func aStaleSocketIsReplaced() async throws {
            let url = try await PostgresServer.shared().createDatabase()
            try await withDaemon({ try await DaemonProcess.on(postgres: url) }) { daemon in
                try await daemon.kill()
                #expect(FileManager.default.fileExists(atPath: daemon.socketPath))
                try await daemon.start()
                _ = try await daemon.connect().call("ping").success()
            }
        }

        @Test func aLiveSocketIsNotStolen() async throws {
            let url = try await PostgresServer.shared().createDatabase()
            try await withDaemon({ try await DaemonProcess.on(postgres: url) }) { daemon in
                let client = try await daemon.connect()
                let flags = ["--postgres-url", url, "--socket", daemon.socketPath]
                let (status, log) = try await Self.failing(flags, folder: daemon.folder)
                #expect(status == .exited(73), "\(log)")
                #expect(log.contains(daemon.socketPath))
                // Also when the lock beside it is gone.
                unlink(daemon.socketPath + ".lock")
                let (second, secondLog) = try await Self.failing(flags, folder: daemon.folder)
                #expect(second == .exited(73), "\(secondLog)")
                #expect(secondLog.contains(daemon.socketPath))
                _ = try await client.call("ping").success()
                _ = try await daemon.connect().call("ping").success()
            }
        }

        @Test func aFileThatIsNoSocketIsLeftAlone() async throws {
            let folder = try PrivateFolder()
            let path = folder.file("brain.sock")
            try Data("precious".utf8).write(to: URL(fileURLWithPath: path))
            let url = try await PostgresServer.shared().url
            let (status, log) = try await Self.failing(["--postgres-url", url, "--socket", path], folder: folder)
            #expect(status == .exited(73), "\(log)")
            #expect(log.contains(path))
            #expect(Program.text(of: path) == "precious")
            let absent = folder.file("no/such/folder.sock")
            let (second, secondLog) = try await Self.failing(
                ["--postgres-url", url, "--socket", absent], folder: folder)
            #expect(second == .exited(73), "\(secondLog)")
            #expect(secondLog.contains(absent))
            try await OwnThread.run { try folder.remove() }
        }

        @Test func twoDaemonsDoNotShareAFolder() async throws {
            try await withDaemon({ try await DaemonProcess.managed() }) { daemon in
                let client = try await daemon.connect()
                let flags = ["--managed", daemon.managedFolder, "--socket", daemon.folder.file("other.sock")]
                let (status, log) = try await Self.failing(flags, folder: daemon.folder)
                #expect(status != .exited(0), "\(log)")
                #expect(log.contains(daemon.managedFolder) && log.contains("brain-memoryd"), "\(log)")
                #expect(try await client.store(.record("m", agent: "a"))["version"] == 1)
                #expect(try await daemon.terminate() == .exited(0))
            }
        }

        @Test func modeAndGroupAreAsConfigured() async throws {
            let url = try await PostgresServer.shared().createDatabase()
            let group = geteuid() == 0 ? try #require(getgrnam("nogroup")).pointee.gr_gid : getegid()
            let name = String(cString: try #require(getgrgid(group)).pointee.gr_name)
            let options = DaemonProcess.Options(flags: ["--socket-mode", "0606", "--socket-group", name])
            try await withDaemon({ try await DaemonProcess.on(postgres: url, options) }) { daemon in
                let status = try Self.status(of: daemon.socketPath)
                #expect(status.st_mode & 0o777 == 0o606)
                #expect(status.st_mode & S_IFMT == S_IFSOCK)
                #expect(status.st_gid == group)
            }
            try await withDaemon({ try await DaemonProcess.on(postgres: url) }) { daemon in
                let status = try Self.status(of: daemon.socketPath)
                #expect(status.st_mode & 0o777 == 0o660)
                #expect(status.st_gid == getegid())
            }
        }

        private static func status(of path: String) throws -> stat {
            var status = stat()
            guard lstat(path, &status) == 0 else { throw TestFailure("there is no \(path)") }
            return status
        }

        @Test(.enabled(if: geteuid() == 0, "only root can start it as somebody else"))
        func itRunsAsAnyUser() async throws {
            let options = DaemonProcess.Options(user: "nobody")
            try await withDaemon({ try await DaemonProcess.managed(options) }) { daemon in
                let client = try await daemon.connect()
                #expect(try await client.store(.record("m", agent: "a"))["created"] == true)
                let pid = try #require(daemon.pid)
                let owner = try #require(getpwnam("nobody")).pointee.pw_uid
                for process in [pid] + daemon.folder.processes() {
                    #expect(try Self.status(of: "/proc/\(process)").st_uid == owner)
                }
                try await daemon.kill()
                try await daemon.start(within: .seconds(60))
                #expect(try await daemon.connect().memory("m")?["version"] == 1)
                #expect(try await daemon.terminate() == .exited(0))
                #expect(daemon.folder.processes().isEmpty)
            }
        }
    }
}
