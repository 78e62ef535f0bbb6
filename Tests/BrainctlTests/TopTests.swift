import BrainClient
import Testing

@testable import brainctl

@Suite struct TopTests {
    private static let now = Timestamp(rfc3339: "2026-01-02T12:00:00Z") ?? .earliest

    private static func screen(_ width: Int, colors: Bool = false) -> Screen {
        Screen(terminal: Terminal(isInteractive: true, width: width, hasColors: colors), now: now)
    }

    /// A daemon's text with so many reads and errors, started so many hours ago.
    private static func report(reads: Int, errors: Int, hits: Int, slow: Int, hoursAgo: Double = 3.2) -> MetricsReport {
        let start = Double(now.microseconds) / 1e6 - hoursAgo * 3_600
        var lines = [
            "# HELP brain_memoryd_requests_total \"Requests\" {and more}",
            "# TYPE brain_memoryd_requests_total counter",
            #"brain_memoryd_build_info{version="1.2.3",protocol="1"} 1"#,
            "brain_memoryd_process_start_time_seconds \(start)",
            "brain_memoryd_process_cpu_seconds_total \(Double(reads) / 10_000)",
            "brain_memoryd_process_private_memory_bytes 15728640", "brain_memoryd_process_open_fds 40",
            #"brain_memoryd_health{status="ok"} 0"#, #"brain_memoryd_health{status="degraded"} 1"#,
            #"brain_memoryd_requests_total{method="get",result="ok"} \#(reads - errors)"#,
            #"brain_memoryd_requests_total{method="get",result="busy"} \#(errors)"#,
            #"brain_memoryd_requests_total{method="ping",result="ok"} 5"#,
            #"brain_memoryd_requests_total{method="clear",result="ok"} 0"#,
            #"brain_memoryd_request_errors_total{kind="busy"} \#(errors)"#,
            #"brain_memoryd_refused_requests_total{reason="parse_error"} 0"#,
            #"brain_memoryd_request_duration_seconds_bucket{method="get",le="0.001"} \#(reads - slow)"#,
            #"brain_memoryd_request_duration_seconds_bucket{method="get",le="0.1"} \#(reads)"#,
            #"brain_memoryd_request_duration_seconds_bucket{method="get",le="+Inf"} \#(reads)"#,
            #"brain_memoryd_cache_up 1"#, #"brain_memoryd_cache_reads_total{result="hit"} \#(hits)"#,
            #"brain_memoryd_cache_reads_total{result="miss"} \#(reads - hits)"#, "brain_memoryd_memories 12345",
            "brain_memoryd_agents 17", "brain_memoryd_connections_open 3", "brain_memoryd_connections_limit 512",
            "brain_memoryd_requests_in_flight 2", "brain_memoryd_requests_in_flight_limit 4096",
            "brain_memoryd_postgres_up 1", #"brain_memoryd_postgres_connections{state="busy"} 2"#,
            "brain_memoryd_postgres_connections_limit 8",
        ]
        for worker in ["backup-dump", "expiry-cleanup"] {
            lines += [
                #"brain_memoryd_worker_running{worker="\#(worker)"} 0"#,
                #"brain_memoryd_worker_last_run_timestamp_seconds{worker="\#(worker)"} \#(start)"#,
                #"brain_memoryd_worker_last_run_duration_seconds{worker="\#(worker)"} 0.25"#,
                #"brain_memoryd_worker_runs_total{worker="\#(worker)",result="failure"} 2"#,
            ]
        }
        let agents = ["alice", "bob"].compactMap { AgentID($0) }.map {
            MetricsReport.AgentActivity(agentID: $0, requests: 120.4, errors: 0)
        }
        return MetricsReport(text: lines.joined(separator: "\n") + "\n", agents: agents)
    }

    private static let before = TopSample(report(reads: 1_000, errors: 0, hits: 500, slow: 0), time: 100)
    private static let after = TopSample(report(reads: 3_000, errors: 20, hits: 2_300, slow: 40), time: 102)

    private static func lines(
        _ now: TopSample?, _ before: TopSample?, problem: String? = nil, width: Int = 80, height: Int? = 24
    ) -> [String] {
        TopView(
            interval: now.map { TopInterval(now: $0, before: before) }, problem: problem, screen: screen(width),
            height: height
        ).lines
    }

