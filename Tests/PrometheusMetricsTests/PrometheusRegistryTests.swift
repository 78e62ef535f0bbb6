import CoreMetrics
import PrometheusMetrics
import TestSupport
import Testing

@Suite("The registry behind swift-metrics")
struct PrometheusRegistryTests {
    private static func read(_ registry: PrometheusRegistry) throws -> StrictPrometheusText {
        try StrictPrometheusText(PrometheusText.render(registry.families))
    }

    @Test("each kind of swift-metrics has its own, and a series is one whatever the order of its dimensions")
    func kinds() throws {
        let registry = PrometheusRegistry(descriptions: [
            .init("hits_total", "Hits."), .init("size_bytes", "", bounds: [10, 100]),
        ])
        for dimensions in [[("a", "1"), ("b", "2")], [("b", "2"), ("a", "1")]] {
            Counter(label: "hits_total", dimensions: dimensions, factory: registry).increment(by: 3)
        }
        Gauge(label: "depth", dimensions: [], factory: registry).record(2.5)
        let size = Recorder(label: "size_bytes", dimensions: [], aggregate: true, factory: registry)
        for value in [10.0, 10.5, 100, 101] { size.record(value) }
        size.record(Double.nan)
        Timer(label: "took.seconds", dimensions: [("le", "x")], factory: registry).recordMilliseconds(1)
        let read = try Self.read(registry)
        #expect(read.value("hits_total", ["a": "1", "b": "2"]) == 6)
        #expect(read.help["hits_total"] == "Hits." && read.types["depth"] == "gauge")
        #expect(read.value("depth") == 2.5)
        // A bound belongs to the bucket below it.
        #expect(["10", "100", "+Inf"].map { read.value("size_bytes_bucket", ["le": $0]) } == [1, 3, 4])
        #expect(read.value("size_bytes_sum") == 221.5)
        #expect(read.value("took_seconds_bucket", ["le_": "x", "le": "0.001"]) == 1)
        #expect(read.value("took_seconds_bucket", ["le_": "x", "le": "0.0005"]) == 0)
        #expect(read.value("took_seconds_sum", ["le_": "x"]) == 0.001)
    }

    @Test("series without an event are left out where that is wanted")
    func zeros() throws {
        let registry = PrometheusRegistry(descriptions: [.init("quiet_total", "", showsZero: false)])
        for result in ["ok", "busy"] {
            let counter = Counter(label: "quiet_total", dimensions: [("result", result)], factory: registry)
            if result == "ok" { counter.increment() }
            _ = Counter(label: "loud_total", dimensions: [("result", result)], factory: registry)
        }
        #expect(try Self.read(registry).samples.map(\.name) == ["loud_total", "loud_total", "quiet_total"])
    }

    @Test("a label with a value for everyone fills no memory, and a name has one kind")
    func bounds() throws {
        let registry = PrometheusRegistry()
        let limit = PrometheusRegistry.Limits.seriesOfFamily
        for number in 0..<(limit + 10) {
            Counter(label: "many_total", dimensions: [("n", "\(number)")], factory: registry).increment()
        }
        #expect(registry.families.first?.series.count == limit && registry.refusedSeries == 10)
        Gauge(label: "many_total", dimensions: [], factory: registry).record(1)
        #expect(registry.families.count == 1 && registry.refusedSeries == 11)
        let long = String(repeating: "x", count: 1_000)
        Counter(label: "long_total", dimensions: [("n", long)], factory: registry).increment()
        #expect(
            try Self.read(registry).samples.first?.labels["n"]?.utf8.count == PrometheusRegistry.Limits.labelValueBytes)
    }

    @Test("what is destroyed is forgotten")
    func destruction() {
        let registry = PrometheusRegistry()
        let counter = Counter(label: "a_total", dimensions: [], factory: registry)
        let timer = Timer(label: "a_seconds", dimensions: [], factory: registry)
        counter.destroy()
        #expect(registry.families.map(\.series.count) == [1, 0])
        timer.destroy()
        #expect(registry.families.map(\.series.count) == [0, 0])
    }

    @Test("nothing that is recorded at once is lost")
    func concurrency() async throws {
        let registry = PrometheusRegistry()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for index in 0..<2_500 {
                        Counter(label: "n_total", dimensions: [("i", "\(index % 3)")], factory: registry).increment()
                        Timer(label: "t_seconds", dimensions: [], factory: registry).recordNanoseconds(1_000_000)
                    }
                }
            }
        }
        let read = try Self.read(registry)
        #expect(read.samples.filter { $0.name == "n_total" }.reduce(0) { $0 + $1.value } == 10_000)
        #expect(read.value("t_seconds_count") == 10_000)
        #expect(abs((read.value("t_seconds_sum") ?? 0) - 10) < 1e-6)
    }
}
