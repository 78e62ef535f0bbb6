import DaemonFixture
import Foundation
import PostgresFixture
import Testing

extension DaemonTests {
    /// The daemon's own work: once for all daemons on a database, and taken over from one that is gone.
    @Suite struct WorkerTests {
        /// Runs `body` with two daemons on one database, and a folder of backups that they share.
        private static func withTwo(
            _ flags: [String], _ body: ([DaemonProcess], String) async throws -> Void
        ) async throws {
            let url = try await PostgresServer.shared().createDatabase()
            let options = DaemonProcess.Options(flags: flags)
            try await withDaemon({ try await DaemonProcess.on(postgres: url, options) }) { first in
                try await withDaemon({ try await DaemonProcess.on(postgres: url, options) }) { second in
                    try await body([first, second], url)
                }
            }
        }

        private static func column(_ sql: String, _ url: String) async throws -> [String?] {
            try await PostgresServer.shared().execute(sql, on: url)
        }

        @Test func eachTickIsOneDaemonsRun() async throws {
            let flags = [
                "--workers-expiry-cleanup", "every 1s", "--workers-stats-refresh", "every 1s",
                "--workers-cache-counters", "off",
            ]
            try await Self.withTwo(flags) { daemons, url in
                let isDone = try await eventually(within: .seconds(60)) {
                    try await Self.column("SELECT min(successes) FROM brain_workers WHERE schedule = 'every 1s'", url)
                        .first.flatMap { $0 }.flatMap { Int($0) } ?? 0 >= 6
                }
                #expect(isDone)
                for daemon in daemons { #expect(try await daemon.terminate() == .exited(0)) }
                // No run began before its tick, or while another was under way; none failed.
                let early = try await Self.column(
                    """
                    SELECT count(*) FROM (
                        SELECT started_at, lag(started_at) OVER run AS before, lag(finished_at) OVER run AS ended
                        FROM brain_worker_runs WINDOW run AS (PARTITION BY name ORDER BY token)
                    ) AS r WHERE started_at < before + interval '0.99 s' OR started_at < ended
                    """, url)
                #expect(early == ["0"])
                let failed = try await Self.column("SELECT count(*) FROM brain_worker_runs WHERE NOT success", url)
                #expect(failed == ["0"])
            }
        }

        /// Runs `hurt` on the daemon that receives WAL, and waits until the other one does.
        private static func expectTakeover(_ hurt: (DaemonProcess) async throws -> Void) async throws {
            let server = try await PostgresServer.start()
            let url = try await server.createDatabase()
            let folder = try PrivateFolder()
            let options = DaemonProcess.Options(flags: [
                "--backups-directory", folder.file("backups"), "--backups-replication-url", server.url,
                "--backups-base", "off", "--backups-dump", "off", "--backups-dump-after-writes", "0",
            ])
            try await withDaemon({ try await DaemonProcess.on(postgres: url, options) }) { first in
                try await withDaemon({ try await DaemonProcess.on(postgres: url, options) }) { second in
                    func receiver() async throws -> pid_t? {
                        let holder = try await server.execute(
                            "SELECT holder FROM brain_workers WHERE name = 'wal-stream'", on: url)
                        let parts = holder.first.flatMap { $0 }?.split(separator: ":") ?? []
                        return parts.count > 1 ? pid_t(parts[1]) : nil
                    }
                    func isReceived(by pid: pid_t?) async throws -> Bool {
                        guard let pid, try await receiver() == pid else { return false }
                        let sql = "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'"
                        return try await server.execute(sql) == ["1"]
                    }
                    let isStreaming = try await eventually(within: .seconds(30)) {
                        let pid = try await receiver()
                        return try await isReceived(by: pid)
                    }
                    #expect(isStreaming, "\(first.log.suffix(2_000)) \(second.log.suffix(2_000))")
                    let holder = try await receiver() == first.pid ? first : second
                    let other = holder.pid == first.pid ? second : first
                    try await hurt(holder)
                    let isTakenOver = try await eventually(within: .seconds(30)) {
                        try await isReceived(by: other.pid)
                    }
                    #expect(isTakenOver, "\(other.log.suffix(4_000))")
                    holder.resume()
                }
            }
            try folder.remove()
            try await server.shutdown()
        }

        @Test func theWorkOfAKilledDaemonIsTakenOver() async throws {
            try await Self.expectTakeover { try await $0.kill() }
        }

        @Test func theWorkOfAStoppedDaemonIsTakenOver() async throws {
            try await Self.expectTakeover { $0.pause() }
        }

        @Test func aWorkerIsRunWhenAskedFor() async throws {
            let flags = ["--workers-expiry-cleanup", "off"]
            let url = try await PostgresServer.shared().createDatabase()
            try await withDaemon({ try await DaemonProcess.on(postgres: url, .init(flags: flags)) }) { daemon in
                let client = try await daemon.connect()
                #expect(try await client.call("runWorker", ["name": "sweeper"]).field == "name")
                #expect(try await client.call("runWorker", ["name": "backup-dump"]).kind == "unsupported")
                _ = try await client.call("runWorker", ["name": "expiry-cleanup"]).success()
                let isDone = try await eventually(within: .seconds(10)) {
                    let workers = try await client.call("getWorkers").success()["workers"]?.array ?? []
                    let worker = workers.first { $0["name"]?.string == "expiry-cleanup" }
                    return worker?["state"]?.string == "off" && worker?["lastResult"]?.string?.hasPrefix("ok") == true
                }
                #expect(isDone)
                let health = try await client.call("getHealth").success()
                #expect(health["workers"]?["expiry-cleanup"]?["lastResult"]?.string?.hasPrefix("ok") == true)
                #expect(try await daemon.terminate() == .exited(0))
            }
        }
    }
}
