public import CoreMetrics
import MemoryModel
public import MemoryService
import MonotonicClock
import PostgresDriver
import PrometheusMetrics
import SocketServer
import Synchronization
public import WireProtocol

/// Everything that the daemon measures: what was recorded as it happened, and what is looked up when somebody asks. Nothing
/// here has a timer: a daemon that nobody asks does nothing for it.
public final class DaemonMetrics: MetricsSource {
    /// Counts what is observed. It is one of the daemon's observers.
    public let observer: MetricsObserver

    private let registry: PrometheusRegistry
    private let version: String
    private let labels: [MetricFamily.Label]
    private let sources = Mutex(MetricsSources())
    private let remembered = RememberedTotals()
    private let textfileFailures: Counter

    /// How long PostgreSQL may take to tell the totals.
    private static let totalsTimeout = Duration.milliseconds(500)

    /// Measures nothing yet. `instance` names this daemon among several on one machine, as the label `store` of each
    /// series; nil for the only one.
    public init(version: String, instance: String? = nil) {
        self.version = version
        labels = instance.map { [MetricFamily.Label("store", $0)] } ?? []
        let registry = PrometheusRegistry(descriptions: MetricCatalog.descriptions)
        self.registry = registry
        observer = MetricsObserver(factory: registry)
        textfileFailures = Counter(label: MetricCatalog.textfileFailures, dimensions: [], factory: registry)
    }

    /// Where swift-metrics records to.
    public var factory: any MetricsFactory { registry }

    /// Takes what a part of the daemon offers to be looked up, as soon as there is that part.
    public func attach(_ change: (inout MetricsSources) -> Void) {
        sources.withLock { change(&$0) }
    }

    /// Told how long each request waited for a connection to PostgreSQL.
    public func waitRecorder() -> @Sendable (Duration) -> Void {
        let timer = Timer(label: MetricCatalog.postgresWait, dimensions: [], factory: registry)
        return { timer.recordNanoseconds($0.nanoseconds) }
    }

    /// Takes note that the textfile could not be written.
    func textfileFailed() { textfileFailures.increment() }

    /// The series as text, and the busiest agents.
    public func report() async -> MetricsReport {
        MetricsReport(text: await text(), agents: observer.busiestAgents(MetricsReport.maximumAgents))
    }

    /// The series in Prometheus' text format.
    public func text() async -> String {
        PrometheusText.render(registry.families + (await sampled()), labels: labels)
    }

    private func sampled() async -> [MetricFamily] {
        let sources = sources.withLock { $0 }
        // Both wait for PostgreSQL, so they wait together.
        async let health = sources.health?()
        async let totals = totals(sources)
        var sampled = SampledFamilies()
        sampled.build(version: version)
        sampled.process(.own())
        sampled.counter(
            "metrics_refused_series_total", "Series that were left out because there were too many.",
            Double(registry.refusedSeries))
        if let load = sources.server?() { sampled.server(load) }
        if let pool = sources.pool?() { sampled.pool(pool) }
        if let workers = sources.workers?() { sampled.workers(workers) }
        if let backups = sources.backups?() { sampled.backups(backups) }
        if let health = await health { sampled.health(health) }
        if let totals = await totals { sampled.store(totals) }
        return sampled.families
    }

    private func totals(_ sources: MetricsSources) async -> StoreTotals? {
        guard let statistics = sources.statistics else { return nil }
        return await remembered.totals(now: .now) {
            await statistics(.now + Self.totalsTimeout).map { StoreTotals($0) }
        }
    }
}
