import DaemonFixture
import Foundation
import PostgresFixture
import RedisFixture
import Synchronization
import Testing

extension CacheTests {
    /// What the cache costs and survives, seen from outside a daemon.
    @Suite(.serialized) struct CacheAcceptanceTests {
        /// How often Redis is killed: `REDIS_KILLS`, 50 unless said otherwise.
        private static let kills = ProcessInfo.processInfo.environment["REDIS_KILLS"].flatMap { Int($0) } ?? 50

        /// How many keys Redis holds while commands are counted: `MONITORED_KEYS`, a million unless said otherwise.
        private static let keys = ProcessInfo.processInfo.environment["MONITORED_KEYS"].flatMap { Int($0) } ?? 1_000_000

        private static func record(_ id: String, _ more: String = "") throws -> JSONValue {
            try JSONValue(
                parsing: #"{"record":{"id":"\#(id)","agentId":"a","context":{"n":1},"tags":["t","u"]\#(more)}}"#)
        }

        // MARK: Redis killed under load

        @Test func killedOverAndOverRedisMakesNoRequestFail() async throws {
            let redis = try await RedisServer.start()
            let url = try await PostgresServer.shared().createDatabase()
            let daemon = try await DaemonProcess.on(postgres: url, .init(flags: ["--redis-url", redis.url]))
            let failures = Failures()
            let load = Task { await Self.load(daemon, failures) }
            var slowest = Duration.zero
            for _ in 0..<Self.kills {
                try await redis.kill()
                try await redis.restart()
                let back = ContinuousClock.now
                let client = try await daemon.connect()
                let isCached = try await eventually(within: .seconds(10), every: .milliseconds(2)) {
                    try await client.call("get", ["id": "constant"])["servedFrom"]?.string == "cache"
                }
                #expect(isCached)
                slowest = max(slowest, .now - back)
            }
            load.cancel()
            let calls = await load.value
            print("Redis killed \(Self.kills) times: \(calls) requests, cached again within \(slowest)")
            #expect(failures.texts.isEmpty, "\(failures.texts.prefix(3))")
            #expect(calls > Self.kills && slowest < .seconds(2))
            #expect(try await daemon.terminate() == .exited(0))
            try await daemon.remove()
            try await redis.shutdown()
        }

        private final class Failures: Sendable {
            private let kept = Mutex<[String]>([])
            var texts: [String] { kept.withLock { $0 } }
            func add(_ text: String) { kept.withLock { $0.append(text) } }
        }

        /// Writes and reads until the task is cancelled; how many requests were answered.
        private static func load(_ daemon: DaemonProcess, _ failures: Failures) async -> Int {
            await withTaskGroup(of: Int.self) { group in
                for worker in 0..<4 {
                    group.addTask {
                        var calls = 0
                        do {
                            let client = try await daemon.connect()
                            _ = try await client.call("store", record("constant")).success()
                            while !Task.isCancelled {
                                _ = try await client.call("store", record("w\(worker)")).success()
                                _ = try await client.call("get", ["id": .string("w\(worker)")]).success()
                                _ = try await client.call("query", ["agentId": "a"]).success()
                                calls += 3
                            }
                        } catch {
                            failures.add("\(error)")
                        }
                        return calls
                    }
                }
                return await group.reduce(0, +)
            }
        }

        // MARK: Commands of a write

        @Test func aWriteCostsTheSameFewCommandsWhateverIsCached() async throws {
            let redis = try await RedisServer.start(arguments: ["--enable-debug-command", "yes"])
            let url = try await PostgresServer.shared().createDatabase()
            let daemon = try await DaemonProcess.on(postgres: url, .init(flags: ["--redis-url", redis.url]))
            let before = try await Self.commands(redis, daemon)
            try redis.command("DEBUG", "POPULATE", "\(Self.keys)", "memory:filler", "64")
            #expect(try redis.command("DBSIZE").count >= Self.keys)
            let after = try await Self.commands(redis, daemon)
            for (write, commands) in after.sorted(by: { $0.key < $1.key }) {
                #expect(commands == before[write], "\(write)")
                #expect(commands.count <= 8, "\(write): \(commands)")
                print("\(write) at \(Self.keys) keys: \(commands.joined(separator: " "))")
            }
            #expect(after.count == 5)
            try await daemon.remove()
            try await redis.shutdown()
        }

        /// The names of the commands that Redis executes for each kind of write, those within scripts included.
        private static func commands(_ redis: RedisServer, _ daemon: DaemonProcess) async throws -> [String: [String]] {
            let client = try await daemon.connect()
            let isCached = try await eventually(within: .seconds(10)) {
                _ = try await client.call("store", record("m")).success()
                return try await client.call("get", ["id": "m"])["servedFrom"]?.string == "cache"
            }
            #expect(isCached)
            // A daemon that has just begun, or had to wait for Redis, takes leases; one that knows itself alone does not.
            let isAlone = try await eventually(within: .seconds(30)) {
                try await !Self.commands(of: "store", record("m"), redis, client).contains("EVALSHA")
            }
            #expect(isAlone)
            let batch: [JSONValue] = (0..<100).map {
                ["id": .string("b\($0)"), "agentId": .string("agent\($0 % 3)"), "context": [:], "tags": ["t"]]
            }
            let writes: [(String, String, JSONValue)] = [
                ("delete", "delete", ["id": "m"]), ("insert", "store", try record("m")),
                ("update", "store", try record("m", #","importance":9"#)),
                ("batch of 100", "storeBatch", ["records": .array(batch)]), ("clear", "clear", ["agentId": "a"]),
            ]
            var commands: [String: [String]] = [:]
            for (name, method, params) in writes {
                commands[name] = try await Self.commands(of: method, params, redis, client)
            }
            return commands
        }

        private static func commands(
            of method: String, _ params: JSONValue, _ redis: RedisServer, _ client: WireClient
        ) async throws -> [String] {
            let monitor = try Monitor(redis)
            try await monitor.waitUntilListening()
            _ = try await client.call(method, params).success()
            // The counters are asked for over the same connection, so what the write did not wait for is done before.
            _ = try await client.call("getStats", [:]).success()
            return try await monitor.commands()
        }

        // MARK: One read for all

        @Test func aThousandMissesOfOneKeyMakeOneQuery() async throws {
            let postgres = try await PostgresServer.start(settings: ["shared_preload_libraries": "pg_stat_statements"])
            let redis = try await RedisServer.start()
            let url = try await postgres.createDatabase()
            try await postgres.execute("CREATE EXTENSION pg_stat_statements", on: url)
            let daemon = try await DaemonProcess.on(postgres: url, .init(flags: ["--redis-url", redis.url]))
            let client = try await daemon.connect()
            _ = try await client.call(
                "storeBatch", ["records": [Self.record("m1")["record"] ?? .null, Self.record("m2")["record"] ?? .null]]
            )
            .success()
            let isInUse = try await eventually(within: .seconds(10)) {
                try await client.call("get", ["id": "none"])["servedFrom"]?.string == "cache"
            }
            #expect(isInUse)
            // A read of one memory has a statement of its own when no other is read with it.
            for (method, params, texts) in [
                ("get", ["id": "m1"] as JSONValue, "'%WITH ORDINALITY%', '%WHERE m.id = $1::text%'"),
                ("query", ["agentId": "a"], "'%candidates AS MATERIALIZED%'"),
            ] {
                try await postgres.execute("SELECT pg_stat_statements_reset()", on: url)
                var clients: [WireClient] = []
                for _ in 0..<8 { clients.append(try await daemon.connect()) }
                let pending = clients.flatMap { client in (0..<125).map { _ in client.begin(method, params) } }
                for call in pending { _ = try await call.answer().success() }
                let calls = "SELECT sum(calls)::text FROM pg_stat_statements WHERE query LIKE ANY (ARRAY[\(texts)])"
                #expect(try await postgres.execute(calls, on: url) == ["1"], "\(method)")
            }
            try await daemon.remove()
            try await redis.shutdown()
            try await postgres.shutdown()
        }
    }
}

extension RawReply {
    fileprivate var count: Int { if case .number(let number) = self { number } else { -1 } }
}

/// Listens to what a Redis executes.
private final class Monitor {
    private let redis: RedisServer
    private let folder: PrivateFolder
    private let process: ChildProcess

    init(_ redis: RedisServer) throws {
        self.redis = redis
        folder = try PrivateFolder()
        process = try ChildProcess(
            ["/usr/bin/redis-cli", "-s", redis.socketPath, "MONITOR"], environment: [:], output: folder.file("out"))
    }

    func waitUntilListening() async throws {
        let isListening = try await eventually { Program.text(of: folder.file("out")).hasPrefix("OK") }
        #expect(isListening)
    }

    /// The commands so far, but for those that go on beside requests; ends the listening.
    func commands() async throws -> [String] {
        try redis.command("ECHO", "the-end")
        let out = folder.file("out")
        #expect(try await eventually { Program.text(of: out).contains("the-end") })
        process.send(signal: SIGKILL)
        _ = try await process.ended(within: .seconds(10))
        let lines = Program.text(of: out).split(separator: "\n").dropFirst()
        try folder.remove()
        // A line is a time, a bracket with the client, and the words in quotes.
        let names = lines.compactMap { $0.split(separator: "\"").dropFirst().first.map { $0.uppercased() } }
        #expect(!names.contains("KEYS") && !names.contains("SCAN"))
        return names.filter { !["ECHO", "PING", "INCRBY"].contains($0) }
    }
}
