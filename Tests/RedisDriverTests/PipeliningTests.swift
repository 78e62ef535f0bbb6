import MonotonicClock
import RedisDriver
import RedisFixture
import TestSupport
import Testing

extension ServerTests {
    /// Many callers on one connection.
    @Suite struct PipeliningTests {
        @Test func aThousandCallersGetTheirOwnReplies() async throws {
            try await withReadyClient { client in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for caller in 0..<1_000 {
                        group.addTask {
                            for round in 0..<5 {
                                let key = "pipe:\(caller)"
                                let value = String(repeating: "\(caller)-\(round)/", count: caller % 50 + 1)
                                let replies = try await client.send(
                                    [
                                        RedisCommand("SET", key, value), RedisCommand("GET", key),
                                        RedisCommand("ECHO", key),
                                    ],
                                    deadline: .now + .seconds(30))
                                #expect(replies == [.status("OK"), .text(value), .text(key)])
                            }
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }

        @Test func theyShareOneConnectionAndItsReads() async throws {
            try await withPrivateServer { server in
                try await withClient(server.url) { client in
                    try await client.waitUntilReady()
                    // Everything sent while the server stands still is there in one piece when it goes on.
                    try await server.pause()
                    let begun = Counter()
                    let callers = Task {
                        try await withThrowingTaskGroup(of: RedisReply.self) { group in
                            for number in 0..<1_000 {
                                group.addTask {
                                    begun.increment()
                                    return try await client.run("ECHO", "\(number)", within: .seconds(30))
                                }
                            }
                            return try await group.reduce(into: Set()) { $0.insert($1) }
                        }
                    }
                    #expect(try await eventually { begun.value == 1_000 })
                    server.resume()
                    #expect(try await callers.value == Set((0..<1_000).map { .text("\($0)") }))
                    guard case .text(let information) = try server.command("INFO", "stats") else {
                        throw NotReady(state: client.state)
                    }
                    let counters = Self.parse(information)
                    #expect(try #require(counters["total_connections_received"]) < 10)
                    #expect(try #require(counters["total_commands_processed"]) >= 1_000)
                    #expect(
                        try #require(counters["total_reads_processed"]) < 1_000, "fewer reads than commands: pipelined")
                }
            }
        }

        @Test func aBatchLargerThanEveryBuffer() async throws {
            try await withReadyClient { client in
                // Requests and replies of 20 MB each: both directions must be served, or both sides wait for the other.
                let word = String(repeating: "x", count: 2_000)
                let commands = (0..<10_000).map { RedisCommand("ECHO", "\($0)\(word)") }
                let replies = try await client.send(commands, deadline: .now + .seconds(60))
                #expect(replies == (0..<10_000).map { .text("\($0)\(word)") })
            }
        }

        @Test func whatIsPendingHasABound() async throws {
            try await withPrivateServer { server in
                let bounds: (inout RedisClientConfiguration) -> Void = {
                    $0.maxPendingCommands = 10
                    $0.maxPendingBytes = 100_000
                }
                try await withClient(server.url, bounds) { client in
                    try await client.waitUntilReady()
                    let eleven = Array(repeating: RedisCommand("PING"), count: 11)
                    await #expect(throws: RedisError.busy) {
                        try await client.send(eleven, deadline: .now + .seconds(10))
                    }
                    let large = RedisCommand("ECHO", String(repeating: "x", count: 100_000))
                    await #expect(throws: RedisError.busy) {
                        try await client.send([large], deadline: .now + .seconds(10))
                    }
                    // Places are given back: by answers, and by failures.
                    for _ in 0..<20 {
                        #expect(
                            try await client.send(Array(eleven.dropLast()), deadline: .now + .seconds(10)).count == 10)
                    }
                    try await server.pause()
                    // Of two callers who want all places, one gets them.
                    let errors = await withTaskGroup(of: RedisError?.self) { group in
                        for _ in 0..<2 {
                            group.addTask { await client.failure(of: Array(eleven.dropLast()), within: .seconds(30)) }
                        }
                        let first = await group.next()
                        client.reset(reason: "test")
                        return [first, await group.next()].map { $0 ?? nil }
                    }
                    #expect(errors[0] == .busy)
                    #expect([.connectionLost("test"), .unavailable("test")].contains(errors[1]))
                    server.resume()
                    try await client.waitUntilReady()
                    #expect(try await client.send(Array(eleven.dropLast()), deadline: .now + .seconds(10)).count == 10)
                }
            }
        }

        private static func parse(_ information: String) -> [String: Int] {
            var counters: [String: Int] = [:]
            for line in information.split(whereSeparator: \.isNewline) {
                let parts = line.split(separator: ":", maxSplits: 1)
                if parts.count == 2, let number = Int(parts[1]) { counters[String(parts[0])] = number }
            }
            return counters
        }
    }
}