    @Test func itShowsWhatHappenedBetweenTwoSamples() throws {
        let lines = Self.lines(Self.after, Self.before)
        #expect(lines[0] == "brain-memoryd 1.2.3  up 3 h 12 min  degraded  2026-01-02 12:00:00 UTC")
        #expect(lines[1] == "requests  1,000/s   errors 10.0/s   p50 510 µs   p99 50.5 ms   3,005 in all")
        #expect(lines[2] == "cache     90.0 % hits   76.7 % since the start")
        #expect(lines[3] == "store     12,345 memories of 17 agents")
        #expect(lines[4] == "load      connections 3 of 512   in flight 2 of 4,096   buffered 0 B")
        #expect(lines[5] == "postgres  up   busy 2 of 8   waiting 0   wait p99 -")
        #expect(lines[6] == "process   cpu 10.0 %   private 15.0 MiB   rss ?   fds 40   threads 0")
        let get = try #require(lines.first { $0.hasPrefix("get ") })
        #expect(
            get.split(separator: " ").map(String.init) == ["get", "1,000", "10.0", "510", "µs", "50.5", "ms", "3,000"])
        // The quiet one comes after; one that was never called not at all.
        #expect(lines.contains { $0.hasPrefix("ping ") } && !lines.contains { $0.hasPrefix("clear") })
        let alice = try #require(lines.first { $0.hasPrefix("alice") })
        #expect(alice.contains(" 120 ") && alice.contains("backup-dump     3 h  250 ms  -"))
    }

    @Test(arguments: [(80, 24), (80, 10), (40, 24), (20, 5), (200, 60), (1, 1)])
    func itFitsTheWindow(width: Int, height: Int) {
        for (now, before, problem) in [
            (Self.after, Self.before, nil), (Self.after, nil, String(repeating: "long ", count: 99)),
            (nil, nil, "away"),
            (nil, nil, nil),
        ] as [(TopSample?, TopSample?, String?)] {
            for colors in [false, true] {
                let view = TopView(
                    interval: now.map { TopInterval(now: $0, before: before) }, problem: problem,
                    screen: Self.screen(width, colors: colors), height: height)
                #expect(view.lines.count <= height)
                #expect(view.lines.allSatisfy { TopText.visibleWidth($0) <= width })
            }
        }
    }

    @Test(
        arguments: [
            (nil, 5, 8, 5, 8), (17, 5, 8, 5, 8), (16, 5, 8, 5, 7), (17, 20, 8, 7, 6), (17, 2, 20, 2, 11),
            (6, 5, 8, 1, 1),
            (5, 5, 8, 3, 0), (4, 5, 8, 2, 0), (2, 5, 8, 0, 0), (-3, 5, 8, 0, 0), (17, 0, 3, 0, 3),
        ] as [(Int?, Int, Int, Int, Int)])
    func twoTablesShareTheLines(lines: Int?, above: Int, below: Int, shownAbove: Int, shownBelow: Int) {
        let shown = TopView.share(lines, above: above, below: below)
        #expect(shown == (shownAbove, shownBelow))
        if let lines, lines > 0 {
            #expect([shown.above, shown.below].reduce(0) { $1 > 0 ? $0 + $1 + 2 : $0 } <= lines)
        }
    }

    @Test func aRestartBeginsAnew() {
        let restarted = TopSample(
            Self.report(reads: 10, errors: 0, hits: 5, slow: 0, hoursAgo: 0.001), time: 104)
        #expect(TopInterval(now: restarted, before: Self.after).isComplete == false)
        let lines = Self.lines(restarted, Self.after)
        #expect(lines[0].contains("up 3 s") && lines[1].hasPrefix("requests  -/s   errors -/s"))
        #expect(lines[2] == "cache     no reads   50.0 % since the start")
    }

    @Test func aDaemonThatIsAwayIsToldOfBesideWhatWasKnown() {
        #expect(Self.lines(nil, nil, problem: "gone\u{1B}[2J")[1] == "gone\u{FFFD}[2J")
        let lines = Self.lines(Self.after, Self.before, problem: "gone", width: 200)
        #expect(lines[1] == "not reachable: gone" && lines[2].hasPrefix("requests  1,000/s"))
        #expect(Self.lines(nil, nil)[1] == "asking…")
    }

    @Test func nothingIsShownThatSteersTheTerminal() {
        let report = MetricsReport(text: "brain_memoryd_build_info{version=\"\u{1B}[2J\"} 1\n")
        let sample = TopSample(report, time: 1)
        #expect(Self.lines(sample, nil).allSatisfy { !$0.contains("\u{1B}") })
    }

    @Test(
        arguments: [
            ([0.001: 10.0, 0.01: 10, .infinity: 10], 0.5, 0.0005), ([0.001: 0, 0.01: 10, .infinity: 10], 0.5, 0.0055),
            ([0.001: 5, 0.01: 10, .infinity: 10], 0.5, 0.001), ([0.001: 0, 0.01: 0, .infinity: 7], 0.99, 0.01),
            ([0.001: 0, .infinity: 0], 0.5, nil), ([:], 0.5, nil),
        ] as [([Double: Double], Double, Double?)])
    func quantiles(buckets: [Double: Double], q: Double, expected: Double?) {
        let value = Quantiles(cumulative: buckets).quantile(q)
        #expect(value.map { ($0 * 1e9).rounded() } == expected.map { ($0 * 1e9).rounded() })
    }

    @Test func aTextIsReadWhateverItsLabelsHold() {
        let samples = PrometheusSamples(
            "# HELP x\nx{a=\"1\\\"\\\\\\n}, \",b=\"é\"} 2.5\nx 7\nx{broken 3\nx{a=\"1} 4\nx\ny +Inf\n")
        #expect(samples.all("x").map(\.value) == [2.5, 7])
        #expect(samples.value("x", ["b": "é"]) == 2.5 && samples.all("x").first?.labels["a"] == "1\"\\\n}, ")
        #expect(samples.value("y") == .infinity && samples.sum("x") == 9.5 && samples.value("z") == nil)
    }

    @Test(
        arguments: [
            (nil, "-"), (0, "0"), (0.04, "0.0"), (12.34, "12.3"), (1_234.6, "1,235"),
        ] as [(Double?, String)])
    func rates(rate: Double?, text: String) {
        #expect(TopText.rate(rate) == text)
    }

    @Test(
        arguments: [
            (nil, "-"), (0.0000994, "99 µs"), (0.0123, "12.3 ms"), (0.5, "500 ms"), (2.5, "2.5 s"),
        ] as [(Double?, String)])
    func latencies(seconds: Double?, text: String) {
        #expect(TopText.latency(seconds) == text)
    }
}
