import PrometheusMetrics

/// Collects families whose values are looked up when somebody asks, rather than recorded as things happen. What is not
/// known has no series.
struct SampledFamilies {
    private(set) var families: [MetricFamily] = []

    /// A number that goes up and down.
    mutating func gauge(_ name: String, _ help: String, _ value: Double?) {
        add(name, .gauge, help, [("", value)], label: nil)
    }

    /// The same for several series, each with its label's value.
    mutating func gauge(_ name: String, _ help: String, by label: String, _ values: [(String, Double?)]) {
        add(name, .gauge, help, values, label: label)
    }

    /// A number that only grows.
    mutating func counter(_ name: String, _ help: String, _ value: Double?) {
        add(name, .counter, help, [("", value)], label: nil)
    }

    /// The same for several series.
    mutating func counter(_ name: String, _ help: String, by label: String, _ values: [(String, Double?)]) {
        add(name, .counter, help, values, label: label)
    }

    /// Series with labels of their own.
    mutating func add(_ name: String, _ kind: MetricFamily.Kind, _ help: String, _ series: [MetricFamily.Series]) {
        families.append(MetricFamily(MetricCatalog.prefix + name, kind, help: help, series: series))
    }

    private mutating func add(
        _ name: String, _ kind: MetricFamily.Kind, _ help: String, _ values: [(String, Double?)], label: String?
    ) {
        add(
            name, kind, help,
            values.compactMap { labelValue, value in
                value.map {
                    MetricFamily.Series(label.map { [MetricFamily.Label($0, labelValue)] } ?? [], .number($0))
                }
            })
    }
}

extension Double {
    /// 1 for true, as Prometheus has it.
    init(_ isTrue: Bool) { self = isTrue ? 1 : 0 }

    /// An integer, when there is one.
    init?(_ integer: (some BinaryInteger)?) {
        guard let integer else { return nil }
        self = Double(integer)
    }
}
