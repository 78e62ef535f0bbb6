import DaemonFixture
import Glibc
import PostgresFixture
import Testing

/// Errors that need a PostgreSQL in trouble.
extension Scenario {
    private static func memory(_ id: String) -> String { #"{"record":{"id":"\#(id)","agentId":"a","context":{}}}"# }

    private static let ownServer = Place.fresh(.init(hasOwnServer: true, isWithoutRedis: true))

    /// A read and a write of every kind.
    private static let reads = [
        ("get", #"{"id":"m"}"#), ("getBatch", #"{"ids":["m"]}"#), ("query", "{}"), ("count", "{}"), ("getStats", "{}"),
        ("listAgents", "{}"), ("getCrossAgentInsights", "{}"), ("queryContext", "{}"),
        ("getAgentMemories", #"{"agentId":"a"}"#),
    ]
    private static let writes = [
        ("store", memory("w")), ("storeBatch", #"{"records":[{"agentId":"a","context":{}}]}"#),
        ("delete", #"{"id":"m"}"#),
        ("clear", #"{"agentId":"a"}"#), ("clear", #"{"all":true}"#), ("registerAgent", #"{"agentId":"a"}"#),
        ("unregisterAgent", #"{"agentId":"a"}"#), ("storeContext", #"{"agentId":"a","context":{}}"#),
        ("cleanupExpired", "{}"),
    ]

    private static func elapsed(_ body: () async throws -> Void) async throws -> Duration {
        let begun = ContinuousClock.now
        try await body()
        return ContinuousClock.now - begun
    }

    static let storeErrors: [Scenario] = [
        Scenario(
            "store_unavailable while PostgreSQL is gone, and well again when it is back", .storeUnavailable, .getHealth,
            in: ownServer
        ) { world in
            let client = world.client
            try await client.result("store", memory("m"))
            try await world.server.kill()
            for (method, params) in reads + writes {
                let time = try await elapsed {
                    try await client.expectRefused("store_unavailable", method, params)
                }
                #expect(time < .seconds(3))
            }
            #expect(try await client.result("ping") == [:])
            #expect(try await client.result("getHealth")["status"] == "unavailable")
            try await world.server.restart()
            let isBack = try await eventually(within: .seconds(10)) {
                try await client.call("get", #"{"id":"m"}"#).result != nil
            }
            #expect(isBack)
            #expect(try await client.memory("m") != nil)
            #expect(try await client.memory("w") == nil)
        },
        Scenario(
            "store_unavailable while PostgreSQL refuses writes", .storeUnavailable,
            in: .fresh(.init(isWithoutRedis: true))
        ) { world in
            let client = world.client
            try await client.result("store", memory("m"))
            func setReadOnly(_ value: String) async throws {
                let name = try await world.execute("SELECT current_database()").first.flatMap(\.self) ?? ""
                try await world.server.execute("ALTER DATABASE \(name) SET default_transaction_read_only = \(value)")
                try await world.breakSessions()
            }
            try await setReadOnly("on")
            let isReadable = try await eventually { try await client.call("get", #"{"id":"m"}"#).result != nil }
            #expect(isReadable)
            for (method, params) in writes {
                try await client.expectRefused("store_unavailable", method, params)
            }
            try await setReadOnly("off")
            let isWritable = try await eventually { try await client.call("store", memory("w")).result != nil }
            #expect(isWritable)
        },
        Scenario(
            "deadline_exceeded at the deadline, and nothing was written", .deadlineExceeded, .deadline,
            in: .fresh(.init(isWithoutRedis: true))
        ) { world in
            let client = world.client
            try await client.result("store", memory("m"))
            try await world.withMemoriesLocked {
                for (method, params) in reads.prefix(4) + [
                    ("store", memory("w")), ("delete", #"{"id":"m"}"#), ("store", memory("m")),
                ] {
                    let time = try await elapsed {
                        let refusal = try await client.refusal(method, params, deadlineMs: 300)
                        #expect(refusal.kind == "deadline_exceeded", "\(method): \(refusal)")
                    }
                    #expect(time > .milliseconds(290) && time < .milliseconds(900), "\(method): \(time)")
                }
            }
            #expect(try await client.memory("m")?["version"] == 1)
            #expect(try await client.memory("w") == nil)
        },
        Scenario(
            "a request without deadlineMs has 5 s", .requestMembers, .deadline, in: .fresh(.init(isWithoutRedis: true))
        ) { world in
            try await world.withMemoriesLocked {
                let time = try await elapsed {
                    try await world.client.expectRefused("deadline_exceeded", "count", deadlineMs: nil)
                }
                #expect(time > .milliseconds(4_950) && time < .milliseconds(5_700))
            }
        },
        Scenario("the deadline counts from the frame's last byte", .deadline, over: [.socket]) { world in
            let path = try world.daemon.socketPath
            try await OwnThread.run {
                let socket = try UnixSocket(path: path)
                defer { socket.close() }
                let frame = UnixSocket.frame(Client.request("count", deadlineMs: 400))
                try socket.send(Array(frame.prefix(20)))
                usleep(600_000)
                try socket.send(Array(frame.dropFirst(20)))
                _ = try Answer(try #require(try socket.receiveFrame(within: .seconds(30)))).success()
            }
        },
        Scenario(
            "commit_unknown when PostgreSQL does not say what became of a write", .commitUnknown, .deadlineExceeded,
            in: .fresh(.init(flags: ["--postgres-pool-size", "1"], hasOwnServer: true, isWithoutRedis: true)),
            run: unknown),
        Scenario(
            "internal is logged with the request id that the answer has", .internalError,
            in: .fresh(.init(isWithoutRedis: true))
        ) {
            world in
            try await world.client.result("store", memory("m"))
            try await world.execute("ALTER TABLE brain_memories RENAME COLUMN importance TO lost")
            try await world.breakSessions()
            _ = try await eventually { try await world.client.call("count").failure?.kind != "store_unavailable" }
            let refusal = try await world.client.refusal("get", #"{"id":"m"}"#)
            #expect(refusal.kind == "internal")
            let requestID = try #require(refusal.data["requestId"]?.string)
            #expect(!requestID.isEmpty)
            let isLogged = try await eventually { world.log.contains(requestID) }
            #expect(isLogged)
        },
    ]

    /// Each with PostgreSQL stopped once the statement is prepared: what is sent then may be carried out later.
    @Sendable private static func unknown(_ world: World) async throws {
        let client = world.client
        try await client.result("store", memory("old"))
        func stopped(after method: String, _ params: String, _ body: () async throws -> Void) async throws {
            let isReady = try await eventually(within: .seconds(20)) {
                try await client.call(method, params).result != nil
            }
            #expect(isReady)
            try await world.server.stop()
            var failure: (any Error)?
            do { try await body() } catch { failure = error }
            try await world.server.resume()
            if let failure { throw failure }
        }
        let context = #"{"agentId":"a","context":{}}"#
        let batch = #"{"records":[{"id":"b","agentId":"a","context":{}},{"id":"a","agentId":"a","context":{}}]}"#
        let named = [
            ("store", memory("warm"), memory("m"), ["m"]), ("delete", #"{"id":"none"}"#, #"{"id":"old"}"#, ["old"]),
            ("storeBatch", #"{"records":[\#(context),\#(context)]}"#, batch, ["b", "a"]),
        ]
        for (method, warm, params, ids) in named {
            try await stopped(after: method, warm) {
                let begun = ContinuousClock.now
                let refusal = try await client.refusal(method, params, deadlineMs: 400)
                #expect(ContinuousClock.now - begun < .milliseconds(1_000))
                #expect(refusal.kind == "commit_unknown", "\(method): \(refusal)")
                #expect(refusal.data["ids"] == .strings(ids))
            }
        }
        var made: [String] = []
        try await stopped(after: "storeContext", context) {
            let refusal = try await client.refusal("storeContext", context, deadlineMs: 400)
            made = refusal.data["ids"].strings
            #expect(refusal.kind == "commit_unknown" && made.count == 1)
        }
        for (method, params) in reads.prefix(4) {
            try await stopped(after: method, params) {
                try await client.expectRefused("deadline_exceeded", method, params, deadlineMs: 300)
            }
        }
        // Reading tells: all of a batch is there, or none.
        let ids = JSONValue.strings(["m", "a", "b"] + made)
        var answer: Answer?
        _ = try await eventually(within: .seconds(20)) {
            answer = try await client.call("getBatch", #"{"ids":\#(ids)}"#)
            return answer?.result != nil
        }
        let memories = try #require(answer).success()["memories"]?.array ?? []
        #expect(memories.count == 4 && memories[1].isNull == memories[2].isNull)
    }
}
