import DaemonFixture
import PostgresFixture
import Testing

/// getHealth and ping.
extension Scenario {
    static let health: [Scenario] = [
        answers(.ping, "ping", method: "ping", "{}", "{}"),
        answers(.ping, "ping without params", method: "ping", nil, "{}"),
        Scenario("getHealth tells how the daemon is", .getHealth) { world in
            let health = try await world.client.result("getHealth", "{}")
            #expect(
                health.keys == [
                    "cache", "limits", "protocol", "status", "store", "uptimeSeconds", "version", "workers",
                ])
            #expect(health["status"] == "ok" && health["protocol"] == 1)
            #expect(health["version"]?.string?.wholeMatch(of: /[0-9]+\.[0-9]+\.[0-9]+/) != nil)
            #expect(health["store"]?["status"] == "ok")
            #expect(try #require(health["store"]?["latencyMs"]?.double) > 0)
            #expect(health["cache"]?["status"]?.string != nil)
            #expect(health["workers"]?.members != nil)
            let limits = try #require(health["limits"]?.members)
            #expect(!limits.isEmpty && limits.allSatisfy { $0.value.int != nil })
            let uptime = try #require(health["uptimeSeconds"]?.double)
            let later = try #require(try await world.client.result("getHealth")["uptimeSeconds"]?.double)
            #expect(0 <= uptime && uptime < later && later < 3_600)
        },
        Scenario("getHealth says at once that PostgreSQL is stopped", .getHealth, in: .fresh(.init(hasOwnServer: true)))
        { world in
            try await world.server.stop()
            // One call more than a probe, so that both a new one and one under way are met.
            for _ in 0..<3 {
                let begun = ContinuousClock.now
                let health = try await world.client.result("getHealth")
                #expect(ContinuousClock.now - begun < .milliseconds(250))
                #expect(health["status"] == "unavailable" && health["store"]?["status"] == "unavailable")
                #expect(health["store"]?["latencyMs"] == nil)
            }
            #expect(try await world.client.result("ping") == [:])
            try await world.server.resume()
        },
    ]
}
