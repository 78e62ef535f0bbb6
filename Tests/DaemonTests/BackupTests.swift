import DaemonFixture
import Foundation
import Glibc
import PostgresFixture
import Testing

extension DaemonTests {
    /// Backups while the daemon is killed and the disk is full, and writes that must not be lost.
    @Suite struct BackupTests {
        /// A server of the test's own, and a daemon on it with backups in a folder of its own.
        private static func with(
            _ flags: [String] = [], isStrict: Bool = false, directory: String? = nil,
            _ body: (DaemonProcess, PostgresServer, String) async throws -> Void
        ) async throws {
            let server = try await PostgresServer.start()
            let url = try await server.createDatabase()
            // Only now: without a standby nothing could be made any more.
            if isStrict {
                try await server.execute("ALTER SYSTEM SET synchronous_standby_names = 'brain_memoryd_wal'")
                try await server.execute("SELECT pg_reload_conf()")
            }
            let folder = try PrivateFolder()
            let directory = directory ?? folder.file("backups")
            let options = DaemonProcess.Options(
                flags: ["--backups-directory", directory, "--backups-replication-url", server.url] + flags)
            try await withDaemon({ try await DaemonProcess.on(postgres: url, options) }) { daemon in
                try await body(daemon, server, directory)
            }
            try folder.remove()
            try await server.shutdown()
        }

        /// Dumps only when asked for, and nothing else.
        private static let onRequest = [
            "--backups-dump", "off", "--backups-dump-after-writes", "0", "--backups-base", "off", "--backups-wal",
            "off",
        ]

        private static func backups(_ client: WireClient) async throws -> [JSONValue] {
            try await client.call("listBackups", deadlineMs: 60_000).success()["backups"]?.array ?? []
        }

        /// Runs a worker to its end; its result.
        private static func run(_ worker: String, _ client: WireClient) async throws -> String {
            let begun = try await eventually(within: .seconds(40)) {
                let answer = try await client.call("runWorker", ["name": .string(worker)])
                if answer.kind == "in_progress" { return false }
                _ = try answer.success()
                return true
            }
            #expect(begun)
            var result = ""
            let isDone = try await eventually(within: .seconds(60), every: .milliseconds(20)) {
                let workers = try await client.call("getWorkers").success()["workers"]?.array ?? []
                let report = workers.first { $0["name"]?.string == worker }
                result = report?["lastResult"]?.string ?? ""
                return report?["state"]?.string != "running"
            }
            #expect(isDone)
            return result
        }

        private static func fill(_ client: WireClient, _ count: Int, from start: Int = 0) async throws {
            for first in stride(from: start, to: start + count, by: 500) {
                let records = (first..<min(first + 500, start + count)).map { number -> JSONValue in
                    .record("m\(number)", agent: "a\(number % 7)", context: ["n": .int(number)], tags: ["t"])
                }
                _ = try await client.call("storeBatch", ["records": .array(records)], deadlineMs: 60_000).success()
            }
        }

        private static func debris(_ directory: String) -> [String] {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
            return names.filter { $0.hasPrefix("incomplete") }
        }

