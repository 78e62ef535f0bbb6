import Glibc

/// What a run found, as one line of JSON.
struct Report {
    let load: Load

    var line: String {
        let tally = load.tally
        let fields: [(String, String)] = [
            ("operations", "\(tally.answers)"),
            ("seconds", number(load.seconds)),
            ("rate", number(Double(tally.answers) / load.seconds)),
            ("p50", number(tally.latency.microseconds(at: 0.5))),
            ("p90", number(tally.latency.microseconds(at: 0.9))),
            ("p99", number(tally.latency.microseconds(at: 0.99))),
            ("cpu", number(load.processorSeconds)),
            ("fromCache", "\(tally.fromCache)"),
            ("fromStore", "\(tally.fromStore)"),
            ("busy", "\(tally.busy)"),
            ("busyP99", number(tally.busyLatency.microseconds(at: 0.99))),
            ("errors", "\(tally.errors)"),
            ("heldBack", "\(tally.heldBack)"),
            ("sent", "\(load.sent)"),
        ]
        return "{" + fields.map { "\"\($0.0)\": \($0.1)" }.joined(separator: ", ") + "}"
    }

    private func number(_ value: Double) -> String {
        let millionths = (value * 1e6).rounded() / 1e6
        return "\(millionths)"
    }
}
