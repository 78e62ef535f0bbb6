// swift-tools-version: 6.2
import PackageDescription

/// Every target of this package treats warnings as errors; dependencies are left alone.
let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// For what each request comes by: an `async` function goes on where its caller is, and not before a look whether it is elsewhere.
/// Only where no actor calls functions that work for long.
let strictOnRequestPath: [SwiftSetting] = strict + [.enableUpcomingFeature("NonisolatedNonsendingByDefault")]

let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let collections = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let systemPackage = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

func module(
    _ name: String, _ dependencies: [Target.Dependency] = [], settings: [SwiftSetting] = strict
) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

func fixture(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Tests/\(name)", swiftSettings: strict)
}

let package = Package(
    name: "brain-memoryd",
    products: [
        .executable(name: "brain-memoryd", targets: ["brain-memoryd"]),
        .executable(name: "brainctl", targets: ["brainctl"]),
        .library(name: "BrainClient", targets: ["BrainClient"]),
        // The pure core, for the fuzzer.
        .library(name: "WireProtocol", targets: ["StrictJSON", "MemoryModel", "WireProtocol"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: ["YAML"]),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.5.0"),
    ],
    targets: [
        // C: a module map and a header each.
        .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CHiredis", providers: [.apt(["libhiredis-dev"])]),
        .systemLibrary(name: "CSystemd", pkgConfig: "libsystemd", providers: [.apt(["libsystemd-dev"])]),
        .target(name: "CPlatform"),

        // Pure: no I/O, no clock reads, no logging.
        module("StrictJSON"),
        module("MemoryModel", ["StrictJSON"]),
        module("WireProtocol", ["MemoryModel", "StrictJSON", nioCore]),

        module("LogEvents", [logging]),

        module("MonotonicClock"),

        // Drivers: the only importers of C modules.
        module("ThreadedIO", ["MonotonicClock", "CPlatform"]),
        module(
            "PostgresDriver", ["MonotonicClock", "LogEvents", "CLibPQ", "ThreadedIO", collections, logging],
            settings: strictOnRequestPath),
        module("SystemdDriver", ["MonotonicClock", "CSystemd", "LogEvents", "ThreadedIO", logging]),
        module(
            "RedisDriver", ["MonotonicClock", "CHiredis", "ThreadedIO", collections], settings: strictOnRequestPath),

        // Behaviour.
        module(
            "MemoryService",
            [
                "MonotonicClock", "LogEvents", "MemoryModel", "StrictJSON", "WireProtocol", collections, logging,
                nioCore,
            ], settings: strictOnRequestPath),
        module("Scheduling", ["MonotonicClock", "MemoryModel", "MemoryService", "WireProtocol"]),
        module(
            "Maintenance",
            [
                "MonotonicClock", "LogEvents", "Backups", "Scheduling", "MemoryModel", "MemoryService",
                "ProcessSupervision",
                "WireProtocol", logging,
            ]),
        module(
            "PostgresRepository",
            [
                "MonotonicClock", "LogEvents", "Scheduling", "MemoryService", "MemoryModel", "StrictJSON",
                "PostgresDriver",
                "SchemaFiles", logging,
            ], settings: strictOnRequestPath),
        .target(
            name: "RedisCache",
            dependencies: ["MonotonicClock", "MemoryService", "MemoryModel", "StrictJSON", "RedisDriver", collections],
            exclude: ["COHERENCE.md"], swiftSettings: strictOnRequestPath),
        module(
            "SocketServer",
            [
                "MonotonicClock", "CPlatform", "MemoryService", "MemoryModel", "StrictJSON", "ThreadedIO",
                "WireProtocol", nioCore,
                nioPosix, collections,
            ], settings: strictOnRequestPath),
        module(
            "ProcessSupervision",
            ["MonotonicClock", "LogEvents", "CPlatform", "ThreadedIO", logging, subprocess, systemPackage]),
        module("ManagedPostgres", ["MonotonicClock", "LogEvents", "ProcessSupervision", logging]),
        module("ManagedRedis", ["LogEvents", "CPlatform", "ProcessSupervision", logging]),
        module(
            "Backups",
            [
                "MonotonicClock", "LogEvents", "CPlatform", "MemoryModel", "ManagedPostgres", "PostgresDriver",
                "ProcessSupervision",
                logging,
                subprocess,
            ]),
        module(
            "DaemonConfiguration",
            [
                "Scheduling", "MemoryModel", "RedisDriver",
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Yams", package: "Yams"),
            ]),
        module("ManualPages"),
        module("PrometheusMetrics", [metrics]),
        module(
            "DaemonMetrics",
            [
                "MonotonicClock", "LogEvents", "Maintenance", "MemoryModel", "MemoryService", "PostgresDriver",
                "ProcessSupervision",
                "PrometheusMetrics", "SocketServer", "WireProtocol", logging, metrics,
            ]),
        module("DaemonLogging", ["MonotonicClock", "LogEvents", "StrictJSON", "ThreadedIO", logging]),
        module("BrainClient", ["MemoryModel", "StrictJSON", "WireProtocol", nioCore, nioPosix, collections]),

        // The schema folder, compiled into the binary.
        .target(
            name: "SchemaFiles", path: "schema", exclude: ["protocol", "queries", "QUERY-PLANS.md", "query-plans.sh"],
            sources: ["SchemaFiles.swift"],
            resources: [
                .embedInCode("migrations/0001_initial.sql"), .embedInCode("migrations/0002_replaced_values.sql"),
                .embedInCode("migrations/0003_maintenance.sql"),
            ],
            swiftSettings: strict),

        // Wiring.
        .executableTarget(
            name: "brain-memoryd",
            dependencies: [
                "MonotonicClock", "Backups", "DaemonConfiguration", "DaemonLogging", "DaemonMetrics", "LogEvents",
                "Maintenance",
                "ManualPages",
                "Scheduling",
                "ManagedPostgres", "ManagedRedis", "MemoryModel", "MemoryService", "PostgresDriver",
                "PostgresRepository", "ProcessSupervision", "RedisCache",
                "RedisDriver", "SocketServer", "SystemdDriver", argumentParser, lifecycle, logging, signals,
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "brainctl", dependencies: ["BrainClient", "ManualPages", argumentParser, nioPosix],
            swiftSettings: strict),

        // What tests are made with: a real PostgreSQL and a real Redis; the daemon as a program and a client that shares
        // no code with it; a folder for managed servers; random input, a repository and a cache in memory.
        fixture("PostgresFixture", ["CLibPQ"]),
        fixture("RedisFixture", ["ThreadedIO"]),
        fixture("DaemonFixture"),
        // Calls a daemon through BrainClient while scenarios restart it.
        .executableTarget(
            name: "restart-client", dependencies: ["BrainClient"], path: "Tests/RestartClient", swiftSettings: strict),
        // What callgrind counts the instructions of.
        .executableTarget(
            name: "micro-benchmarks",
            dependencies: ["MemoryModel", "MemoryService", "StrictJSON", "TestSupport", "WireProtocol", nioCore],
            path: "Tests/MicroBenchmarks", exclude: ["thresholds", "micro.sh"], swiftSettings: strict),
        fixture("SupervisionFixture", ["ProcessSupervision", logging]),
        fixture("TestSupport", ["MonotonicClock", "StrictJSON", "MemoryModel", "MemoryService"]),

        // A folder of tests for each module.
        tests("StrictJSONTests", ["StrictJSON", "TestSupport"]),
        tests("MonotonicClockTests", ["MonotonicClock"]),
        tests("MemoryModelTests", ["MemoryModel", "TestSupport"]),
        tests("WireProtocolTests", ["WireProtocol", "MemoryModel", "StrictJSON", "TestSupport", nioCore]),
        tests(
            "MemoryServiceTests",
            [
                "MonotonicClock", "LogEvents", logging, "MemoryService", "MemoryModel", "StrictJSON", "WireProtocol",
                "TestSupport",
            ]),
        tests(
            "SocketServerTests",
            [
                "MonotonicClock", "SocketServer", "MemoryService", "MemoryModel", "StrictJSON", "WireProtocol",
                "TestSupport", nioCore,
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ]),
        tests("PostgresDriverTests", ["MonotonicClock", "PostgresDriver", "PostgresFixture", logging]),
        tests("RedisDriverTests", ["MonotonicClock", "RedisDriver", "RedisFixture", "TestSupport"]),
        tests(
            "PostgresRepositoryTests",
            [
                "MonotonicClock", "PostgresRepository", "PostgresDriver", "PostgresFixture", "Scheduling",
                "MemoryService",
                "MemoryModel",
                "StrictJSON", "SchemaFiles", logging,
            ]),
        tests(
            "RedisCacheTests",
            [
                "MonotonicClock", "RedisCache", "RedisDriver", "RedisFixture", "MemoryService", "MemoryModel",
                "TestSupport",
            ]),
        tests("ProcessSupervisionTests", ["ProcessSupervision", "SupervisionFixture"]),
        tests("ManagedPostgresTests", ["ManagedPostgres", "ProcessSupervision", "SupervisionFixture"]),
        tests("ManagedRedisTests", ["ManagedRedis", "ProcessSupervision", "SupervisionFixture", logging]),
        tests(
            "MaintenanceTests",
            ["MonotonicClock", "Maintenance", "Backups", "Scheduling", "MemoryModel", "MemoryService", "TestSupport"]),
        tests(
            "SchedulingTests",
            ["MonotonicClock", "Scheduling", "MemoryModel", "MemoryService", "WireProtocol", "TestSupport"]),
        tests(
            "BackupsTests",
            [
                "MonotonicClock", "Backups", "ManagedPostgres", "PostgresDriver", "PostgresFixture",
                "PostgresRepository",
                "ProcessSupervision", "SupervisionFixture", "MemoryModel", "MemoryService", logging,
            ]),
        tests(
            "WALTests",
            [
                "MonotonicClock", "Backups", "ManagedPostgres", "PostgresDriver", "PostgresFixture",
                "ProcessSupervision",
                "SupervisionFixture", "MemoryModel", logging,
            ]),
        tests("LogEventsTests", ["LogEvents", logging]),
        tests("DaemonLoggingTests", ["DaemonLogging", "LogEvents", logging]),
        tests(
            "SystemdDriverTests", ["SystemdDriver", "LogEvents", "ThreadedIO", "DaemonFixture", "TestSupport", logging]),
        tests("PrometheusMetricsTests", ["PrometheusMetrics", "TestSupport", metrics]),
        tests(
            "DaemonMetricsTests",
            [
                "MonotonicClock", "DaemonMetrics", "Maintenance", "MemoryModel", "MemoryService", "PostgresDriver",
                "PrometheusMetrics",
                "SocketServer", "TestSupport", "WireProtocol", logging,
            ]),
        tests("DaemonConfigurationTests", ["DaemonConfiguration", "Scheduling", "MemoryModel"]),
        tests("BrainClientTests", ["BrainClient", nioCore, nioPosix]),
        tests("ManualPagesTests", ["ManualPages"]),
        tests("BrainctlTests", ["brainctl", "BrainClient", argumentParser]),

        // The protocol page, case by case, in process and over the socket; and the daemon, hurt from outside.
        tests(
            "ProtocolTests",
            [
                "MonotonicClock", "DaemonFixture", "PostgresFixture", "RedisFixture", "TestSupport",
                "DaemonConfiguration", "MemoryModel",
                "MemoryService", "PostgresDriver", "PostgresRepository", "WireProtocol", logging,
            ]),
        tests("DaemonTests", ["DaemonFixture", "PostgresFixture", "RedisFixture", "TestSupport"]),

        // Attempts to get an old answer out of two daemons.
        tests(
            "CoherenceTests",
            [
                "MonotonicClock", "DaemonFixture", "PostgresFixture", "RedisFixture", "MemoryModel", "MemoryService",
                "PostgresDriver",
                "PostgresRepository", "RedisDriver", "SocketServer", "WireProtocol", logging,
            ]),
    ],
    swiftLanguageModes: [.v6]
)
