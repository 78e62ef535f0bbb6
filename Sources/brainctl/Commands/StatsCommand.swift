import ArgumentParser
import BrainClient

struct StatsCommand: RequestCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats", abstract: "Show how much is remembered, by agent.",
        discussion: """
            The numbers may be some seconds old; --fresh counts now. How many reads the cache answered is shown over all
            daemons that share it, and for this daemon since its start.

            With --history it draws how many reads the cache answered over the last day, or --hours.

            EXAMPLES:
              brainctl stats
              brainctl stats --history --hours 168
              brainctl stats --fresh --json
            """)

    @Flag(name: .long, help: "Count now.")
    var fresh = false

    @Flag(name: .long, help: "Show how the cache's hit rate went instead.")
    var history = false

    @Option(name: .long, help: ArgumentHelp("How far back the history goes, 1 to 744.", valueName: "number"))
    var hours: Int?

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard let hours else { return }
        guard history else { throw ValidationError("--hours goes with --history") }
        guard Limits.historyHours.contains(hours) else {
            throw ValidationError("--hours must be between 1 and 744, got \(hours)")
        }
    }

    func request(now: Timestamp) -> BrainRequest<StatisticsReport> {
        .getStats(fresh: fresh)
    }

    func run() async throws {
        if history { return try await HistoryRequest(hours: hours, connection: connection).run() }
        let client = try connection.client()
        let (result, report) = try await ask(client)
        if connection.json { return try await ByteSink.standardOutput.line(result.description) }
        let health = try await client.attempt { client throws(BrainError) in try await client.getHealth() }
        try await ByteSink.standardOutput.line(present(report, daemon: health.cache.counters, on: .standard))
    }

    func present(_ report: StatisticsReport, on screen: Screen) -> String {
        present(report, daemon: nil, on: screen)
    }

    /// `daemon` counts the reads of the daemon that was asked; nil when it has no cache.
    func present(_ report: StatisticsReport, daemon: CacheCounters?, on screen: Screen) -> String {
        let statistics = report.statistics
        let agents = statistics.memoriesByAgent.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        let fields = [
            ("memories", Numbers.grouped(statistics.totalMemories)), ("agents", Numbers.grouped(agents.count)),
            ("tags", Numbers.grouped(statistics.tagCount)),
            ("as of", RelativeTime.describe(statistics.refreshedAt, now: screen.now)),
            ("from cache", Self.share(report.cache)),
        ]
        var lines = FieldList.lines(
            fields + (daemon.map { [("this daemon", Self.share($0))] } ?? []), on: screen.terminal)
        guard !agents.isEmpty else { return lines.joined(separator: "\n") }
        var table = Table([.init(title: "AGENT"), .init(title: "MEMORIES", alignment: .right)], on: screen.terminal)
        lines.append("")
        lines += table.lines(agents.map { [.init($0.key.value), .init(Numbers.grouped($0.value))] })
        return lines.joined(separator: "\n")
    }

    /// How many of all reads the cache answered.
    static func share(_ counters: CacheCounters) -> String {
        let reads = counters.hits + counters.misses
        guard reads > 0 else { return "no reads yet" }
        return "\(Numbers.fixed(counters.hitRate * 100, digits: 1)) % of " + Numbers.counted(reads, "read", "reads")
    }
}
