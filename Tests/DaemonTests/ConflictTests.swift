import DaemonFixture
import PostgresFixture
import Testing

extension DaemonTests {
    /// Many who write the same memory at once.
    @Suite struct ConflictTests {
        private static let writers = 200

        @Test func ofTwoHundredWritersOneWinsEachRound() async throws {
            let daemon = try await DaemonTests.shared.value
            var clients: [WireClient] = []
            for _ in 0..<Self.writers { clients.append(try await daemon.connect()) }
            for round in 0..<Scale.conflictRounds {
                let answers = try await Self.race(clients, round: round)
                let winners = answers.enumerated().filter { $0.element.result != nil }
                #expect(winners.count == 1, "round \(round)")
                let winner = try #require(winners.first)
                #expect(winner.element["version"]?.int == round + 1)
                #expect(winner.element["created"] == .bool(round == 0))
                for answer in answers where answer.result == nil {
                    #expect(answer.kind == "version_conflict", "\(answer)")
                    #expect(answer.error?["data"]?["currentVersion"]?.int == round + 1)
                }
                let memory = try await clients[0].memory("conflict")
                #expect(memory?["context"] == ["round": .int(round), "writer": .int(winner.offset)])
                #expect(memory?["version"]?.int == round + 1)
            }
        }

        private static func race(_ clients: [WireClient], round: Int) async throws -> [WireAnswer] {
            try await withThrowingTaskGroup(of: (Int, WireAnswer).self) { group in
                for (writer, client) in clients.enumerated() {
                    group.addTask {
                        let context: JSONValue = ["round": .int(round), "writer": .int(writer)]
                        let record = JSONValue.record("conflict", agent: "racer", context: context, tags: ["race"])
                        return (writer, try await client.store(record, ifVersion: round, deadlineMs: 20_000))
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }.map(\.1)
            }
        }

        @Test func deletersWithAVersionConflictToo() async throws {
            let client = try await DaemonTests.shared.value.connect()
            let record = JSONValue.record("conflict-delete", agent: "racer")
            try await client.store(record)
            try await client.store(record)
            let stale = try await client.call("delete", ["id": "conflict-delete", "ifVersion": 1])
            #expect(stale.kind == "version_conflict")
            #expect(stale.error?["data"]?["currentVersion"]?.int == 2)
            let current = try await client.call("delete", ["id": "conflict-delete", "ifVersion": 2])
            #expect(current["deleted"] == true)
            let absent = try await client.store(record, ifVersion: 2)
            #expect(absent.kind == "version_conflict")
            #expect(absent.error?["data"]?["currentVersion"]?.isNull == true)
        }
    }
}
