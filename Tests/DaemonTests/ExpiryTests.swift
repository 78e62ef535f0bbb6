import DaemonFixture
import Foundation
import PostgresFixture
import Testing

extension DaemonTests {
    /// What has expired is in no answer, and its id is free.
    @Suite struct ExpiryTests {
        /// Everything that an answer could show an expired memory in, of one agent.
        private struct Sight: Equatable {
            var get = false
            var getBatch = false
            var query = 0
            var tagged = 0
            var count = 0
            var agentMemories = 0
            var listed: Int?
            var insights: Int?
            var sharedTags: Int?
            var stats: Int?
        }

        @Test func anExpiredMemoryIsGoneEverywhere() async throws {
            let client = try await DaemonTests.shared.value.connect()
            let expiry = Self.timestamp(in: 1.5)
            for (id, agent) in [("expiring-1", "mortal"), ("expiring-2", "mortal"), ("expiring-3", "other-mortal")] {
                let record = JSONValue.record(id, agent: agent, tags: ["mortality"], ["expiresAt": .string(expiry)])
                _ = try await client.store(record).success()
            }
            let before = try await Self.sight(client)
            #expect(
                before
                    == Sight(
                        get: true, getBatch: true, query: 2, tagged: 2, count: 2, agentMemories: 2, listed: 2,
                        insights: 2,
                        sharedTags: 3, stats: 2))

            // The daemon's own clock decides, and is this machine's.
            #expect(try await eventually(within: .seconds(4)) { Self.timestamp(in: 0) > expiry })
            #expect(try await Self.sight(client) == Sight())
        }

        @Test func itsIdIsFree() async throws {
            let client = try await DaemonTests.shared.value.connect()
            let ids = (1...4).map { "mortal-id-\($0)" }
            var created: [String: String] = [:]
            let expiry = Self.timestamp(in: 1.2)
            for id in ids {
                let record = JSONValue.record(id, agent: "free-mortal", ["expiresAt": .string(expiry)])
                _ = try await client.store(record).success()
                #expect(try await client.store(record)["version"] == 2)
                created[id] = try await client.memory(id)?["createdAt"]?.string
            }
            #expect(try await eventually(within: .seconds(4)) { Self.timestamp(in: 0) > expiry })

            #expect(try await client.call("delete", ["id": "mortal-id-1"])["deleted"] == false)
            let fresh = JSONValue.record("mortal-id-2", agent: "free-mortal", context: ["life": 2])
            let stored = try await client.store(fresh, ifVersion: 0)
            #expect(stored["version"] == 1 && stored["created"] == true, "\(stored)")
            let memory = try #require(try await client.memory("mortal-id-2"))
            #expect(memory["context"] == ["life": 2])
            #expect(memory["expiresAt"] == nil)
            #expect(memory["createdAt"]?.string != created["mortal-id-2"])
            let conflict = try await client.store(.record("mortal-id-3", agent: "free-mortal"), ifVersion: 2)
            #expect(conflict.kind == "version_conflict")
            #expect(conflict.error?["data"]?["currentVersion"]?.isNull == true)
            let batch = try await client.call("storeBatch", ["records": [.record("mortal-id-4", agent: "free-mortal")]])
            #expect(batch["results"]?[0]?["version"] == 1)
            // Two live ones are cleared; the expired two are not counted.
            #expect(try await client.call("clear", ["agentId": "free-mortal"])["deleted"] == 2)
        }

        @Test func clearDoesNotCountTheExpiredAndCleanupDoes() async throws {
            // A daemon of its own: cleanupExpired counts everybody's.
            try await withDaemon({
                try await DaemonProcess.on(postgres: PostgresServer.shared().createDatabase())
            }) { daemon in
                let client = try await daemon.connect()
                let expiry = Self.timestamp(in: 1)
                for number in 0..<5 {
                    let record = JSONValue.record("x\(number)", agent: "a", ["expiresAt": .string(expiry)])
                    _ = try await client.store(record).success()
                }
                _ = try await client.store(.record("kept", agent: "a")).success()
                #expect(try await eventually(within: .seconds(4)) { Self.timestamp(in: 0) > expiry })
                #expect(try await client.call("clear", ["agentId": "a"])["deleted"] == 1)
                let cleaned = try await client.call("cleanupExpired", [:])["deleted"]?.int ?? -1
                #expect((0...5).contains(cleaned))
                #expect(try await client.call("cleanupExpired", [:])["deleted"] == 0)
                #expect(try await client.call("clear", ["all": true])["deleted"] == 0)
            }
        }

        /// RFC 3339 with six digits, in UTC, so that texts compare like times.
        private static func timestamp(in seconds: Double) -> String {
            let microseconds = Int((Date().timeIntervalSince1970 + seconds) * 1_000_000)
            var time = time_t(microseconds / 1_000_000)
            var parts = tm()
            gmtime_r(&time, &parts)
            var text = [CChar](repeating: 0, count: 32)
            strftime(&text, text.count, "%Y-%m-%dT%H:%M:%S", &parts)
            let whole = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            let fraction = String(microseconds % 1_000_000 + 1_000_000).dropFirst()
            return "\(String(decoding: whole, as: UTF8.self)).\(fraction)Z"
        }

        private static func sight(_ client: WireClient) async throws -> Sight {
            var sight = Sight()
            sight.get = try await client.memory("expiring-1") != nil
            let batch = try await client.call("getBatch", ["ids": ["expiring-2"]]).success()
            sight.getBatch = batch["memories"]?[0]?.isNull == false
            let agent: JSONValue = ["agentId": "mortal"]
            sight.query = try await client.call("query", agent).success()["memories"]?.array?.count ?? -1
            let tagged: JSONValue = ["agentId": "mortal", "tags": ["mortality"]]
            sight.tagged = try await client.call("queryContext", tagged).success()["memories"]?.array?.count ?? -1
            sight.count = try await client.call("count", agent).success()["count"]?.int ?? -1
            sight.agentMemories =
                try await client.call("getAgentMemories", agent).success()["memories"]?.array?.count ?? -1
            let agents = try await client.call("listAgents", ["limit": 1_000]).success()["agents"]?.array ?? []
            sight.listed = agents.first { $0["agentId"] == "mortal" }?["memories"]?.int
            let insights = try await client.call("getCrossAgentInsights", ["tags": ["mortality"]]).success()
            sight.insights = insights["byAgent"]?["mortal"]?.int
            sight.sharedTags = insights["sharedTags"]?.array?.first { $0["tag"] == "mortality" }?["count"]?.int
            let stats = try await client.call("getStats", ["fresh": true]).success()
            sight.stats = stats["memoryByAgent"]?["mortal"]?.int
            return sight
        }
    }
}
