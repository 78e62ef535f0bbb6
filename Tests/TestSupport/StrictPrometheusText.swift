/// Reads Prometheus' text format, version 0.0.4, and takes nothing that breaks its rules.
public struct StrictPrometheusText: Sendable {
    /// What is wrong, and in which line.
    public struct Fault: Error, Equatable, CustomStringConvertible {
        /// For a person.
        public let description: String
    }

    /// One sample.
    public struct Sample: Hashable, Sendable {
        /// The family's name, for histograms with `_bucket`, `_sum` or `_count`.
        public let name: String
        /// By name.
        public let labels: [String: String]
        /// The number.
        public let value: Double
    }

    /// The samples, in order.
    public private(set) var samples: [Sample] = []
    /// Each family's type.
    public private(set) var types: [String: String] = [:]
    /// Each family's help.
    public private(set) var help: [String: String] = [:]

    private var open: String?
    private var closed: Set<String> = []
    private var seen: Set<[String: String]> = []

    /// Reads `text`; throws a `Fault`.
    public init(_ text: String) throws {
        guard text.isEmpty || text.unicodeScalars.last == "\n" else { throw Fault(description: "the last line is cut") }
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().enumerated() {
            do {
                try take(line)
            } catch let fault as Fault {
                throw Fault(description: "line \(index + 1): \(fault.description): \(line)")
            }
        }
        for (name, type) in types where type == "histogram" { try checkHistogram(name) }
    }

    /// The value of the one sample with this name and these labels exactly; nil when there is none.
    public func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        samples.first { $0.name == name && $0.labels == labels }?.value
    }

    // MARK: Lines

    private mutating func take(_ line: Substring) throws {
        if line.hasPrefix("# HELP ") || line.hasPrefix("# TYPE ") {
            let isHelp = line.hasPrefix("# HELP ")
            let parts = line.dropFirst(7).split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { throw Fault(description: "no text") }
            let name = String(parts[0])
            try begin(name)
            if isHelp {
                guard types[name] == nil, help.updateValue(String(parts[1]), forKey: name) == nil else {
                    throw Fault(description: "HELP comes again, or after TYPE")
                }
            } else {
                guard ["counter", "gauge", "histogram"].contains(parts[1]) else { throw Fault(description: "a type") }
                guard types.updateValue(String(parts[1]), forKey: name) == nil else {
                    throw Fault(description: "TYPE comes again")
                }
            }
            return
        }
        guard !line.hasPrefix("#"), !line.isEmpty else {
            throw Fault(description: "neither sample nor comment of ours")
        }
        var reader = SampleReader(rest: line)
        let sample = try reader.sample()
        guard let family = family(of: sample.name), family == open else {
            throw Fault(description: "a sample outside its family, which has a TYPE")
        }
        if types[family] == "counter" {
            guard sample.name.hasSuffix("_total"), sample.value >= 0 else { throw Fault(description: "no counter") }
        }
        var key = sample.labels
        key["\u{0}"] = sample.name
        guard seen.insert(key).inserted else { throw Fault(description: "the series comes again") }
        samples.append(sample)
    }

    /// The lines of one family stand together.
    private mutating func begin(_ name: String) throws {
        guard SampleReader.isName(name, colons: true) else { throw Fault(description: "the name '\(name)'") }
        guard name != open else { return }
        if let open { closed.insert(open) }
        guard !closed.contains(name) else { throw Fault(description: "the family was there before") }
        open = name
    }

    private func family(of name: String) -> String? {
        if let type = types[name] { return type == "histogram" ? nil : name }
        for suffix in ["_bucket", "_sum", "_count"] where name.hasSuffix(suffix) {
            let base = String(name.dropLast(suffix.count))
            if types[base] == "histogram" { return base }
        }
        return nil
    }

    private func checkHistogram(_ name: String) throws {
        var buckets: [[String: String]: [(bound: Double, count: Double)]] = [:]
        for sample in samples where sample.name == "\(name)_bucket" {
            guard let text = sample.labels["le"], let bound = SampleReader.number(text) else {
                throw Fault(description: "\(name) has a bucket without a bound")
            }
            var labels = sample.labels
            labels["le"] = nil
            buckets[labels, default: []].append((bound, sample.value))
        }
        guard !buckets.isEmpty else { throw Fault(description: "\(name) has no buckets") }
        for (labels, buckets) in buckets {
            let isAscending = zip(buckets, buckets.dropFirst()).allSatisfy {
                $0.bound < $1.bound && $0.count <= $1.count
            }
            guard isAscending, let last = buckets.last, last.bound == .infinity else {
                throw Fault(description: "\(name) \(labels) is not cumulative up to +Inf")
            }
            guard value("\(name)_count", labels) == last.count, value("\(name)_sum", labels) != nil else {
                throw Fault(description: "\(name) \(labels) lacks its sum, or its count is not that of its buckets")
            }
        }
    }
}

private struct SampleReader {
    var rest: Substring

    static func isName(_ name: some StringProtocol, colons: Bool) -> Bool {
        guard let first = name.unicodeScalars.first, !("0"..."9").contains(first) else { return false }
        return name.unicodeScalars.allSatisfy {
            ("a"..."z").contains($0) || ("A"..."Z").contains($0) || ("0"..."9").contains($0) || $0 == "_"
                || (colons && $0 == ":")
        }
    }

    static func number(_ text: some StringProtocol) -> Double? {
        switch text {
        case "+Inf": .infinity
        case "-Inf": -.infinity
        case "NaN": .nan
        default: text.unicodeScalars.allSatisfy { "0123456789.e-+".unicodeScalars.contains($0) } ? Double(text) : nil
        }
    }

    mutating func sample() throws -> StrictPrometheusText.Sample {
        let name = take { $0 != "{" && $0 != " " }
        guard Self.isName(name, colons: true) else { throw StrictPrometheusText.Fault(description: "a name") }
        let labels = try labels()
        guard rest.first == " ", let value = Self.number(rest.dropFirst()) else {
            throw StrictPrometheusText.Fault(description: "one space and a number are due")
        }
        return .init(name: String(name), labels: labels, value: value)
    }

    private mutating func labels() throws -> [String: String] {
        guard rest.first == "{" else { return [:] }
        var labels: [String: String] = [:]
        repeat {
            rest.removeFirst()
            let name = take { $0 != "=" }
            guard Self.isName(name, colons: false), !name.hasPrefix("__"), rest.hasPrefix("=\"") else {
                throw StrictPrometheusText.Fault(description: "a label's name")
            }
            rest.removeFirst(2)
            guard labels.updateValue(try quoted(), forKey: String(name)) == nil else {
                throw StrictPrometheusText.Fault(description: "a label comes again")
            }
        } while rest.first == ","
        guard rest.popFirst() == "}" else { throw StrictPrometheusText.Fault(description: "} is due") }
        return labels
    }

    private mutating func quoted() throws -> String {
        var value = String.UnicodeScalarView()
        var scalars = rest.unicodeScalars
        while let scalar = scalars.popFirst() {
            switch scalar {
            case "\"":
                rest = Substring(scalars)
                return String(value)
            case "\\":
                switch scalars.popFirst() {
                case "n"?: value.append("\n")
                case "\\"?: value.append("\\")
                case "\""?: value.append("\"")
                default: throw StrictPrometheusText.Fault(description: "an escape")
                }
            default: value.append(scalar)
            }
        }
        throw StrictPrometheusText.Fault(description: "no closing quote")
    }

    private mutating func take(while isPart: (Character) -> Bool) -> Substring {
        let part = rest.prefix(while: isPart)
        rest = rest[part.endIndex...]
        return part
    }
}
