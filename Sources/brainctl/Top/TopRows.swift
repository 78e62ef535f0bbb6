import BrainClient

/// One method's row.
struct TopMethod {
    let name: String
    let total: Double
    let rate: Double?
    let errorRate: Double?
    let latencies: Quantiles

    init(_ name: String, _ interval: TopInterval) {
        self.name = name
        let labels = ["method": name]
        total = interval.now.sum("requests_total", labels)
        rate = interval.rate("requests_total", labels)
        let answered = interval.rate("requests_total", ["method": name, "result": "ok"])
        errorRate = rate.flatMap { rate in answered.map { max(0, rate - $0) } }
        latencies = interval.observed("request_duration_seconds", labels)
    }
}

/// One worker's row.
struct TopWorker {
    private let name: String
    private let now: TopSample

    init(_ name: String, _ now: TopSample) {
        self.name = name
        self.now = now
    }

    private func value(_ series: String) -> Double? { now.value(series, ["worker": name]) }

    func cells(_ screen: Screen) -> [Table.Cell] {
        func away(_ time: Double?) -> String { TopText.span(time.map { abs($0 - screen.seconds) }) }
        let failures = now.value("worker_runs_total", ["worker": name, "result": "failure"]) ?? 0
        let isWell = value("worker_problem") != 1
        let hasFailed = value("worker_last_run_success") == 0
        let next: Table.Cell =
            value("worker_running") == 1
            ? .init("running", .cyan) : .init(away(value("worker_next_run_timestamp_seconds")))
        return [
            .init(name, isWell ? nil : .yellow),
            .init(away(value("worker_last_run_timestamp_seconds")), hasFailed ? .red : nil),
            .init(value("worker_last_run_duration_seconds").map { WorkersCommand.span(.seconds($0)) } ?? "-"), next,
            .init(Numbers.grouped(Int64(failures))),
        ]
    }
}
