import DaemonFixture
import Foundation
import PostgresFixture
import Testing

extension DaemonTests {
    /// The conversations, through brainctl and back.
    @Suite struct ImportTests {
        private static func withImported(
            _ body: (DaemonProcess, ConversationData, [JSONValue]) async throws -> Void
        ) async throws {
            let data = try ConversationData.load()
            let url = try await PostgresServer.shared().createDatabase()
            try await withDaemon({ try await DaemonProcess.on(postgres: url) }) { daemon in
                let text = data.lines.joined(separator: "\n") + "\n"
                let outcome = try await brainctl(daemon, ["import", "-"], input: text)
                #expect(outcome.status == .exited(0), "\(outcome.output)\(outcome.errors)")
                try await body(daemon, data, try data.records().map(answered))
            }
        }

        private static func brainctl(
            _ daemon: DaemonProcess, _ arguments: [String], input: String = ""
        ) async throws -> ProgramOutcome {
            try await Program.run(
                "brainctl", arguments, input: input, environment: ["BRAIN_SOCKET": daemon.socketPath],
                within: .seconds(120))
        }

        /// A record of the file as the daemon answers it: tags sorted, the time to the microsecond.
        private static func answered(_ record: JSONValue) -> JSONValue {
            var record = record
            let tags = (record["tags"]?.array ?? []).compactMap(\.string)
            record["tags"] = .strings(tags.sorted(by: JSONValue.precedes))
            record["timestamp"] = .string((record["timestamp"]?.string ?? "").replacing("Z", with: ".000000Z"))
            return record
        }

        private static func ids(_ records: [JSONValue]) -> [String] { records.compactMap { $0["id"]?.string } }

        @Test func importStoresAllAndExportGivesThemBack() async throws {
            try await Self.withImported { daemon, data, records in
                if data.path != nil { #expect(records.count == 2_760) }
                let client = try await daemon.connect()
                #expect(try await client.call("count", [:])["count"]?.int == records.count)
                let exported = try await Self.brainctl(daemon, ["export"])
                #expect(exported.status == .exited(0), "\(exported.errors)")
                let lines = exported.output.split(separator: "\n")
                #expect(lines.count == records.count)
                let back = try lines.map { try JSONValue(parsing: Array($0.utf8)) }
                let byID = Dictionary(back.map { ($0["id"]?.string ?? "", $0) }) { first, _ in first }
                for record in records {
                    let id = record["id"]?.string ?? ""
                    #expect(byID[id] == record, "\(byID[id]?.description ?? "nothing") for \(record)")
                }

                // What export wrote, import takes: into the same daemon, where each replaces itself.
                let again = try await Self.brainctl(daemon, ["import", "-"], input: exported.output)
                #expect(again.status == .exited(0), "\(again.errors)")
                #expect(try await client.call("count", [:])["count"]?.int == records.count)
                #expect(try await Self.brainctl(daemon, ["export"]).output == exported.output)
            }
        }

        @Test func queriesEqualWhatTheFileSays() async throws {
            try await Self.withImported { daemon, _, records in
                let client = try await daemon.connect()
                let newestFirst = records.sorted { first, second in
                    let times = [first, second].map { $0["timestamp"]?.string ?? "" }
                    let ids = [first, second].map { $0["id"]?.string ?? "" }
                    return times[0] == times[1] ? JSONValue.precedes(ids[1], ids[0]) : times[0] > times[1]
                }
                let agents = Set(records.compactMap { $0["agentId"]?.string }).sorted()
                let tags = Set(records.flatMap { ($0["tags"]?.array ?? []).compactMap(\.string) }).sorted()
                let days = Set(records.compactMap { $0["timestamp"]?.string?.prefix(10) }).sorted().map(String.init)
                var generator = HostileFrames.Randomness(state: 26)
                var matches = 0
                for round in 0..<60 {
                    let agent = agents.randomElement(using: &generator) ?? ""
                    let some = Set([tags.randomElement(using: &generator), tags.randomElement(using: &generator)])
                    let wanted = some.compactMap { $0 } + (round.isMultiple(of: 3) ? ["conversation"] : [])
                    let range = [days.randomElement(using: &generator), days.randomElement(using: &generator)]
                        .compactMap { $0 }.sorted()
                    let importance = Int.random(in: 1...8, using: &generator)
                    let isAll = round.isMultiple(of: 2)
                    let filter: JSONValue = [
                        "agentId": .string(agent), "tags": .strings(wanted), "tagMode": isAll ? "all" : "any",
                        "startDate": .string(range[0]), "endDate": .string(range[1]), "minImportance": .int(importance),
                    ]
                    let expected = newestFirst.filter { record in
                        let own = Set((record["tags"]?.array ?? []).compactMap(\.string))
                        let day = String((record["timestamp"]?.string ?? "").prefix(10))
                        return record["agentId"]?.string == agent
                            && (isAll ? own.isSuperset(of: wanted) : !own.isDisjoint(with: wanted))
                            && day >= range[0] && day <= range[1] && (record["importance"]?.int ?? 0) >= importance
                    }
                    matches += expected.count
                    let found = try await client.allMemories(filter, limit: 50)
                    #expect(Self.ids(found) == Self.ids(expected), "\(filter)")
                    #expect(try await client.call("count", filter)["count"]?.int == expected.count, "\(filter)")
                    if round < 5 {
                        try await Self.expectSame(daemon, filter, agent, wanted, range, importance, isAll, expected)
                    }
                }
                #expect(matches > 100)
            }
        }

        /// The same question asked by brainctl.
        private static func expectSame(
            _ daemon: DaemonProcess, _ filter: JSONValue, _ agent: String, _ tags: [String], _ range: [String],
            _ importance: Int, _ isAll: Bool, _ expected: [JSONValue]
        ) async throws {
            let arguments =
                ["query", "--all", "--json", "--agent", agent, "--since", range[0], "--until", range[1]]
                + ["--min-importance", "\(importance)"] + (isAll ? ["--all-tags"] : [])
                + tags.flatMap { ["--tag", $0] }
            let outcome = try await brainctl(daemon, arguments)
            #expect(outcome.status == .exited(0), "\(outcome.errors)")
            let found = try outcome.output.split(separator: "\n").map { try JSONValue(parsing: Array($0.utf8)) }
            #expect(ids(found) == ids(expected), "\(filter)")
        }

        @Test func badLinesAreReportedAndTheOthersKept() async throws {
            let data = try ConversationData.load()
            let url = try await PostgresServer.shared().createDatabase()
            try await withDaemon({ try await DaemonProcess.on(postgres: url) }) { daemon in
                var lines = Array(data.lines.prefix(100))
                lines[10] = "{"
                lines[20] = #"{"agentId":"a","context":{},"importance":11}"#
                lines[30] = #"{"agentId":"a","context":{"a":1,"a":2}}"#
                let text = lines.joined(separator: "\n")
                let outcome = try await Self.brainctl(daemon, ["import", "-"], input: text)
                #expect(outcome.status == .exited(1))
                for number in ["11", "21", "31"] { #expect(outcome.errors.contains(number), "\(outcome.errors)") }
                let client = try await daemon.connect()
                #expect(try await client.call("count", [:])["count"] == 97)
                _ = try await client.call("clear", ["all": true]).success()
                let strict = try await Self.brainctl(daemon, ["import", "--strict", "-"], input: text)
                #expect(strict.status == .exited(1))
                #expect(try await client.call("count", [:])["count"] == 10)
            }
        }
    }
}
