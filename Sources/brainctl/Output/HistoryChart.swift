import BrainClient

/// The cache's hit rate over time, as a small chart in the terminal.
struct HistoryChart {
    private static let blocks = Array("▁▂▃▄▅▆▇█")
    /// Rows of the chart; each has 8 steps.
    private static let rows = 4

    let history: CacheHistory
    let hours: Int
    let screen: Screen

    /// The chart with its legend.
    var text: String {
        guard !history.buckets.isEmpty else { return "no reads in the last \(hours) h" }
        let columns = self.columns
        var lines: [String] = []
        for row in (0..<Self.rows).reversed() {
            let scale = row == Self.rows - 1 ? "100 % " : row == 0 ? "  0 % " : "      "
            lines.append(screen.terminal.paint(scale, .dim) + columns.map { cell($0, row) }.joined())
        }
        let begin = "\(hours) h ago"
        let gap = String(repeating: " ", count: max(1, columns.count - begin.count - 3))
        lines.append(screen.terminal.paint("      \(begin)\(gap)now", .dim))
        let total = columns.compactMap { $0 }.reduce(CacheCounters()) {
            CacheCounters(hits: $0.hits + $1.hits, misses: $0.misses + $1.misses)
        }
        lines.append("")
        lines.append("from cache  " + StatsCommand.share(total))
        return lines.joined(separator: "\n")
    }

    /// The reads of each column from the left; nil where there were none.
    private var columns: [CacheCounters?] {
        let width = min(96, max(16, (screen.terminal.width ?? 80) - 8))
        let span = Int64(hours) * 3_600_000_000
        let start = screen.now.microseconds - span
        var columns = [CacheCounters?](repeating: nil, count: width)
        for bucket in history.buckets {
            let middle = bucket.start.microseconds + history.bucketSeconds * 500_000
            let position = Double(middle - start) / Double(span) * Double(width)
            let index = min(max(Int(position), 0), width - 1)
            let before = columns[index] ?? CacheCounters()
            columns[index] = CacheCounters(
                hits: before.hits + bucket.counters.hits, misses: before.misses + bucket.counters.misses)
        }
        return columns
    }

    private func cell(_ counters: CacheCounters?, _ row: Int) -> String {
        guard let counters else { return " " }
        let steps = Int((counters.hitRate * Double(Self.rows * 8)).rounded()) - row * 8
        // A stretch with reads is never blank at the bottom, so that none and 0 % differ.
        if steps <= 0 { return row == 0 ? String(Self.blocks[0]) : " " }
        return String(Self.blocks[min(steps, 8) - 1])
    }
}

/// Asks for the history, and shows it.
struct HistoryRequest: Sendable {
    let hours: Int?
    let connection: ConnectionOptions

    func run() async throws {
        let client = try connection.client()
        let request = BrainRequest<CacheHistory>.getCacheHistory(hours: hours)
        let result = try await client.attempt { client throws(BrainError) in try await client.sendForText(request) }
        let history = try client.read(result, request)
        let chart = HistoryChart(history: history, hours: hours ?? Limits.defaultHistoryHours, screen: .standard)
        try await ByteSink.standardOutput.line(connection.json ? result.description : chart.text)
    }
}
