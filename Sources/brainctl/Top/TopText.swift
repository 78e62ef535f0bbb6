/// Numbers and widths of the live screen.
enum TopText {
    /// So many a second; `-` when that is not known yet.
    static func rate(_ rate: Double?) -> String {
        guard let rate else { return "-" }
        if rate == 0 { return "0" }
        if rate < 100 { return Numbers.fixed(rate, digits: 1) }
        return Numbers.grouped(Int64(rate.rounded()))
    }

    /// A time in the unit that suits it; `-` when there was none.
    static func latency(_ seconds: Double?) -> String {
        guard let seconds else { return "-" }
        if seconds < 0.001 { return "\(Int64((seconds * 1e6).rounded())) µs" }
        if seconds < 1 { return "\(Numbers.fixed(seconds * 1_000, digits: seconds < 0.1 ? 1 : 0)) ms" }
        return "\(Numbers.fixed(seconds, digits: 1)) s"
    }

    /// A span in few cells, `-` when there is none: what lies behind or ahead is told by a column's title.
    static func span(_ seconds: Double?) -> String {
        guard let seconds else { return "-" }
        let units: [(seconds: Double, name: String)] = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")]
        guard let unit = units.first(where: { seconds >= $0.seconds }) else { return "now" }
        return "\(Int64(seconds / unit.seconds)) \(unit.name)"
    }

    /// The cells that `line` takes, styles apart.
    static func visibleWidth(_ line: String) -> Int { DisplayText.width(withoutStyles(line)) }

    /// `line` without its styles, which are all of this program's making: `ESC [ … m`.
    static func withoutStyles(_ line: String) -> String {
        var text = String.UnicodeScalarView()
        var isInside = false
        for scalar in line.unicodeScalars {
            if scalar == "\u{1B}" {
                isInside = true
            } else if isInside {
                isInside = scalar != "m"
            } else {
                text.append(scalar)
            }
        }
        return String(text)
    }
}
