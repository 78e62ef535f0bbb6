import Scheduling
import MemoryModel
import Testing

@testable import DaemonConfiguration

@Suite struct PrecedenceTests {
    static let cases: [(file: String?, environment: String?, flag: String?, value: Int, source: String)] = [
        (nil, nil, nil, 8, "default"),
        ("3", nil, nil, 3, "FILE:1"),
        (nil, "4", nil, 4, "environment BRAIN_POSTGRES_POOL_SIZE"),
        ("3", "4", nil, 4, "environment BRAIN_POSTGRES_POOL_SIZE"),
        (nil, nil, "5", 5, "flag --postgres-pool-size"),
        ("3", nil, "5", 5, "flag --postgres-pool-size"),
        ("3", "4", "5", 5, "flag --postgres-pool-size"),
    ]

    @Test("flags win over the environment, it over the file, and that over the defaults", arguments: cases)
    func precedence(file: String?, environment: String?, flag: String?, value: Int, source: String) throws {
        let configuration = try Fixture.load(
            yaml: file.map { "postgres.pool_size: \($0)" },
            environment: environment.map { ["BRAIN_POSTGRES_POOL_SIZE": $0] } ?? [:],
            flags: Fixture.managed + (flag.map { ["--postgres-pool-size", $0] } ?? []))
        #expect(configuration.postgres.poolSize == value)
        let shown = configuration.source(of: "postgres.pool_size")?.description ?? "none"
        #expect(shown == source || (source == "FILE:1" && shown.hasSuffix(".yaml:1")))
    }

