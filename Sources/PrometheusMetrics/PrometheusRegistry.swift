public import CoreMetrics
import Synchronization

/// Keeps what the program records through swift-metrics, as families that Prometheus understands.
///
/// Counters are counters; timers are histograms in seconds; recorders are histograms, or gauges when they don't aggregate;
/// meters are gauges. Recording takes no lock and builds no text: handlers are made once, by name and dimensions, and kept by
/// who records. Names and dimensions are bounded, so that a label with a value for each caller can't fill the memory: a
/// series beyond the bound records into nothing, and is counted in ``refusedSeries``.
public final class PrometheusRegistry: MetricsFactory, Sendable {
    /// The bounds of a registry.
    public enum Limits {
        /// Families.
        public static let families = 256

        /// Series of one family.
        public static let seriesOfFamily = 1_024

        /// Bytes of a label's value; longer ones are cut.
        public static let labelValueBytes = 128
    }

    private struct Family {
        var kind: MetricFamily.Kind
        var series: [[MetricFamily.Label]: any SeriesValue] = [:]
    }

    private struct State {
        var families: [String: Family] = [:]
        var refused = 0
    }

    private let descriptions: [String: MetricDescription]
    private let state = Mutex(State())

    /// Makes an empty registry that knows these families' descriptions. A family without one has no HELP and the standard
    /// buckets.
    public init(descriptions: [MetricDescription] = []) {
        self.descriptions = Dictionary(descriptions.map { ($0.name, $0) }) { first, _ in first }
    }

    /// How many series were refused: too many of a family, or a name that is used for another kind.
    public var refusedSeries: Int { state.withLock { $0.refused } }

    /// What is recorded at this moment, families and series in a lasting order.
    public var families: [MetricFamily] {
        // The lock is for the tables; the values are read without, while others record.
        let families = state.withLock { $0.families }
        return families.sorted { $0.key < $1.key }.map { name, family in
            let description = descriptions[name]
            let series = family.series.filter { description?.showsZero ?? true || !$0.value.isZero }
                .sorted { $0.key.map(\.value).lexicographicallyPrecedes($1.key.map(\.value)) }
            return MetricFamily(
                name, family.kind, help: description?.help ?? "",
                series: series.map { MetricFamily.Series($0.key, $0.value.value) })
        }
    }

    // MARK: MetricsFactory

    /// A counter.
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(label, dimensions, .counter) { _ in CounterSeries() }
    }

    /// A histogram, or with `aggregate` false a gauge.
    public func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        guard aggregate else { return series(label, dimensions, .gauge) { _ in GaugeSeries() } }
        return series(label, dimensions, .histogram) { HistogramSeries(bounds: $0) }
    }

    /// A histogram of seconds.
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(label, dimensions, .histogram) { HistogramSeries(bounds: $0) }
    }

    /// Forgets a counter.
    public func destroyCounter(_ handler: any CounterHandler) { remove(handler) }

    /// Forgets a recorder.
    public func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }

    /// Forgets a timer.
    public func destroyTimer(_ handler: any TimerHandler) { remove(handler) }

    private func series<Handler: SeriesValue>(
        _ label: String, _ dimensions: [(String, String)], _ kind: MetricFamily.Kind,
        _ make: ([Double]) -> Handler
    ) -> Handler {
        let name = MetricName.sanitized(label)
        let labels = Self.labels(dimensions)
        let bounds = descriptions[name]?.bounds ?? MetricDescription.requestSeconds
        return state.withLock { state in
            var family = state.families[name] ?? Family(kind: kind)
            if family.kind == kind, let known = family.series[labels] as? Handler { return known }
            let handler = make(bounds)
            guard family.kind == kind, family.series[labels] == nil, family.series.count < Limits.seriesOfFamily,
                state.families[name] != nil || state.families.count < Limits.families
            else {
                state.refused += 1
                return handler
            }
            family.series[labels] = handler
            state.families[name] = family
            return handler
        }
    }

    /// Sorted by name, each name once: so the order of dimensions makes no other series.
    private static func labels(_ dimensions: [(String, String)]) -> [MetricFamily.Label] {
        let values = Dictionary(dimensions.map { (MetricName.sanitizedLabel($0.0), $0.1) }) { first, _ in first }
        return values.sorted { $0.key < $1.key }.map { name, value in
            guard value.utf8.count > Limits.labelValueBytes else { return MetricFamily.Label(name, value) }
            return MetricFamily.Label(name, String(decoding: value.utf8.prefix(Limits.labelValueBytes), as: UTF8.self))
        }
    }

    private func remove(_ handler: AnyObject) {
        state.withLock { state in
            for (name, family) in state.families {
                guard let labels = family.series.first(where: { $0.value === handler })?.key else { continue }
                state.families[name]?.series[labels] = nil
                return
            }
        }
    }
}
