import DaemonFixture
import PostgresFixture
import Testing

/// Errors of a daemon that is full, or about to end.
extension Scenario {
    static let loadErrors: [Scenario] = [
        Scenario(
            "busy when a bounded queue is full", .busy,
            in: .fresh(
                .init(flags: ["--postgres-pool-size", "1", "--postgres-max-waiting", "1"], isWithoutRedis: true))
        ) { world in
            var clients: [Client] = []
            for _ in 0..<4 { clients.append(try await world.client(as: nil)) }
            let callers = clients
            try await world.withMemoriesLocked {
                try await withThrowingTaskGroup(of: Answer.self) { group in
                    for client in callers { group.addTask { try await client.call("count") } }
                    // One has the connection, one waits for it, and for two there is no room.
                    for _ in 0..<2 {
                        let refusal = try #require(try await group.next()).refusal()
                        #expect(refusal.kind == "busy" && (refusal.data["retryAfterMs"]?.int ?? 0) > 0)
                    }
                    #expect(try await world.client.result("ping") == [:])
                    try await world.unlockMemories()
                    for try await answer in group { #expect(try answer.success() == ["count": 0]) }
                }
            }
        },
        Scenario(
            "busy when too many requests are in flight, but never for one connection alone", .busy,
            .oneConnectionIsSlowed,
            in: .fresh(
                .init(
                    flags: ["--limits-max-in-flight", "4", "--limits-max-in-flight-per-connection", "4"],
                    isWithoutRedis: true)),
            over: [.socket]
        ) { world in
            let requests = (0..<300).map { Client.request("count", id: String($0)) }
            #expect(try await world.client.exchange(requests).allSatisfy { $0.result == ["count": 0] })
            try await world.withMemoriesLocked {
                async let slowed = world.client.exchange(requests)
                try await world.waitUntilBlocked(4)
                let refusal = try await refusedAsBusy(world)
                #expect((refusal.data["retryAfterMs"]?.int ?? 0) > 0)
                #expect(try await world.client.result("getHealth")["status"] == "ok")
                try await world.unlockMemories()
                let answers = try await slowed
                #expect(answers.count == 300 && answers.allSatisfy { $0.result == ["count": 0] })
            }
        },
        Scenario("one connection alone is never told busy", .oneConnectionIsSlowed, .pipelining) { world in
            let requests = (0..<6_000).map { Client.request("count", #"{"agentId":"nobody"}"#, id: String($0)) }
            let answers = try await world.client.exchange(requests)
            #expect(answers.count == 6_000 && answers.allSatisfy { $0.result == ["count": 0] })
        },
        Scenario(
            "shutting_down for what is not done in time", .shuttingDown,
            in: .fresh(.init(flags: ["--limits-shutdown-grace-ms", "400"], isWithoutRedis: true)), over: [.socket]
        ) { world in
            let daemon = try world.daemon
            try await world.withMemoriesLocked {
                async let read = world.client.refusal("count")
                let writer = try await world.client(as: nil)
                async let write = writer.refusal("store", #"{"record":{"id":"m","agentId":"a","context":{}}}"#)
                let other = try await world.client(as: nil)
                async let unnamed = other.refusal("storeContext", #"{"agentId":"a","context":{}}"#)
                try await world.waitUntilBlocked(3)
                let status = try await daemon.terminate(within: .seconds(10))
                #expect(status == .exited(0))
                #expect(try await read.kind == "shutting_down")
                // The writes had begun, so that nobody can be sure.
                let refusal = try await write
                #expect(refusal.kind == "commit_unknown" && refusal.data["ids"] == ["m"])
                let made = try await unnamed
                #expect(made.kind == "commit_unknown" && made.data["ids"]?.array?.count == 1)
            }
        },
    ]

    /// Calls until it is told `busy`.
    private static func refusedAsBusy(_ world: World) async throws -> Answer.Failure {
        var refusal: Answer.Failure?
        _ = try await eventually(within: .seconds(10)) {
            refusal = try await world.client.call("count", deadlineMs: 50).failure
            return refusal?.kind == "busy"
        }
        #expect(refusal?.kind == "busy")
        return try #require(refusal)
    }
}
