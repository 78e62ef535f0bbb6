/// Families as text that Prometheus reads: its text format, version 0.0.4.
///
/// The rules are those of "Exposition formats" in Prometheus' documentation: the lines of a family stand together, HELP and
/// TYPE before its samples and once each; a histogram's buckets are cumulative and end with `+Inf`, which equals `_count`.
public enum PrometheusText {
    /// The text, families sorted by name. `labels` are added to every series. A family or a series that comes twice, which
    /// no reader would take, is left out the second time; so is one whose name breaks the format's rules.
    public static func render(_ families: [MetricFamily], labels: [MetricFamily.Label] = []) -> String {
        var writer = Writer(commonLabels: labels)
        var names: Set<String> = []
        for family in families.sorted(by: { $0.name < $1.name }) where !family.series.isEmpty {
            guard MetricName.isValid(family.name), names.insert(family.name).inserted else { continue }
            writer.family(family)
        }
        return writer.text
    }

    /// A number as the format has it.
    public static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        // Whole numbers without a point, as long as a double holds them exactly.
        if let whole = Int64(exactly: value), whole.magnitude < 1 << 53 { return String(whole) }
        return value.description
    }

    private struct Writer {
        let commonLabels: [MetricFamily.Label]
        var text = ""

        mutating func family(_ family: MetricFamily) {
            if !family.help.isEmpty { text += "# HELP \(family.name) \(Self.escapedHelp(family.help))\n" }
            text += "# TYPE \(family.name) \(family.kind.rawValue)\n"
            var seen: Set<Set<MetricFamily.Label>> = []
            for series in family.series {
                let labels = (series.labels + commonLabels).filter { MetricName.isValidLabel($0.name) }
                guard seen.insert(Set(labels)).inserted else { continue }
                switch series.value {
                case .number(let value): sample(family.name, labels, PrometheusText.number(value))
                case .histogram(let histogram): self.histogram(family.name, labels, histogram)
                }
            }
        }

        private mutating func histogram(
            _ name: String, _ labels: [MetricFamily.Label], _ histogram: MetricFamily.Histogram
        ) {
            var count: UInt64 = 0
            for (bound, inBucket) in zip(histogram.bounds + [.infinity], histogram.counts) {
                count += inBucket
                sample("\(name)_bucket", labels + [.init("le", PrometheusText.number(bound))], String(count))
            }
            sample("\(name)_sum", labels, PrometheusText.number(histogram.sum))
            sample("\(name)_count", labels, String(count))
        }

        private mutating func sample(_ name: String, _ labels: [MetricFamily.Label], _ value: String) {
            text += name
            if !labels.isEmpty {
                text += "{"
                for (index, label) in labels.enumerated() {
                    if index > 0 { text += "," }
                    text += "\(label.name)=\"\(Self.escapedValue(label.value))\""
                }
                text += "}"
            }
            text += " \(value)\n"
        }

        private static func escapedHelp(_ text: String) -> String {
            escaped(text, quotes: false)
        }

        private static func escapedValue(_ text: String) -> String {
            escaped(text, quotes: true)
        }

        private static func escaped(_ text: String, quotes: Bool) -> String {
            var result = String.UnicodeScalarView()
            for scalar in text.unicodeScalars {
                switch scalar {
                case "\\": result.append(contentsOf: "\\\\".unicodeScalars)
                case "\n": result.append(contentsOf: "\\n".unicodeScalars)
                case "\"" where quotes: result.append(contentsOf: "\\\"".unicodeScalars)
                default: result.append(scalar)
                }
            }
            return String(result)
        }
    }
}
