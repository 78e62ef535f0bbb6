import PrometheusMetrics
import TestSupport
import Testing

@Suite("Prometheus' text format")
struct PrometheusTextTests {
    @Test(
        "numbers",
        arguments: [
            (0, "0"), (1, "1"), (-3, "-3"), (0.0001, "0.0001"), (1.5, "1.5"), (.infinity, "+Inf"), (-.infinity, "-Inf"),
            (.nan, "NaN"), (9_007_199_254_740_991, "9007199254740991"), (1e300, "1e+300"),
        ] as [(Double, String)])
    func numbers(value: Double, text: String) {
        #expect(PrometheusText.number(value) == text)
    }

    @Test("a family stands together, sorted by name, with its help escaped")
    func families() throws {
        let text = PrometheusText.render([
            MetricFamily("b_total", .counter, series: [.init([], .number(2))]),
            MetricFamily(
                "a", .gauge, help: "with \\ and\nanother line",
                series: [.init([.init("x", "1")], .number(0.5)), .init([.init("x", "2")], .number(-1))]),
            MetricFamily("empty", .gauge, series: []),
        ])
        #expect(
            text == """
                # HELP a with \\\\ and\\nanother line
                # TYPE a gauge
                a{x="1"} 0.5
                a{x="2"} -1
                # TYPE b_total counter
                b_total 2

                """)
        _ = try StrictPrometheusText(text)
    }

    @Test(
        "a label may hold anything",
        arguments: ["", "a\"b", "a\\", "\\n", "x\ny", "é 日本 👍🏽", "e\u{301}\"", "\r\n", "}, ="])
    func labels(value: String) throws {
        let text = PrometheusText.render([MetricFamily("a", .gauge, series: [.init([.init("x", value)], .number(1))])])
        let read = try StrictPrometheusText(text)
        #expect(
            read.samples.map(\.labels).first.map { Array(($0["x"] ?? "?").unicodeScalars) }
                == Array(value.unicodeScalars))
    }

    @Test("a histogram's buckets are cumulative")
    func histogram() throws {
        let histogram = MetricFamily.Histogram(bounds: [0.1, 1], counts: [3, 0, 2], sum: 7.25)
        let text = PrometheusText.render(
            [MetricFamily("h_seconds", .histogram, series: [.init([.init("m", "get")], .histogram(histogram))])],
            labels: [.init("store", "main")])
        #expect(
            text == """
                # TYPE h_seconds histogram
                h_seconds_bucket{m="get",store="main",le="0.1"} 3
                h_seconds_bucket{m="get",store="main",le="1"} 3
                h_seconds_bucket{m="get",store="main",le="+Inf"} 5
                h_seconds_sum{m="get",store="main"} 7.25
                h_seconds_count{m="get",store="main"} 5

                """)
        _ = try StrictPrometheusText(text)
    }

    @Test("what no reader would take is left out")
    func refused() throws {
        let text = PrometheusText.render([
            MetricFamily("a", .gauge, series: [.init([], .number(1)), .init([], .number(2))]),
            MetricFamily("a", .gauge, series: [.init([], .number(3))]),
            MetricFamily("1a", .gauge, series: [.init([], .number(4))]),
            MetricFamily(
                "b", .gauge, series: [.init([.init("__x", "1"), .init("le", "2"), .init("ok", "3")], .number(5))]),
        ])
        #expect(text == "# TYPE a gauge\na 1\n# TYPE b gauge\nb{ok=\"3\"} 5\n")
        _ = try StrictPrometheusText(text)
    }

    @Test(
        "the reader of the tests is strict",
        arguments: [
            "a 1\n", "# TYPE a gauge\na 1", "# TYPE a gauge\na 1\na 1\n", "# TYPE a gauge\na  1\n",
            "# TYPE a gauge\na{x=\"\\q\"} 1\n", "# TYPE a gauge\n# TYPE b gauge\na 1\n", "# TYPE a counter\na 1\n",
            "# TYPE a histogram\na_bucket{le=\"1\"} 1\na_sum 1\na_count 1\n",
            "# TYPE a histogram\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 2\n", "# TYPE a gauge\n\na 1\n",
        ])
    func strictness(text: String) {
        #expect(throws: StrictPrometheusText.Fault.self) { try StrictPrometheusText(text) }
    }
}
