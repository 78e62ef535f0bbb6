/// The lines above the tables: the daemon as a whole.
struct TopSummary {
    let interval: TopInterval
    let screen: Screen

    private var now: TopSample { interval.now }

    var lines: [String] {
        [
            line("requests", requests), line("cache", cache), line("store", store), line("load", load),
            line("postgres", postgres), line("process", process),
        ]
    }

    private func line(_ name: String, _ parts: [String?]) -> String {
        let padded = name + String(repeating: " ", count: max(1, 10 - name.count))
        return screen.terminal.paint(padded, .dim) + parts.compactMap { $0 }.joined(separator: "   ")
    }

    private var requests: [String?] {
        let latencies = interval.observed("request_duration_seconds")
        let errors = interval.rate("request_errors_total").flatMap { failed in
            interval.rate("refused_requests_total").map { failed + $0 }
        }
        let errorText = "errors \(TopText.rate(errors))/s"
        return [
            "\(TopText.rate(interval.rate("requests_total")))/s",
            (errors ?? 0) > 0 ? screen.terminal.paint(errorText, .red) : errorText,
            "p50 \(TopText.latency(latencies.quantile(0.5)))", "p99 \(TopText.latency(latencies.quantile(0.99)))",
            "\(Numbers.grouped(Int64(now.sum("requests_total")))) in all",
        ]
    }

    private var cache: [String?] {
        guard let isUp = now.value("cache_up") else { return ["none"] }
        let lately = interval.growth("cache_reads_total", ["result": "hit"]).flatMap { hits in
            Self.share(hits, of: interval.growth("cache_reads_total"))
        }
        let ever = Self.share(now.sum("cache_reads_total", ["result": "hit"]), of: now.sum("cache_reads_total"))
        return [
            lately.map { "\($0) hits" } ?? "no reads", ever.map { "\($0) since the start" },
            isUp == 1 ? nil : screen.terminal.paint("not in use", .yellow),
        ]
    }

    private static func share(_ part: Double, of whole: Double?) -> String? {
        guard let whole, whole > 0 else { return nil }
        return "\(Numbers.fixed(part / whole * 100, digits: 1)) %"
    }

    private var store: [String?] {
        guard let memories = now.value("memories"), let agents = now.value("agents") else { return ["not known"] }
        let backup = now.value("backup_newest_timestamp_seconds", ["kind": "dump"]).map { seconds in
            "newest dump \(RelativeTime.span(seconds: Int64(max(0, screen.seconds - seconds)))) old"
        }
        let lag = now.value("wal_lag_bytes").map { "WAL \(Numbers.bytes(Int64($0))) behind" }
        return [
            Numbers.counted(Int64(memories), "memory", "memories") + " of "
                + Numbers.counted(Int64(agents), "agent", "agents"), backup, lag,
        ]
    }

    private var load: [String?] {
        func measure(_ name: String, _ limit: String) -> String {
            guard let value = now.value(name), let limit = now.value(limit) else { return "?" }
            return "\(Numbers.grouped(Int64(value))) of \(Numbers.grouped(Int64(limit)))"
        }
        return [
            "connections \(measure("connections_open", "connections_limit"))",
            "in flight \(measure("requests_in_flight", "requests_in_flight_limit"))",
            "buffered \(Numbers.bytes(Int64(now.value("buffered_bytes") ?? 0)))",
        ]
    }

    private var postgres: [String?] {
        let isUp = now.value("postgres_up") == 1
        let busy = now.value("postgres_connections", ["state": "busy"]) ?? 0
        let waits = interval.observed("postgres_wait_seconds")
        return [
            isUp ? "up" : screen.terminal.paint("down", .red),
            "busy \(Int64(busy)) of \(Int64(now.value("postgres_connections_limit") ?? 0))",
            "waiting \(Numbers.grouped(Int64(now.value("postgres_waiting_requests") ?? 0)))",
            "wait p99 \(TopText.latency(waits.quantile(0.99)))",
        ]
    }

    private var process: [String?] {
        func bytes(_ name: String) -> String { now.value(name).map { Numbers.bytes(Int64($0)) } ?? "?" }
        let cpu = interval.rate("process_cpu_seconds_total").map { "\(Numbers.fixed($0 * 100, digits: 1)) %" } ?? "-"
        return [
            "cpu \(cpu)", "private \(bytes("process_private_memory_bytes"))",
            "rss \(bytes("process_resident_memory_bytes"))", "fds \(Int64(now.value("process_open_fds") ?? 0))",
            "threads \(Int64(now.value("process_threads") ?? 0))",
        ]
    }
}
