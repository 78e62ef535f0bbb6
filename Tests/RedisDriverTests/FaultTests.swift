import MonotonicClock
import RedisDriver
import RedisFixture
import TestSupport
import Testing

extension ServerTests {
    /// A server that hangs, dies, or is away.
    @Suite struct FaultTests {
        /// What a busy machine may add to a deadline.
        private static let bit = Duration.milliseconds(500)

        @Test func aPausedServerCostsOneDeadlineAndComesBack() async throws {
            try await withPrivateServer { server in
                try await withClient(server.url) { client in
                    try await client.waitUntilReady()
                    try await server.pause()
                    async let patient = client.pingFailure(within: .seconds(20))
                    let hung = await client.pingFailure(within: .milliseconds(100))
                    #expect(hung.error == .timedOut)
                    #expect(hung.elapsed >= .milliseconds(100) && hung.elapsed < .milliseconds(100) + Self.bit)
                    // Whoever shared the connection does not wait for a deadline of his own.
                    let other = await patient
                    guard case .connectionLost = other.error else { throw other.error ?? .timedOut }
                    #expect(other.elapsed < .seconds(5))
                    // From now on nobody waits at all.
                    for _ in 0..<50 {
                        let refused = await client.pingFailure()
                        guard case .unavailable = refused.error else { throw refused.error ?? .timedOut }
                        #expect(refused.elapsed < Self.bit)
                    }
                    // A stopped server takes connections: that alone must not count as ready.
                    let reason = "no answer within the time to connect"
                    #expect(try await eventually { client.state == .unavailable(reason) })
                    server.resume()
                    let resumed = MonotonicInstant.now
                    try await client.waitUntilReady()
                    #expect(.now - resumed < .seconds(2))
                    #expect(try await client.run("PING") == .status("PONG"))
                }
            }
        }

        @Test func aKilledServerIsFoundAgain() async throws {
            try await withPrivateServer { server in
                try await withClient(server.url) { client in
                    try await client.waitUntilReady()
                    for round in 0..<3 {
                        async let inFlight = client.send(
                            [RedisCommand("BLPOP", "absent", "0")], deadline: .now + .seconds(20))
                        #expect(try await eventually { try Self.blockedClients(of: server) == 1 })
                        let killed = MonotonicInstant.now
                        try await server.kill()
                        do {
                            _ = try await inFlight
                            Issue.record("nobody answered that")
                        } catch {
                            guard case .connectionLost = error as? RedisError else { throw error }
                        }
                        #expect(.now - killed < .seconds(2), "told by the loss, not by the deadline")
                        guard case .unavailable = await client.pingFailure().error else {
                            throw NotReady(state: client.state)
                        }
                        try await server.restart()
                        let up = MonotonicInstant.now
                        try await client.waitUntilReady()
                        #expect(.now - up < .seconds(2))
                        #expect(try await client.run("SET", "round", "\(round)") == .status("OK"))
                    }
                }
            }
        }

        @Test func aServerThatDiesUnderLoad() async throws {
            try await withPrivateServer { server in
                try await withClient(server.url) { client in
                    try await client.waitUntilReady()
                    let callers = Task {
                        await withTaskGroup(of: (sent: Int, errors: Set<String>).self) { group in
                            for _ in 0..<50 { group.addTask { await Self.write(client) } }
                            return await group.reduce(into: (sent: 0, errors: Set<String>())) { sum, one in
                                sum.sent += one.sent
                                sum.errors.formUnion(one.errors)
                            }
                        }
                    }
                    #expect(try await eventually { try server.command("GET", "sum") != .null })
                    try await server.kill()
                    _ = try await client.waitUntilUnavailable()
                    try await server.restart()
                    try await client.waitUntilReady()
                    callers.cancel()
                    let (sent, errors) = await callers.value
                    #expect(sent > 0)
                    #expect(errors.isSubset(of: ["unavailable", "connectionLost"]) && !errors.isEmpty, "\(errors)")
                }
            }
        }

        @Test func nobodyListensAndThenSomebodyDoes() async throws {
            try await withPrivateServer { server in
                try await server.kill()
                let log = StateLog()
                try await withClient(server.url, { $0.onStateChange = { log.append($0) } }) { client in
                    #expect(try await client.waitUntilUnavailable() == "cannot connect: Connection refused")
                    try await server.restart()
                    try await client.waitUntilReady()
                    #expect(log.states == [.unavailable("cannot connect: Connection refused"), .ready])
                }
                #expect(log.states.last == .shutDown)
            }
        }

        @Test func aClientThatIsNotStartedOrShutDown() async throws {
            try await withPrivateServer { server in
                let client = RedisClient(configuration: .init(endpoint: try RedisEndpoint(url: server.url)))
                #expect(client.state == .connecting)
                #expect(await client.pingFailure().error == .unavailable("not connected yet"))
                client.start()
                client.start()
                try await client.waitUntilReady()
                try await server.pause()
                async let pending = client.pingFailure(within: .seconds(20))
                await client.shutdown()
                let error = await pending.error
                #expect(
                    error == .connectionLost("the client was shut down")
                        || error == .unavailable("the client was shut down"))
                #expect(client.state == .shutDown)
                await client.shutdown()
                client.reset(reason: "ignored")
                client.start()
                #expect(client.state == .shutDown)
                #expect(await client.pingFailure().error == .unavailable("the client was shut down"))
                server.resume()
                let never = RedisClient(configuration: .init(endpoint: try RedisEndpoint(url: server.url)))
                await never.shutdown()
                #expect(never.state == .shutDown)
            }
        }

        @Test func aClientThatIsDroppedLetsItsConnectionGo() async throws {
            try await withPrivateServer { server in
                let connections = { () throws -> Int in
                    guard case .text(let list) = try server.command("CLIENT", "LIST") else { return -1 }
                    return list.split(separator: "\n").count
                }
                var client: RedisClient? = RedisClient(
                    configuration: .init(endpoint: try RedisEndpoint(url: server.url)))
                client?.start()
                try await client?.waitUntilReady()
                #expect(try connections() == 2)
                client = nil
                #expect(try await eventually { try connections() == 1 })
            }
        }

        private static func write(_ client: RedisClient) async -> (sent: Int, errors: Set<String>) {
            var sent = 0
            var errors: Set<String> = []
            while !Task.isCancelled {
                do throws(RedisError) {
                    _ = try await client.run("INCR", "sum")
                    sent += 1
                } catch {
                    switch error {
                    case .unavailable: errors.insert("unavailable")
                    case .connectionLost: errors.insert("connectionLost")
                    case .timedOut: errors.insert("timedOut")
                    case .busy: errors.insert("busy")
                    }
                    try? await Task.sleep(for: .milliseconds(1))
                }
            }
            return (sent, errors)
        }

        private static func blockedClients(of server: RedisServer) throws -> Int? {
            guard case .text(let information) = try server.command("INFO", "clients") else { return nil }
            let line = information.split(whereSeparator: \.isNewline).first { $0.hasPrefix("blocked_clients:") }
            return line.flatMap { Int($0.dropFirst("blocked_clients:".count)) }
        }
    }
}
