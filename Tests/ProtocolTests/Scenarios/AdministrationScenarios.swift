import DaemonFixture
import PostgresFixture
import Testing

/// Administrative methods, and what everyone may do where no rules are.
extension Scenario {
    private static let someone = User(uid: 60_001, gid: 60_001)
    private static let administrator = User(uid: 60_005, gid: 60_005, groups: [60_010])

    private static func store(_ client: Client, _ id: String, _ agent: String) async throws {
        try await client.result("store", #"{"record":{"id":"\#(id)","agentId":"\#(agent)","context":{}}}"#)
    }

    private static func expectNoAdministrator(_ client: Client) async throws {
        let calls = [
            ("clear", #"{"all":true}"#), ("cleanupExpired", "{}"), ("runWorker", #"{"name":"expiry-cleanup"}"#),
            ("listBackups", "{}"), ("verifyBackup", "{}"), ("getMetrics", "{}"),
        ]
        for (method, params) in calls {
            #expect(try await client.refusal(method, params).kind == "permission_denied")
        }
    }

    static let administration: [Scenario] = [
        Scenario(
            "without rules everyone may act for every agent, but administer nothing", .noRules, .administrators,
            .permissionDenied, .peerCredentials, in: .fresh(.init()), severalUsers: true
        ) { world in
            let client = try await world.client(as: someone)
            try await store(world.client, "a", "alice")
            try await store(client, "a", "bob")
            try await store(client, "b", "carol")
            #expect(try await client.memory("a")?["version"] == 2)
            #expect(try await client.ids("{}").count == 2)
            #expect(try await client.result("clear", #"{"agentId":"bob"}"#) == ["deleted": 1])
            #expect(try await client.result("registerAgent", #"{"agentId":"dora"}"#)["created"] == true)
            try await expectNoAdministrator(client)
            #expect(try await client.memory("b") != nil)
        },
        Scenario(
            "root and the admin group may administer", .administrators, .peerCredentials,
            in: .fresh(.init(flags: ["--access-admin-group", "60010"])), severalUsers: true
        ) { world in
            for user in [administrator, User(uid: 60_006, gid: 60_010), User(uid: 0, gid: 0)] {
                let client = try await world.client(as: user)
                try await store(client, "a", "alice")
                #expect(try await client.result("cleanupExpired") == ["deleted": 0])
                #expect(try await client.result("clear", #"{"all":true}"#) == ["deleted": 1])
            }
            try await expectNoAdministrator(try await world.client(as: someone))
        },
        Scenario(
            "an administrator bound by rules clears what it may write", .administrators, .boundCallers,
            in: .fresh(.init(flags: ["--access-admin-group", "60010", "--access-rules", "uid:60005 write:team-*"])),
            severalUsers: true
        ) { world in
            try await store(world.client, "a", "alice")
            try await store(world.client, "t", "team-1")
            let client = try await world.client(as: administrator)
            #expect(try await client.result("clear", #"{"all":true}"#) == ["deleted": 1])
            #expect(try await world.client.ids("{}") == ["a"])
            // In the admin group, though no rule lets it read or write.
            let other = try await world.client(as: User(uid: 60_007, gid: 60_010))
            #expect(try await other.result("clear", #"{"all":true}"#) == ["deleted": 0])
            #expect(try await world.client.ids("{}") == ["a"])
        },
        Scenario(
            "in_progress while a worker is at work, in another daemon perhaps", .inProgress, .unsupported,
            in: .fresh(.init()), over: [.socket]
        ) { world in
            let client = world.client
            let cleanup = #"{"name":"expiry-cleanup"}"#
            let begun = try await eventually(within: .seconds(10)) {
                try await client.call("runWorker", cleanup).result != nil
            }
            #expect(begun)
            let ended = try await eventually(within: .seconds(10)) {
                let workers = try await client.result("getWorkers")["workers"]?.array ?? []
                return workers.contains { $0["name"] == "expiry-cleanup" && $0["state"] == "waiting" }
            }
            #expect(ended)
            try await world.execute(
                """
                UPDATE brain_workers SET holder = 'another daemon', started_at = now(), token = token + 1,
                    lease_until = now() + interval '1 hour'
                WHERE name = 'expiry-cleanup'
                """)
            try await client.expectRefused("in_progress", "runWorker", cleanup)
            try await client.expectRefused("unsupported", "listBackups", "{}")
        },
        Scenario(
            "the daemon's own user may administer", .administrators, .peerCredentials,
            in: .fresh(.init(daemonUser: "postgres")), severalUsers: true
        ) { world in
            let own = try await world.client(as: try User(named: "postgres"))
            try await store(own, "a", "alice")
            #expect(try await own.result("clear", #"{"all":true}"#) == ["deleted": 1])
            #expect(try await own.result("cleanupExpired") == ["deleted": 0])
            try await expectNoAdministrator(try await world.client(as: someone))
        },
    ]
}
