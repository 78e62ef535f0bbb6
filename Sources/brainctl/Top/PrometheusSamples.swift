/// The samples of a text in Prometheus' format, to be looked up by name and labels. What is no sample is passed over.
struct PrometheusSamples: Sendable {
    /// One line.
    struct Sample: Hashable, Sendable {
        let labels: [String: String]
        let value: Double
    }

    private var samples: [Substring: [Sample]] = [:]

    init(_ text: String) {
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            var reader = LineReader(line)
            guard let (name, sample) = reader.sample() else { continue }
            samples[name, default: []].append(sample)
        }
    }

    /// All samples of that name.
    func all(_ name: String) -> [Sample] { samples[name[...]] ?? [] }

    /// The value of the first sample that has these labels among its own; nil when there is none.
    func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        all(name).first { $0.has(labels) }?.value
    }

    /// The sum over all that have these labels; 0 when there are none.
    func sum(_ name: String, _ labels: [String: String] = [:]) -> Double {
        all(name).reduce(0) { $1.has(labels) ? $0 + $1.value : $0 }
    }

    /// The values that a label has, in the order in which they come.
    func values(of label: String, in name: String) -> [String] {
        var seen: Set<String> = []
        return all(name).compactMap { $0.labels[label] }.filter { seen.insert($0).inserted }
    }

    /// A histogram's buckets, those of all series with these labels taken together.
    func histogram(_ name: String, _ labels: [String: String] = [:]) -> Quantiles {
        var counts: [Double: Double] = [:]
        for sample in all("\(name)_bucket") where sample.has(labels) {
            guard let text = sample.labels["le"], let bound = text == "+Inf" ? .infinity : Double(text) else {
                continue
            }
            counts[bound, default: 0] += sample.value
        }
        return Quantiles(cumulative: counts)
    }
}

extension PrometheusSamples.Sample {
    fileprivate func has(_ wanted: [String: String]) -> Bool {
        wanted.allSatisfy { labels[$0.key] == $0.value }
    }
}

/// Reads one line: `name{label="value",…} number`.
private struct LineReader {
    private var rest: Substring

    init(_ line: Substring) { rest = line }

    mutating func sample() -> (Substring, PrometheusSamples.Sample)? {
        let name = take { $0 != "{" && $0 != " " }
        guard !name.isEmpty, let labels = labels() else { return nil }
        let number = rest.split(separator: " ").first.map(String.init) ?? ""
        guard let value = Self.number(number) else { return nil }
        return (name, PrometheusSamples.Sample(labels: labels, value: value))
    }

    private mutating func labels() -> [String: String]? {
        guard rest.first == "{" else { return [:] }
        rest.removeFirst()
        var labels: [String: String] = [:]
        while let first = rest.first, first != "}" {
            let name = take { $0 != "=" }
            guard rest.hasPrefix("=\"") else { return nil }
            rest.removeFirst(2)
            guard let value = quoted() else { return nil }
            labels[String(name)] = value
            if rest.first == "," { rest.removeFirst() }
        }
        guard rest.first == "}" else { return nil }
        rest.removeFirst()
        return labels
    }

    /// Up to the closing quote, which is taken too.
    private mutating func quoted() -> String? {
        var value = ""
        while let character = rest.popFirst() {
            switch character {
            case "\"": return value
            case "\\":
                guard let escaped = rest.popFirst() else { return nil }
                value.append(escaped == "n" ? "\n" : escaped)
            default: value.append(character)
            }
        }
        return nil
    }

    private mutating func take(while isPart: (Character) -> Bool) -> Substring {
        let part = rest.prefix(while: isPart)
        rest = rest[part.endIndex...]
        return part
    }

    private static func number(_ text: String) -> Double? {
        switch text {
        case "+Inf": .infinity
        case "-Inf": -.infinity
        case "NaN": .nan
        default: Double(text)
        }
    }
}
