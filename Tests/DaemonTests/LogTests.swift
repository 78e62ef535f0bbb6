import DaemonFixture
import Foundation
import PostgresFixture
import Testing

extension DaemonTests {
    /// What operators read on standard error.
    @Suite struct LogTests {
        @Test func entriesAreObjectsWithEventAndValues() async throws {
            let daemon = try await DaemonProcess.on(
                postgres: PostgresServer.shared().createDatabase(),
                .init(flags: ["--log-format", "json", "--log-level", "trace", "--log-target", "auto"]))
            let client = try await daemon.connect()
            _ = try await client.call("cleanupExpired", [:])
            try await daemon.terminate()
            let entries = daemon.log.split(separator: "\n").map {
                try? JSONDecoder().decode([String: String].self, from: Data($0.utf8))
            }
            #expect(entries.allSatisfy { $0 != nil }, "\(daemon.log)")
            let events = entries.compactMap { $0?["event"] }
            #expect(events.first == "starting" && events.last == "stopped" && events.contains("ready"), "\(events)")
            let call = try #require(entries.compactMap { $0 }.first { $0["event"] == "administrative-call" })
            #expect(call["level"] == "notice" && call["method"] == "cleanupExpired" && call["outcome"] == "done")
            #expect(call["peer_uid"] == "\(getuid())" && call["peer_pid"] == "\(getpid())")
            try await daemon.remove()
        }
    }
}
