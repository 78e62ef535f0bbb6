import MonotonicClock
import RedisDriver
import RedisFixture
import TestSupport
import Testing

extension ServerTests {
    /// How a connection begins, and how it is given up on demand.
    @Suite struct HandshakeTests {
        @Test func passwordUserAndDatabase() async throws {
            let arguments = ["--requirepass", "p@ss:w/rd", "--user", "alice", "on", ">wonder", "~*", "+@all"]
            try await withPrivateServer(arguments: arguments) { server in
                let path = server.socketPath
                try await withClient("unix://:p%40ss%3aw%2Frd@\(path)?db=3") { client in
                    try await client.waitUntilReady()
                    #expect(try await client.run("SET", "where", "three") == .status("OK"))
                    #expect(try await client.run("ACL", "WHOAMI") == .text("default"))
                }
                try await withClient("unix://alice:wonder@\(path)?db=3") { client in
                    try await client.waitUntilReady()
                    #expect(try await client.run("GET", "where") == .text("three"))
                    #expect(try await client.run("ACL", "WHOAMI") == .text("alice"))
                }
                try await withClient("unix://alice:wrong@\(path)") { client in
                    let reason = try await client.waitUntilUnavailable()
                    #expect(reason.hasPrefix("the password was refused: WRONGPASS"), "\(reason)")
                }
                try await withClient("unix://\(path)") { client in
                    let reason = try await client.waitUntilUnavailable()
                    #expect(reason.hasPrefix("the handshake was refused: NOAUTH"), "\(reason)")
                }
                try await withClient("unix://alice:wonder@\(path)?db=16") { client in
                    let reason = try await client.waitUntilUnavailable()
                    #expect(reason == "the handshake was refused: ERR DB index is out of range")
                }
            }
        }

        @Test func aServerWithoutAPasswordSaysSoAndNeverQuotesOne() async throws {
            try await withPrivateServer { server in
                try await withClient("unix://:secret@\(server.socketPath)") { client in
                    let reason = try await client.waitUntilUnavailable()
                    #expect(
                        reason.contains("without any password configured") && !reason.contains("secret"), "\(reason)")
                }
            }
            try await withPrivateServer(arguments: ["--rename-command", "AUTH", "HIDDEN"]) { server in
                try await withClient("unix://:secret@\(server.socketPath)") { client in
                    let reason = try await client.waitUntilUnavailable()
                    #expect(reason == "the password was refused: ERR")
                }
            }
        }

        @Test func overTCP() async throws {
            try await withPrivateServer { server in
                var port = 0
                // A port that is free now may be taken a moment later; Redis tells.
                for candidate in (20_000..<30_000).shuffled().prefix(50)
                where try server.command("CONFIG", "SET", "bind", "127.0.0.1", "port", "\(candidate)") == .text("OK") {
                    port = candidate
                    break
                }
                try await withClient("redis://127.0.0.1:\(port)/2") { client in
                    try await client.waitUntilReady()
                    let value = [UInt8](repeating: 0, count: 3_000_000)
                    let words = [Array("ECHO".utf8), value]
                    let replies = try await client.send([RedisCommand(words)], deadline: .now + .seconds(20))
                    #expect(replies == [.bulk(value)])
                    try await server.kill()
                    #expect(try await client.waitUntilUnavailable() != "")
                    #expect(try await eventually { client.state == .unavailable("cannot connect: Connection refused") })
                }
            }
        }

        @Test func handshakeCommandsComeFirstAndAnew() async throws {
            try await withPrivateServer { server in
                let attempts = Counter()
                let configure: (inout RedisClientConfiguration) -> Void = {
                    $0.handshake = {
                        [
                            RedisCommand("CLIENT", "SETNAME", "attempt-\(attempts.increment())"),
                            RedisCommand("INCR", "handshakes"),
                        ]
                    }
                }
                try await withClient(server.url, configure) { client in
                    try await client.waitUntilReady()
                    #expect(try await client.run("CLIENT", "GETNAME") == .text("attempt-1"))
                    client.reset(reason: "test")
                    try await client.waitUntilReady()
                    #expect(try await client.run("CLIENT", "GETNAME") == .text("attempt-2"))
                    #expect(try server.command("GET", "handshakes") == .text("2"))
                }
            }
        }

        @Test(arguments: [["LPUSH", "text", "x"], ["EVAL", "return {1, redis.error_reply('ERR inside')}", "0"]])
        func aRefusedHandshakeKeepsItUnavailable(words: [String]) async throws {
            try await withPrivateServer { server in
                try server.command("SET", "text", "a string")
                let log = StateLog()
                let configure: (inout RedisClientConfiguration) -> Void = {
                    $0.handshake = { [RedisCommand(words.map { Array($0.utf8) })] }
                    $0.onStateChange = { log.append($0) }
                    $0.maximumBackoff = .milliseconds(50)
                }
                try await withClient(server.url, configure) { client in
                    let reason = try await client.waitUntilUnavailable()
                    #expect(reason.hasPrefix("the handshake was refused: "))
                    #expect(reason.hasSuffix("wrong kind of value") || reason.hasSuffix("ERR inside"))
                    // Further attempts, each as vain, are no news.
                    #expect(try await eventually { try Self.connections(of: server) > 8 })
                    #expect(log.states == [.unavailable(reason)])
                    #expect(await client.pingFailure().error == .unavailable(reason))
                }
            }
        }

        @Test func resetHoldsFromItsReturnOn() async throws {
            try await withPrivateServer { server in
                let log = StateLog()
                try await withClient(server.url, { $0.onStateChange = { log.append($0) } }) { client in
                    for round in 0..<20 {
                        try await client.waitUntilReady()
                        let isInFlight = round % 2 == 0
                        let words = isInFlight ? ["BLPOP", "absent", "0"] : ["ECHO", "perhaps in time"]
                        let command = RedisCommand(words.map { Array($0.utf8) })
                        async let failure = client.failure(of: [command], within: .seconds(20))
                        if isInFlight {
                            #expect(
                                try await eventually {
                                    "\(try server.command("CLIENT", "LIST"))".contains("cmd=blpop")
                                })
                        }
                        let reason = "round \(round)"
                        client.reset(reason: reason)
                        #expect(await client.pingFailure().error == .unavailable(reason))
                        let error = await failure
                        let expected: [RedisError?] =
                            isInFlight
                            ? [.connectionLost(reason)] : [nil, .connectionLost(reason), .unavailable(reason)]
                        #expect(expected.contains(error), "\(String(describing: error))")
                    }
                    try await client.waitUntilReady()
                    let expected =
                        (0..<20).flatMap { [.ready, .unavailable("round \($0)")] } + [RedisClient.State.ready]
                    #expect(log.states == expected)
                }
            }
        }

        private static func connections(of server: RedisServer) throws -> Int {
            guard case .text(let information) = try server.command("INFO", "stats") else { return 0 }
            let line = information.split(whereSeparator: \.isNewline).first {
                $0.hasPrefix("total_connections_received:")
            }
            // One of them is this.
            return line.flatMap { Int($0.dropFirst("total_connections_received:".count)) } ?? 0
        }
    }
}
