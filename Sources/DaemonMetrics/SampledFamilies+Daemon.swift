import MemoryModel
import PostgresDriver
import PrometheusMetrics
import SocketServer
import WireProtocol

/// The process, the socket and PostgreSQL.
extension SampledFamilies {
    mutating func process(_ figures: ProcessFigures) {
        // Not `process_…` alone: node_exporter, which reads the textfile, has these itself and would refuse all.
        counter("process_cpu_seconds_total", "Processor time used.", figures.cpuSeconds)
        gauge(
            "process_resident_memory_bytes", "Memory in use, with what is shared with other processes.",
            Double(figures.residentBytes))
        gauge(
            "process_private_memory_bytes", "Memory in use that no other process has.", Double(figures.privateBytes))
        gauge("process_open_fds", "Descriptors open.", Double(figures.openDescriptors))
        gauge("process_max_fds", "Descriptors that may be open.", Double(figures.descriptorLimit))
        gauge("process_threads", "Threads.", Double(figures.threads))
        gauge("process_start_time_seconds", "When the daemon was started, since 1970.", figures.startTime)
    }

    mutating func build(version: String) {
        add(
            "build_info", .gauge, "The daemon's version, as labels.",
            [
                .init(
                    [.init("version", version), .init("protocol", String(HealthReport.protocolVersion))], .number(1))
            ])
    }

    mutating func health(_ report: HealthReport) {
        let states: [HealthReport.Status] = [.ok, .degraded, .unavailable]
        gauge(
            "health", "How well the daemon is, by its own word: 1 for the state that it is in.", by: "status",
            states.map { ($0.rawValue, Double($0 == report.status)) })
        gauge("postgres_up", "Whether PostgreSQL answers.", Double(report.store.status == .ok))
        gauge(
            "postgres_probe_seconds", "How long PostgreSQL took to answer a query that reads nothing.",
            report.store.latencyMilliseconds.map { $0 / 1_000 })
        guard report.cache.status != .disabled else { return }
        gauge("cache_up", "Whether reads are answered from the cache.", Double(report.cache.status == .ok))
        let counters = report.cache.counters
        counter(
            "cache_reads_total", "Reads that could be answered from the cache, by whether they were.", by: "result",
            [("hit", Double(counters?.hits)), ("miss", Double(counters?.misses))])
    }

    mutating func server(_ load: ServerLoad) {
        gauge("connections_open", "Connections open.", Double(load.connections.now))
        gauge("connections_limit", "Connections that may be open.", Double(load.connections.limit))
        gauge("requests_in_flight", "Requests that are worked on.", Double(load.requests.now))
        gauge("requests_in_flight_limit", "Requests that may be worked on.", Double(load.requests.limit))
        gauge(
            "buffered_bytes", "Bytes of requests and of answers that were not read yet.", Double(load.bufferedBytes.now)
        )
        gauge("buffered_bytes_limit", "Bytes of them that may be held.", Double(load.bufferedBytes.limit))
    }

    mutating func pool(_ pool: PoolSnapshot) {
        gauge(
            "postgres_connections", "Connections to PostgreSQL, by what they do.", by: "state",
            [("idle", Double(pool.idle)), ("busy", Double(pool.leased)), ("connecting", Double(pool.connecting))])
        gauge("postgres_connections_limit", "Connections to PostgreSQL that there may be.", Double(pool.size))
        gauge("postgres_waiting_requests", "Requests that wait for a connection.", Double(pool.waiting))
    }

    mutating func store(_ totals: StoreTotals) {
        gauge("memories", "Memories kept, as of the last refresh of the statistics.", Double(totals.memories))
        gauge("agents", "Agents with memories, as of then.", Double(totals.agents))
        gauge("tags", "Distinct tags, as of then.", Double(totals.tags))
        gauge(
            "statistics_timestamp_seconds", "When the statistics were refreshed, since 1970.",
            totals.refreshedAt.unixSeconds)
    }
}

extension Timestamp {
    /// Seconds since 1970.
    var unixSeconds: Double { Double(microseconds) / 1e6 }
}
