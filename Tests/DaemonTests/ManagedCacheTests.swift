import DaemonFixture
import Foundation
import PostgresFixture
import Testing

extension DaemonTests {
    /// The Redis of managed mode: there without being asked for, back when it dies, gone with the daemon.
    @Suite struct ManagedCacheTests {
        /// Waits until the daemon's cache is in use.
        private static func waitForCache(_ daemon: DaemonProcess) async throws {
            let client = try await daemon.connect()
            let isInUse = try await eventually(within: .seconds(10)) {
                try await client.call("get", ["id": "none"])["servedFrom"]?.string == "cache"
            }
            #expect(isInUse, "\(daemon.log.suffix(2_000))")
        }

        /// The process of the private Redis, which works in a folder of its own.
        private static func redis(of daemon: DaemonProcess) throws -> pid_t {
            let found = daemon.folder.processes().filter { pid in
                Program.text(of: "/proc/\(pid)/cmdline").contains("redis-server unixsocket:")
            }
            #expect(found.count == 1)
            return try #require(found.first)
        }

        @Test func itIsSupervisedAsPostgreSQLIs() async throws {
            try await withDaemon({ try await DaemonProcess.managed() }) { daemon in
                try await Self.waitForCache(daemon)
                let client = try await daemon.connect()
                _ = try await client.call("store", ["record": .record("m1", agent: "a", context: ["n": 1])]).success()
                #expect(try await client.call("get", ["id": "m1"])["servedFrom"]?.string == "cache")

                // Killed: no request fails, and it is back.
                let first = try Self.redis(of: daemon)
                kill(first, SIGKILL)
                let isBack = try await eventually(within: .seconds(10)) {
                    _ = try await client.call("store", ["record": .record("m1", agent: "a", context: ["n": 2])])
                        .success()
                    return try await client.call("get", ["id": "m1"]).success()["servedFrom"]?.string == "cache"
                }
                #expect(isBack)
                #expect(try Self.redis(of: daemon) != first)

                // The daemon killed: the next one ends what is left, and has a cache of its own.
                let orphan = try Self.redis(of: daemon)
                try await daemon.kill()
                try await daemon.start(within: .seconds(60))
                try await Self.waitForCache(daemon)
                #expect(try Self.redis(of: daemon) != orphan)
                let after = try await daemon.connect().call("get", ["id": "m1"]).success()
                #expect(after["memory"]?["context"] == ["n": 2])

                #expect(try await daemon.terminate() == .exited(0))
                #expect(daemon.folder.processes().isEmpty)
            }
        }

        @Test func withoutItsProgramTheDaemonServesAndSaysSo() async throws {
            let options = DaemonProcess.Options(flags: ["--managed-redis-program", "/nowhere/redis-server"])
            try await withDaemon({ try await DaemonProcess.managed(options) }) { daemon in
                let client = try await daemon.connect()
                let health = try await client.call("getHealth").success()
                #expect(health["status"]?.string == "degraded" && health["cache"]?["status"]?.string == "unavailable")
                #expect(health["cache"]?["reason"]?.string?.contains("/nowhere/redis-server") == true)
                _ = try await client.call("store", ["record": .record("m1", agent: "a", context: [:])]).success()
                #expect(try await client.call("get", ["id": "m1"])["servedFrom"]?.string == "store")
            }
        }

        @Test func itCanBeLeftOut() async throws {
            try await withDaemon({ try await DaemonProcess.managed(.init(flags: ["--managed-redis", "off"])) }) {
                daemon in
                let health = try await daemon.connect().call("getHealth").success()
                #expect(health["status"]?.string == "ok" && health["cache"]?["status"]?.string == "disabled")
            }
        }
    }
}
