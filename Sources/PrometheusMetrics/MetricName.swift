/// Prometheus' rules for names.
enum MetricName {
    /// Whether a family may be called so.
    static func isValid(_ name: String) -> Bool {
        guard let first = name.utf8.first, isLetter(first) || first == colon else { return false }
        return name.utf8.allSatisfy { isLetter($0) || isDigit($0) || $0 == colon }
    }

    /// Whether a label may be called so; `le` is the histograms' own, except at their buckets' end.
    static func isValidLabel(_ name: String) -> Bool {
        guard let first = name.utf8.first, isLetter(first), !name.hasPrefix("__") else { return false }
        return name != "le" && name.utf8.allSatisfy { isLetter($0) || isDigit($0) }
    }

    /// `label` of swift-metrics, which may be any text, as a name: what is not allowed becomes an underscore.
    static func sanitized(_ label: String) -> String {
        var bytes = label.utf8.map { isLetter($0) || isDigit($0) || $0 == colon ? $0 : UInt8(ascii: "_") }
        if bytes.first.map(isDigit) ?? true { bytes.insert(UInt8(ascii: "_"), at: 0) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The same for a dimension's name.
    static func sanitizedLabel(_ dimension: String) -> String {
        let name = sanitized(dimension).replacing(":", with: "_")
        if name == "le" { return "le_" }
        // Two underscores at the beginning are for Prometheus itself.
        return name.hasPrefix("__") ? "x" + name : name
    }

    private static let colon = UInt8(ascii: ":")

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
            || byte == UInt8(ascii: "_")
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
