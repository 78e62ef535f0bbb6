import DaemonFixture
import PostgresFixture
import Testing

extension DaemonTests {
    /// Pages followed while others write.
    @Suite struct PagingTests {
        private static let agent = "pager"
        private static let base = 400

        /// Seven to a timestamp, so that the id has to decide; 2024-03-01 to 02.
        private static func timestamp(_ number: Int) -> JSONValue {
            let minutes = number / 7
            let time = [minutes / 60 % 24, minutes % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
            return "2024-03-0\(1 + minutes / 1_440)T\(time):00Z"
        }

        private static func record(_ number: Int, edition: Int = 0, volatile: Bool = false) -> JSONValue {
            // The permuted id makes its order differ from that of time.
            let id = "\(volatile ? "volatile" : "stable")-\((number * 7_919) % 10_007)"
            return .record(
                id, agent: agent, context: ["number": .int(number), "edition": .int(edition)],
                tags: ["paged", number.isMultiple(of: 2) ? "even" : "odd"],
                ["timestamp": timestamp(number), "importance": .int(number % 10 + 1)])
        }

        private static let filters: [(filter: JSONValue, matches: @Sendable (Int) -> Bool)] = [
            (["agentId": .string(agent)], { _ in true }),
            (["agentId": .string(agent), "tags": ["even", "nowhere"]], { $0.isMultiple(of: 2) }),
            (["tags": ["paged", "odd"], "tagMode": "all"], { !$0.isMultiple(of: 2) }),
            (["agentId": .string(agent), "minImportance": 6], { $0 % 10 + 1 >= 6 }),
            (
                ["startDate": "2024-03-01T00:10:00Z", "endDate": "2024-03-01T00:40:00Z", "tags": ["paged"]],
                { (10...40).contains($0 / 7) }
            ),
        ]

        @Test func whatMatchedThroughoutIsSeenExactlyOnceInOrder() async throws {
            let daemon = try await DaemonTests.shared.value
            let client = try await daemon.connect()
            let records = (0..<Self.base).map { Self.record($0) }
            _ = try await client.call("storeBatch", ["records": .array(records)], deadlineMs: 30_000).success()
            let churn = Task {
                let client = try await daemon.connect()
                var writes = 0
                while !Task.isCancelled {
                    try await Self.churn(client, round: writes)
                    writes += 1
                }
                return writes
            }
            for pass in 0..<Scale.pagingPasses {
                for (number, shape) in Self.filters.enumerated() {
                    let limits = [1 + pass * 16, 7, 23, 50]
                    let seen = try await Self.follow(client, shape.filter, limits: limits, from: number + pass)
                    Self.check(seen, matching: shape.matches, "filter \(shape.filter), pass \(pass)")
                }
            }
            churn.cancel()
            #expect(try await churn.value > 0)
        }

        /// Inserts and deletes records between the stable ones, and rewrites every other stable one in place.
        private static func churn(_ client: WireClient, round: Int) async throws {
            var pending: [WireClient.Pending] = []
            for step in 0..<20 {
                let number = (round * 20 + step) * 37 % base
                let volatile = record(number, edition: round, volatile: true)
                pending.append(client.begin("store", ["record": volatile]))
                if let id = record((number * 3 + round) % base, volatile: true)["id"] {
                    pending.append(client.begin("delete", ["id": id]))
                }
                pending.append(client.begin("store", ["record": record(number & ~1, edition: round)]))
            }
            for answer in pending { _ = try await answer.answer().success() }
        }

        /// All pages, with changing limits.
        private static func follow(
            _ client: WireClient, _ filter: JSONValue, limits: [Int], from start: Int
        ) async throws -> [JSONValue] {
            var memories: [JSONValue] = []
            var params = filter
            var page = start
            while true {
                let limit = limits[page % limits.count]
                params["limit"] = .int(limit)
                page += 1
                let answer = try await client.call("query", params).success()
                let found = answer["memories"]?.array ?? []
                #expect(found.count <= limit)
                memories += found
                guard let cursor = answer["nextCursor"], !cursor.isNull else { return memories }
                params["cursor"] = cursor
            }
        }

        private static func check(_ seen: [JSONValue], matching: (Int) -> Bool, _ comment: Comment) {
            let keys = seen.map { ($0["timestamp"]?.string ?? "", $0["id"]?.string ?? "") }
            for (first, second) in zip(keys, keys.dropFirst()) {
                // Newest first, then id descending; equality would be one memory twice.
                #expect(first.0 > second.0 || (first.0 == second.0 && first.1 > second.1), comment)
            }
            let expected = (0..<base).filter(matching).compactMap { record($0)["id"]?.string }
            #expect(keys.map(\.1).filter { $0.hasPrefix("stable") }.sorted() == expected.sorted(), comment)
        }

        @Test func aCursorSurvivesARestartAndBelongsToItsFilters() async throws {
            let url = try await PostgresServer.shared().createDatabase()
            try await withDaemon({ try await DaemonProcess.on(postgres: url) }) { daemon in
                let client = try await daemon.connect()
                let records = (0..<30).map { Self.record($0) }
                _ = try await client.call("storeBatch", ["records": .array(records)]).success()
                let first = try await client.call("query", ["tags": ["paged"], "limit": 20]).success()
                let cursor = try #require(first["nextCursor"])
                #expect(cursor.string != nil)
                #expect(try await daemon.terminate() == .exited(0))
                try await daemon.start()
                let again = try await daemon.connect()
                let second = try await again.call("query", ["tags": ["paged"], "limit": 5, "cursor": cursor]).success()
                let ids = [first, second].flatMap { $0["memories"]?.array ?? [] }.compactMap { $0["id"]?.string }
                #expect(ids.count == 25)
                #expect(Set(ids).count == 25)
                let other = try await again.call("query", ["tags": ["even"], "cursor": cursor])
                #expect(other.kind == "invalid_params")
                #expect(other.field == "cursor")
            }
        }
    }
}