        @Test func killedDuringABackupTheDaemonLeavesNothingBad() async throws {
            try await Self.with(Self.onRequest) { daemon, _, directory in
                try await Self.fill(try await daemon.connect(), 3_000)
                var longest = Duration.milliseconds(50)
                for round in 0..<Scale.backupKills {
                    let client = try await daemon.connect()
                    let begin = ContinuousClock.now
                    let worker = "backup-dump"
                    let begun = try await eventually(within: .seconds(40)) {
                        try await client.call("runWorker", ["name": .string(worker)]).result != nil
                    }
                    #expect(begun)
                    // A moment of what the longest one so far took, and a little later than its end.
                    let moment = longest * Double.random(in: 0...1.2)
                    if round > 0 { try await Task.sleep(until: begin + moment, clock: .continuous) }
                    if round == 0 { #expect(try await Self.run("backup-dump", client).hasPrefix("ok")) }
                    longest = round == 0 ? begin.duration(to: .now) : longest
                    try await daemon.kill()
                    try await daemon.start(within: .seconds(60))
                    let listed = try await Self.backups(try await daemon.connect())
                    #expect(!listed.isEmpty && listed.allSatisfy { $0["good"] == true }, "kill \(round): \(listed)")
                }
                let client = try await daemon.connect()
                #expect(try await Self.run("backup-dump", client).hasPrefix("ok"))
                #expect(Self.debris(directory).isEmpty)
                let verified = try await client.call("verifyBackup", deadlineMs: 120_000).success()
                #expect(verified["backups"]?.array?.allSatisfy { $0["good"] == true } == true, "\(verified)")
                #expect(try await daemon.terminate() == .exited(0))
            }
        }

        @Test func aFullDiskLeavesTheLastGoodBackup() async throws {
            let mount = try PrivateFolder()
            let size = "size=48m"
            guard geteuid() == 0, Glibc.mount("tmpfs", mount.path, "tmpfs", 0, size) == 0 else {
                print("not tested: a full disk, since no file system can be mounted here (errno \(errno))")
                return
            }
            defer { umount2(mount.path, Int32(MNT_DETACH)) }
            let flags = Self.onRequest + ["--backups-min-free-bytes", "0"]
            try await Self.with(flags, directory: mount.file("backups")) { daemon, _, directory in
                let client = try await daemon.connect()
                try await Self.fill(client, 500)
                #expect(try await Self.run("backup-dump", client).hasPrefix("ok"))
                let good = try await Self.backups(client)
                // All but a little is taken, so that the check of free space passes and the disk fills up on the way.
                try Self.takeRoom(at: mount.file("filler"), leaving: 96 << 10, on: mount.path)
                try await Self.fill(client, 4_000, from: 500)
                let begin = ContinuousClock.now
                let result = try await Self.run("backup-dump", client)
                #expect(result.hasPrefix("failed") && begin.duration(to: .now) < .seconds(5), "\(result)")
                #expect(try await Self.backups(client).map { $0["id"] } == good.map { $0["id"] })
                #expect(try await Self.backups(client).allSatisfy { $0["good"] == true })
                #expect(Self.debris(directory).isEmpty)
                _ = try await client.store(.record("after", agent: "a")).success()
                try FileManager.default.removeItem(atPath: mount.file("filler"))
                #expect(try await Self.run("backup-dump", client).hasPrefix("ok"))
                #expect(try await daemon.terminate() == .exited(0))
            }
        }

        /// Fills a file until so many bytes are free.
        private static func takeRoom(at path: String, leaving rest: Int, on mount: String) throws {
            var status = statvfs()
            guard statvfs(mount, &status) == 0 else { throw TestFailure("statvfs failed: \(errno)") }
            let free = Int(status.f_bavail) * Int(status.f_frsize)
            let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
            defer { close(file) }
            guard posix_fallocate(file, 0, off_t(max(free - rest, 0))) == 0 else {
                throw TestFailure("cannot fill \(path)")
            }
        }

        @Test func inStrictModeNothingIsAcknowledgedThatIsNotReceived() async throws {
            let flags = [
                "--backups-dump", "off", "--backups-dump-after-writes", "0", "--backups-base", "off", "--backups-wal",
                "strict",
            ]
            try await Self.with(flags, isStrict: true) { daemon, _, directory in
                let client = try await daemon.connect()
                let isReceived = try await eventually(within: .seconds(30)) {
                    try await client.store(.record("m1", agent: "a"), deadlineMs: 2_000).result != nil
                }
                #expect(isReceived, "\(daemon.log.suffix(4_000))")
                let receiver = try #require(
                    try Self.pids { $0.contains("pg_receivewal") && $0.contains(directory) }.first)
                kill(receiver, SIGSTOP)
                let held = try await client.store(.record("m2", agent: "a"), deadlineMs: 1_000)
                kill(receiver, SIGCONT)
                #expect(held.kind == "commit_unknown", "\(held)")
                #expect(try await client.store(.record("m3", agent: "a"), deadlineMs: 10_000).result != nil)
                #expect(try await daemon.terminate() == .exited(0))
            }
        }

        private static func pids(_ matches: (String) -> Bool) throws -> [pid_t] {
            try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { pid_t($0) }.filter { pid in
                let command = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") ?? Data()
                return matches(String(decoding: command, as: UTF8.self))
            }
        }
    }
}
