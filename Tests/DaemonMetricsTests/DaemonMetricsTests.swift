import Maintenance
import MemoryModel
import MemoryService
import MonotonicClock
import PostgresDriver
import SocketServer
import Synchronization
import TestSupport
import Testing
import WireProtocol

@testable import DaemonMetrics

@Suite("All that the daemon measures")
struct DaemonMetricsTests {
    private static let time = Timestamp(microseconds: 1_000_000_500_000) ?? .earliest

    private static func attachAll(_ metrics: DaemonMetrics) {
        let worker = WorkerReport(
            name: "sweeper", schedule: "every 1m", state: .waiting, lastRunAt: time, lastResult: "failed: x",
            lastDuration: .milliseconds(250), nextRunAt: time, successes: 7, failures: 2, problem: "x")
        let health = HealthReport(
            status: .degraded, version: "1", limits: [:], uptimeSeconds: 1,
            store: .init(status: .ok, latencyMilliseconds: 0.5),
            cache: .init(status: .degraded, counters: CacheCounters(hits: 3, misses: 1)))
        metrics.attach { sources in
            sources.server = {
                ServerLoad(
                    connections: .init(now: 3, limit: 512), requests: .init(now: 2, limit: 4_096),
                    bufferedBytes: .init(now: 99, limit: 1_000))
            }
            sources.workers = { [worker] }
            sources.backups = {
                BackupFigures(
                    kinds: [.init(name: "dump", good: 2, bad: 1, newest: .init(createdAt: time, bytes: 5))],
                    wal: .init(
                        isStreaming: true, lagBytes: 0, lagSeconds: nil, receivedPosition: 16_777_216, restarts: 1))
            }
            sources.health = { health }
            sources.statistics = { _ in
                MemoryStatistics(
                    memoriesByAgent: [AgentID("a"), AgentID("b")].reduce(into: [:]) { if let id = $1 { $0[id] = 5 } },
                    tagCount: 4, refreshedAt: time)
            }
        }
    }

    static let expected: [(name: String, labels: [String: String], value: Double?)] = [
        ("build_info", ["version": "9.9", "protocol": "1"], 1), ("connections_open", [:], 3),
        ("requests_in_flight", [:], 2), ("buffered_bytes", [:], 99), ("health", ["status": "degraded"], 1),
        ("health", ["status": "ok"], 0), ("postgres_up", [:], 1), ("postgres_probe_seconds", [:], 0.0005),
        ("cache_up", [:], 0), ("cache_reads_total", ["result": "hit"], 3), ("memories", [:], 10), ("agents", [:], 2),
        ("tags", [:], 4), ("statistics_timestamp_seconds", [:], 1_000_000.5),
        ("worker_problem", ["worker": "sweeper"], 1),
        ("worker_last_run_success", ["worker": "sweeper"], 0),
        ("worker_last_run_duration_seconds", ["worker": "sweeper"], 0.25),
        ("worker_runs_total", ["worker": "sweeper", "result": "failure"], 2),
        ("backups", ["kind": "dump", "state": "bad"], 1), ("backup_newest_bytes", ["kind": "dump"], 5),
        ("backup_newest_timestamp_seconds", ["kind": "dump"], 1_000_000.5), ("wal_streaming", [:], 1),
        ("wal_lag_bytes", [:], 0), ("wal_lag_seconds", [:], nil), ("wal_received_position_bytes", [:], 16_777_216),
        ("textfile_failures_total", [:], 0),
    ]

    @Test("everything is told once, in the format, with the instance's name")
    func text() async throws {
        let metrics = DaemonMetrics(version: "9.9", instance: "second")
        Self.attachAll(metrics)
        metrics.waitRecorder()(.milliseconds(3))
        let read = try StrictPrometheusText(await metrics.text())
        for (name, labels, value) in Self.expected {
            let labels = labels.merging(["store": "second"]) { $1 }
            #expect(read.value("brain_memoryd_\(name)", labels) == value, "\(name) \(labels)")
        }
        #expect(read.value("brain_memoryd_postgres_wait_seconds_count", ["store": "second"]) == 1)
        #expect(read.samples.allSatisfy { $0.name.hasPrefix("brain_memoryd_") })
        // Each family says what it is.
        #expect(Set(read.help.keys) == Set(read.types.keys))
    }

    @Test("a daemon that has no parts yet tells of its process")
    func process() async throws {
        let metrics = DaemonMetrics(version: "1")
        let read = try StrictPrometheusText(await metrics.text())
        let again = try StrictPrometheusText(await metrics.text())
        // By it one run of a daemon is told from the next.
        let start = "brain_memoryd_process_start_time_seconds"
        #expect(again.value(start) == read.value(start))
        #expect((read.value("brain_memoryd_process_threads") ?? 0) >= 1)
        #expect((read.value("brain_memoryd_process_open_fds") ?? 0) >= 3)
        #expect((read.value("brain_memoryd_process_resident_memory_bytes") ?? 0) > 1_000_000)
        #expect((read.value("brain_memoryd_process_private_memory_bytes") ?? 0) > 100_000)
        #expect((read.value("brain_memoryd_process_start_time_seconds") ?? 0) > 1_600_000_000)
        #expect(read.value("brain_memoryd_postgres_up") == nil)
    }

    @Test("a program's name may hold anything")
    func stat() {
        let stat = "12 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 250 150 13 14 15 16 21 18 5000 20 300 22\n"
        let rollup = "00-ff ---p 00000000 00:00 0 [rollup]\nRss: 9 kB\nPrivate_Clean: 4 kB\nPrivate_Dirty: 6 kB\n"
        let figures = ProcessFigures(
            stat: stat, rollup: rollup, bootTime: 1_000, units: .init(ticksPerSecond: 100, pageBytes: 4_096))
        #expect(figures.cpuSeconds == 4 && figures.threads == 21 && figures.residentBytes == 300 * 4_096)
        #expect(figures.startTime == 1_050 && figures.privateBytes == 10_240)
        let empty = ProcessFigures(stat: "", rollup: "", bootTime: nil)
        #expect(empty.cpuSeconds == nil && empty.privateBytes == nil && empty.startTime == nil)
    }

    @Test("totals are read now and then, and the last ones are told meanwhile")
    func rememberedTotals() async {
        let remembered = RememberedTotals()
        let start = MonotonicInstant.now
        let reads = Mutex(0)
        func totals(at time: Duration, _ memories: Int64?) async -> Int64? {
            await remembered.totals(now: start + time) {
                reads.withLock { $0 += 1 }
                return memories.map { StoreTotals(memories: $0, agents: 1, tags: 1, refreshedAt: Self.time) }
            }?.memories
        }
        #expect(await totals(at: .zero, nil) == nil)
        // One that failed is not asked for again at once.
        #expect(await totals(at: .seconds(1), 5) == nil)
        #expect(await totals(at: .seconds(2), 5) == 5)
        #expect(await totals(at: .seconds(31), 6) == 5)
        #expect(await totals(at: .seconds(33), nil) == 5)
        #expect(await totals(at: .seconds(36), 7) == 7)
        #expect(reads.withLock { $0 } == 4)
    }
}
