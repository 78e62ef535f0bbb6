import MonotonicClock
import RedisDriver
import RedisFixture
import Synchronization
import TestSupport
import Testing

extension ServerTests {
    /// A reply that comes late is its caller's loss, and nobody else's.
    @Suite struct LateReplyTests {
        @Test func lateRepliesCostNobodyElseTheConnection() async throws {
            let states = Mutex<[RedisClient.State]>([])
            try await withPrivateServer { server in
                try await withClient(
                    server.url,
                    { configuration in
                        configuration.onStateChange = { state in states.withLock { $0.append(state) } }
                    },
                    { client in
                        try await client.waitUntilReady()
                        let large = RedisCommand([
                            Array("SET".utf8), Array("large".utf8), Array(repeating: 120, count: 1 << 18),
                        ])
                        _ = try await client.send(
                            [large, RedisCommand("SET", "small", "value")], deadline: .now + .seconds(10))
                        // Megabytes that nobody can have within so short a time.
                        let late = await withTaskGroup(of: Int.self) { group in
                            for _ in 0..<60 {
                                group.addTask {
                                    let replies = try? await client.send(
                                        [RedisCommand("GET", "large")], deadline: .now + .milliseconds(2))
                                    return replies == nil ? 1 : 0
                                }
                            }
                            return await group.reduce(0, +)
                        }
                        #expect(late > 0)
                        // What comes behind them is answered, and is not taken for one of theirs.
                        let reply = try await client.send([RedisCommand("GET", "small")], deadline: .now + .seconds(10))
                        #expect(reply == [.bulk(Array("value".utf8))])
                    })
            }
            #expect(states.withLock { $0.filter { if case .unavailable = $0 { true } else { false } } }.isEmpty)
        }
    }
}
