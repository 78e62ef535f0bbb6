/// One line at the bottom of a terminal that tells how far a long job is.
struct ProgressBar {
    private let label: String
    private let terminal: Terminal
    private let started: ContinuousClock.Instant
    private var shownAt: ContinuousClock.Instant?

    /// Whether there is a terminal to draw on.
    var isShown: Bool { terminal.isInteractive }

    /// How often the line is drawn anew.
    private static let interval = Duration.milliseconds(100)

    init(_ label: String, on terminal: Terminal, now: ContinuousClock.Instant = .now) {
        self.label = label
        self.terminal = terminal
        started = now
    }

    /// The bytes that draw the bar; nil where there is no terminal, or it was drawn a moment ago. `fraction` is nil
    /// while the end is not known.
    mutating func update(_ count: Int64, fraction: Double?, now: ContinuousClock.Instant = .now) -> String? {
        guard terminal.isInteractive else { return nil }
        if let shownAt, now - shownAt < Self.interval { return nil }
        shownAt = now
        return "\r" + DisplayText.cut(line(count, fraction, elapsed: now - started), to: (terminal.width ?? 80) - 1)
            + "\u{1B}[K"
    }

    /// The bytes that take the bar away, so that something else can be written; nil when it is not shown.
    mutating func clear() -> String? {
        guard shownAt != nil else { return nil }
        shownAt = nil
        return "\r\u{1B}[K"
    }

    private func line(_ count: Int64, _ fraction: Double?, elapsed: Duration) -> String {
        let seconds = elapsed.seconds
        let rate = seconds > 0.2 ? "  \(Numbers.grouped(Int64(Double(count) / seconds)))/s" : ""
        let tail = "\(Numbers.grouped(count))\(rate)"
        guard let fraction else { return "\(label)  \(tail)" }
        let cells = max(10, min(40, (terminal.width ?? 80) - label.count - 40))
        let full = Int((Double(cells) * min(max(fraction, 0), 1)).rounded())
        let bar = String(repeating: "█", count: full) + String(repeating: "░", count: cells - full)
        return "\(label)  \(bar) \(Int(fraction * 100)) %  \(tail)"
    }
}