    @Test("every default reaches its field")
    func defaults() throws {
        let configuration = try Fixture.load()
        #expect(
            configuration.postgres
                == .init(
                    url: nil, poolSize: 8, maxWaiting: 4096, connectTimeout: .seconds(2)))
        #expect(
            configuration.redis
                == .init(
                    url: nil, keyPrefix: "", timeToLive: .seconds(300), maxAnswerBytes: 262_144,
                    localMaxBytes: 16_777_216))
        #expect(
            configuration.managed
                == .init(
                    directory: "/srv/brain", user: "postgres", postgresBindir: nil, runsRedis: true, redisProgram: nil,
                    redisMaxMemoryBytes: 67_108_864))
        #expect(configuration.socket == .init(path: "/srv/brain/brain.sock", mode: 0o660, group: nil))
        #expect(
            configuration.limits
                == .init(
                    maxFrameBytes: 16_777_216, frameTimeout: .seconds(5), maxConnections: 512,
                    maxConnectionsPerUser: 448, maxInFlightPerConnection: 256, maxInFlight: 4_096,
                    maxInFlightPerUser: 3_584, maxQueueWait: .milliseconds(5),
                    maxBufferedBytesPerConnection: 33_554_432,
                    maxBufferedBytes: 536_870_912, maxBufferedBytesPerUser: 469_762_048, shutdownGrace: .seconds(10),
                    defaultDeadline: .seconds(5)))
        #expect(configuration.stats.maxAge == .seconds(60))
        #expect(
            configuration.workers
                == .init(
                    expiryCleanup: .every(seconds: 60), statsRefresh: .every(seconds: 60),
                    cacheCounters: .every(seconds: 60)))
        #expect(
            configuration.backups
                == .init(
                    directory: nil, replicationURL: nil, dump: .daily(.init(hour: 3, minute: 0)),
                    dumpAfterWrites: 1_000_000, dumpsBeforeMigration: true, base: .daily(.init(hour: 2, minute: 0)),
                    wal: .on, verify: .daily(.init(hour: 5, minute: 0)),
                    drill: .weekly(weekday: 1, .init(hour: 4, minute: 0)), keepDaily: 7, keepWeekly: 4, keepMonthly: 6,
                    keepBase: 2, maxAge: .seconds(36 * 3_600), minFreeBytes: 268_435_456))
        #expect(configuration.access == .init(adminGroup: nil, rules: []))
        #expect(configuration.log == .init(level: .info, target: .auto, format: .text, slowRequest: .seconds(1)))
        #expect(
            configuration.metrics == .init(textfileDirectory: nil, textfileInterval: .seconds(15), instance: nil))
        #expect(configuration.source(of: "no.such_key") == nil)
    }

    /// A value for each key that is not its default.
    static let others: [String: String] = [
        "postgres.url": "host=a,b dbname=brain", "postgres.pool_size": "9", "postgres.max_waiting": "10",
        "postgres.connect_timeout_ms": "111", "redis.url": "redis://localhost/2", "redis.key_prefix": "p:",
        "redis.ttl_ms": "1001", "redis.max_answer_bytes": "1025", "cache.local_max_bytes": "1026",
        "managed.redis": "off",
        "managed.redis_program": "/usr/bin/redis-server", "managed.redis_max_memory_bytes": "4194305",
        "managed.directory": "/m",
        "managed.user": "brain",
        "managed.postgres_bindir": "/usr/bin", "socket.path": "/s", "socket.mode": "0600", "socket.group": "agents",
        "limits.max_frame_bytes": "65537", "limits.frame_timeout_ms": "112", "limits.max_connections": "11",
        "limits.max_in_flight_per_connection": "12", "limits.max_in_flight": "14",
        "limits.max_buffered_bytes_per_connection": "65538", "limits.max_buffered_bytes": "65540",
        "limits.max_connections_per_uid": "10", "limits.max_in_flight_per_uid": "13", "limits.max_queue_wait_ms": "116",
        "limits.max_buffered_bytes_per_uid": "65539",
        "limits.shutdown_grace_ms": "113", "limits.default_deadline_ms": "114", "stats.max_age_ms": "115",
        "workers.expiry_cleanup": "every 2h", "workers.stats_refresh": "off", "workers.cache_counters": "every 7s",
        "backups.directory": "/b", "backups.replication_url": "dbname=r", "backups.dump": "monthly 28 23:59",
        "backups.dump_after_writes": "0", "backups.dump_before_migration": "off", "backups.base": "weekly sat 01:02",
        "backups.wal": "strict", "backups.verify": "off", "backups.drill": "daily 00:00", "backups.keep_daily": "1",
        "backups.keep_weekly": "0", "backups.keep_monthly": "3", "backups.keep_base": "5",
        "backups.max_age_hours": "1", "backups.min_free_bytes": "116",
        "access.admin_group": "agents", "access.rules": "uid:1 read:a,b write:c", "log.level": "debug",
        "log.target": "stderr", "log.format": "json", "log.slow_request_ms": "117",
        "metrics.textfile_directory": "/t", "metrics.textfile_interval_ms": "1001",
        "metrics.instance": "second.-_2",
    ]

    static func expectOthers(_ configuration: DaemonConfiguration) {
        #expect(
            configuration.postgres
                == .init(
                    url: "host=a,b dbname=brain", poolSize: 9, maxWaiting: 10, connectTimeout: .milliseconds(111)))
        #expect(
            configuration.redis
                == .init(
                    url: "redis://localhost/2", keyPrefix: "p:", timeToLive: .milliseconds(1_001),
                    maxAnswerBytes: 1_025, localMaxBytes: 1_026))
        #expect(
            configuration.managed
                == .init(
                    directory: "/m", user: "brain", postgresBindir: "/usr/bin", runsRedis: false,
                    redisProgram: "/usr/bin/redis-server", redisMaxMemoryBytes: 4_194_305))
        #expect(configuration.socket == .init(path: "/s", mode: 0o600, group: 2001))
        #expect(
            configuration.limits
                == .init(
                    maxFrameBytes: 65_537, frameTimeout: .milliseconds(112), maxConnections: 11,
                    maxConnectionsPerUser: 10, maxInFlightPerConnection: 12, maxInFlight: 14, maxInFlightPerUser: 13,
                    maxQueueWait: .milliseconds(116),
                    maxBufferedBytesPerConnection: 65_538, maxBufferedBytes: 65_540, maxBufferedBytesPerUser: 65_539,
                    shutdownGrace: .milliseconds(113), defaultDeadline: .milliseconds(114)))
        #expect(configuration.stats.maxAge == .milliseconds(115))
        #expect(
            configuration.workers
                == .init(expiryCleanup: .every(seconds: 7_200), statsRefresh: .off, cacheCounters: .every(seconds: 7)))
        #expect(
            configuration.backups
                == .init(
                    directory: "/b", replicationURL: "dbname=r", dump: .monthly(day: 28, .init(hour: 23, minute: 59)),
                    dumpAfterWrites: nil, dumpsBeforeMigration: false,
                    base: .weekly(weekday: 7, .init(hour: 1, minute: 2)), wal: .strict, verify: .off,
                    drill: .daily(.init(hour: 0, minute: 0)), keepDaily: 1, keepWeekly: 0, keepMonthly: 3, keepBase: 5,
                    maxAge: .seconds(3_600), minFreeBytes: 116))
        #expect(configuration.access.adminGroup == 2001)
        #expect(configuration.access.rules.map(\.subject) == [.uid(1)])
        #expect(configuration.access.rules.first?.read.map(\.description) == ["a", "b"])
        #expect(configuration.access.rules.first?.write.map(\.description) == ["c"])
        #expect(
            configuration.log == .init(level: .debug, target: .stderr, format: .json, slowRequest: .milliseconds(117)))
    }

    @Test("every key can be given by a flag, a variable, and the file in both forms")
    func everyKeyEverywhere() throws {
        let keys = ConfigurationKeys.all
        #expect(Set(keys.map(\.name)) == Set(Self.others.keys))
        func value(_ key: ConfigurationKey) -> String { Self.others[key.name] ?? "" }
        Self.expectOthers(try Fixture.load(flags: keys.flatMap { [$0.flag, value($0)] }))
        Self.expectOthers(try Fixture.load(flags: keys.map { "\($0.flag)=\(value($0))" }))
        let variables = keys.map { ($0.environmentVariable, value($0)) }
        Self.expectOthers(
            try Fixture.load(environment: Dictionary(uniqueKeysWithValues: variables), flags: []))
        let dotted = keys.map { key in
            key.isList ? "\(key.name): [\"\(value(key))\"]" : "\(key.name): \"\(value(key))\""
        }
        Self.expectOthers(try Fixture.load(yaml: dotted.joined(separator: "\n"), flags: []))
        var group = ""
        let nested = dotted.flatMap { line in
            let parts = line.split(separator: ".", maxSplits: 1)
            defer { group = String(parts[0]) }
            return (group == parts[0] ? [] : ["\(parts[0]):"]) + ["  " + parts[1]]
        }
        let yaml = nested.joined(separator: "\n")
        #expect(yaml.contains("limits:\n  max_frame_bytes:"))
        Self.expectOthers(try Fixture.load(yaml: yaml, flags: []))
    }

    @Test("names of flags and variables follow the key and are unique")
    func names() {
        #expect(ConfigurationKeys.maxFrameBytes.flag == "--limits-max-frame-bytes")
        #expect(ConfigurationKeys.maxFrameBytes.environmentVariable == "BRAIN_LIMITS_MAX_FRAME_BYTES")
        let keys = ConfigurationKeys.all
        #expect(Set(keys.map(\.flag) + ConfigurationKeys.shortFlags.keys).count == keys.count + 2)
        #expect(Set(keys.map(\.environmentVariable)).count == keys.count)
    }

    static let sockets: [(runtime: String?, flags: [String], path: String, source: String)] = [
        (nil, ["--managed", "/m"], "/m/brain.sock", "default, from managed.directory"),
        (nil, ["--managed", "m/"], "m/brain.sock", "default, from managed.directory"),
        ("/run/brain", ["--managed", "/m"], "/run/brain/brain.sock", "default, from $RUNTIME_DIRECTORY"),
        ("/run/a:/run/b", ["--managed", "/m"], "/run/a/brain.sock", "default, from $RUNTIME_DIRECTORY"),
        ("", ["--managed", "/m"], "/m/brain.sock", "default, from managed.directory"),
        ("/run/brain", ["--managed", "/m", "--socket", "/s"], "/s", "flag --socket"),
        (nil, ["--postgres-url", "dbname=x", "--managed", "/m"], "/m/brain.sock", "default, from managed.directory"),
    ]

    @Test("the socket's default place", arguments: sockets)
    func socketPath(runtime: String?, flags: [String], path: String, source: String) throws {
        let environment = runtime.map { ["RUNTIME_DIRECTORY": $0] } ?? [:]
        let configuration = try Fixture.load(environment: environment, flags: flags)
        #expect(configuration.socket.path == path)
        #expect(configuration.source(of: "socket.path")?.description == source)
    }

    @Test(
        "rules in flags and variables",
        arguments: ["uid:1 read:a,b;uid:2 write:*", "uid:1 read:a,b\n uid:2 write:* ;\n"])
    func ruleLists(text: String) throws {
        let subjects: [AccessRule.Subject] = [.uid(1), .uid(2)]
        #expect(try Fixture.load(environment: ["BRAIN_ACCESS_RULES": text]).access.rules.map(\.subject) == subjects)
        let flags = Fixture.managed + ["--access-rules", text]
        #expect(try Fixture.load(flags: flags).access.rules.map(\.subject) == subjects)
        let repeated = flags + ["--access-rules=uid:3 read:a"]
        #expect(try Fixture.load(flags: repeated).access.rules.map(\.subject) == subjects + [.uid(3)])
        let file = try Fixture.load(yaml: "access.rules: ['uid:9 read:z']", environment: ["BRAIN_ACCESS_RULES": text])
        #expect(file.access.rules.map(\.subject) == subjects)
    }
}
