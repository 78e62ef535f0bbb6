import BrainClient

/// What a daemon measured, at one moment.
struct TopSample: Sendable {
    /// When it was asked, in seconds by a clock that only goes on.
    let time: Double

    /// Every series.
    let samples: PrometheusSamples

    /// The busiest agents.
    let agents: [MetricsReport.AgentActivity]

    init(_ report: MetricsReport, time: Double) {
        self.time = time
        samples = PrometheusSamples(report.text)
        agents = report.agents
    }

    static let prefix = "brain_memoryd_"

    /// The value of a series; its name without the prefix that all have.
    func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        samples.value(Self.prefix + name, labels)
    }

    /// The sum over series.
    func sum(_ name: String, _ labels: [String: String] = [:]) -> Double { samples.sum(Self.prefix + name, labels) }

    /// When the daemon was started: tells one run of it from the next.
    var startTime: Double? { value("process_start_time_seconds") }
}

/// Two samples of one run of a daemon, and so what happened between them.
struct TopInterval: Sendable {
    let now: TopSample
    private let before: TopSample?
    private let seconds: Double

    /// `before` counts only when it is of the same run; else what there is counts from the daemon's start.
    init(now: TopSample, before: TopSample?) {
        self.now = now
        if let before, before.startTime == now.startTime, now.time > before.time {
            (self.before, seconds) = (before, now.time - before.time)
        } else {
            self.before = nil
            seconds = 0
        }
    }

    /// Whether there are two samples.
    var isComplete: Bool { before != nil }

    /// How much a counter grew, a second; nil before there are two samples.
    func rate(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        growth(name, labels).map { $0 / seconds }
    }

    /// How much a counter grew between the samples.
    func growth(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        before.map { max(0, now.sum(name, labels) - $0.sum(name, labels)) }
    }

    /// What a histogram took in between the samples; since the daemon's start with one sample only.
    func observed(_ name: String, _ labels: [String: String] = [:]) -> Quantiles {
        now.samples.histogram(TopSample.prefix + name, labels)
            .since(before?.samples.histogram(TopSample.prefix + name, labels))
    }
}
