import ArgumentParser
import BrainClient

struct StatsCommand: RequestCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats", abstract: "Show how much is remembered, by agent.",
        discussion: """
            The numbers may be some seconds old; --fresh counts now.

            EXAMPLES:
              brainctl stats
              brainctl stats --fresh --json
            """)

    @Flag(name: .long, help: "Count now.")
    var fresh = false

    @OptionGroup var connection: ConnectionOptions

    func request(now: Timestamp) -> BrainRequest<StatisticsReport> {
        .getStats(fresh: fresh)
    }

    func present(_ report: StatisticsReport, on screen: Screen) -> String {
        let statistics = report.statistics
        let agents = statistics.memoriesByAgent.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        let reads = report.cache.hits + report.cache.misses
        let share =
            reads == 0
            ? "no reads yet"
            : "\(Numbers.fixed(report.cache.hitRate * 100, digits: 1)) % of "
                + Numbers.counted(reads, "read", "reads")
        var lines = FieldList.lines(
            [
                ("memories", Numbers.grouped(statistics.totalMemories)), ("agents", Numbers.grouped(agents.count)),
                ("tags", Numbers.grouped(statistics.tagCount)),
                ("as of", RelativeTime.describe(statistics.refreshedAt, now: screen.now)), ("from cache", share),
            ], on: screen.terminal)
        guard !agents.isEmpty else { return lines.joined(separator: "\n") }
        var table = Table([.init(title: "AGENT"), .init(title: "MEMORIES", alignment: .right)], on: screen.terminal)
        lines.append("")
        lines += table.lines(agents.map { [.init($0.key.value), .init(Numbers.grouped($0.value))] })
        return lines.joined(separator: "\n")
    }
}
