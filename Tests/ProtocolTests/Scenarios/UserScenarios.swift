import DaemonFixture
import PostgresFixture
import Testing

/// What several users may have of one daemon.
extension Scenario {
    private static let greedy = User(uid: 60_001, gid: 60_001)
    private static let modest = User(uid: 60_002, gid: 60_002)

    /// What a connection of the greedy one gets that asks for a ping at once.
    private static func ping(_ path: String) async throws -> Answer {
        let answer = try await OwnThread.run {
            let socket = try UnixSocket(path: path, as: greedy)
            defer { socket.close() }
            try socket.send(frame: Client.request("ping"), within: .seconds(10))
            return try socket.receiveFrame(within: .seconds(10)) ?? []
        }
        return try Answer(answer)
    }

    static let users: [Scenario] = [
        Scenario(
            "busy for a user with as many requests in flight as one may, and for no other", .busy,
            .oneConnectionIsSlowed,
            .peerCredentials,
            in: .fresh(
                .init(
                    flags: [
                        "--limits-max-in-flight-per-uid", "4", "--limits-max-in-flight-per-connection", "4",
                        "--limits-max-in-flight", "8",
                    ], isWithoutRedis: true)),
            over: [.socket], severalUsers: true
        ) { world in
            let first = try await world.client(as: greedy)
            let second = try await world.client(as: greedy)
            let other = try await world.client(as: modest)
            let requests = (0..<40).map { Client.request("count", id: String($0)) }
            try await world.withMemoriesLocked {
                async let slowed = first.exchange(requests)
                try await world.waitUntilBlocked(4)
                var refusal: Answer.Failure?
                let isBusy = try await eventually(within: .seconds(10)) {
                    refusal = try await second.call("count", deadlineMs: 50).failure
                    return refusal?.kind == "busy"
                }
                #expect(isBusy)
                #expect((refusal?.data["retryAfterMs"]?.int ?? 0) > 0)
                #expect(refusal?.message.contains("limits.max_in_flight_per_uid") == true)
                #expect(try await second.result("ping") == [:])
                #expect(try await other.result("registerAgent", #"{"agentId":"a"}"#)["created"] == true)
                #expect(world.log.contains("limits.max_in_flight_per_uid"))
                try await world.unlockMemories()
                #expect(try await slowed.allSatisfy { $0.result == ["count": 0] })
            }
            #expect(try await second.result("count") == ["count": 0])
        },
        Scenario(
            "busy for a user with as many connections as one may, and for no other", .busy, .peerCredentials,
            in: .fresh(.init(flags: ["--limits-max-connections-per-uid", "3"])), over: [.socket], severalUsers: true
        ) { world in
            var clients: [Client] = []
            for _ in 0..<3 {
                clients.append(try await world.client(as: greedy))
                try await clients.last?.result("ping")
            }
            let path = try world.daemon.socketPath
            let refusal = try await ping(path).refusal()
            #expect(refusal.kind == "busy" && (refusal.data["retryAfterMs"]?.int ?? 0) > 0)
            #expect(refusal.message.contains("limits.max_connections_per_uid"))
            for _ in 0..<3 { try await world.client(as: modest).result("ping") }
            // A place that is given up is free.
            await clients.removeLast().transport.close()
            let isIn = try await eventually(within: .seconds(10)) {
                try await ping(path).result == [:]
            }
            #expect(isIn)
        },
        Scenario(
            "who may not open the socket can't connect", .noRules, .peerCredentials,
            in: .fresh(.init(flags: ["--socket-mode", "0660", "--socket-group", "60020"])), over: [.socket],
            severalUsers: true
        ) { world in
            for user in [User(uid: 60_003, gid: 60_020), User(uid: 60_003, gid: 60_003, groups: [60_021, 60_020])] {
                let client = try await world.client(as: user)
                #expect(try await client.result("ping") == [:])
            }
            for user in [modest, User(uid: 60_020, gid: 60_002, groups: [60_021])] {
                await #expect(throws: TestFailure.self) { try await world.client(as: user) }
            }
        },
    ]
}
