import ArgumentParser
import BrainClient

struct InsightsCommand: RequestCommand {
    static let configuration = CommandConfiguration(
        commandName: "insights", abstract: "Show what memories of several agents have in common.",
        discussion: """
            The most important memories across agents, the tags that several agents share, and how many memories \
            each has.

            EXAMPLES:
              brainctl insights --since 7d
              brainctl insights --tag deploy --min-importance 7 --limit 5
            """)

    @OptionGroup var filter: ContentFilterOptions

    @Option(
        name: .long, help: ArgumentHelp("The most memories to show, 1 to 1000; without it, 10.", valueName: "number"))
    var limit = 10

    @OptionGroup var connection: ConnectionOptions

    /// The most shared tags that a person is shown; --json has all.
    private static let shownTags = 15

    func request(now: Timestamp) -> BrainRequest<CrossAgentInsights> {
        .getCrossAgentInsights(filter.filter(now: now), limit: limit)
    }

    func present(_ insights: CrossAgentInsights, on screen: Screen) -> String {
        guard !insights.countByAgent.isEmpty else { return "nothing matches" }
        var memories = MemoryTable(on: screen, showsAgent: true)
        var lines = memories.lines(insights.memories)
        var tags = Table(
            [
                .init(title: "SHARED TAG", minimum: 12), .init(title: "MEMORIES", alignment: .right),
                .init(title: "AGENTS", minimum: 12),
            ], on: screen.terminal)
        let shared = insights.sharedTags.prefix(Self.shownTags).map { shared -> [Table.Cell] in
            let agents = shared.agents.map(\.value).joined(separator: " ")
            return [
                .init(shared.tag.value, .cyan), .init(Numbers.grouped(shared.count)),
                .init("\(shared.agents.count): \(agents)"),
            ]
        }
        if !shared.isEmpty { lines += [""] + tags.lines(Array(shared)) }
        if insights.sharedTags.count > shared.count {
            lines.append("… \(insights.sharedTags.count - shared.count) more")
        }
        var agents = Table([.init(title: "AGENT"), .init(title: "MEMORIES", alignment: .right)], on: screen.terminal)
        let counts = insights.countByAgent.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        lines += [""] + agents.lines(counts.map { [.init($0.key.value), .init(Numbers.grouped($0.value))] })
        return lines.joined(separator: "\n")
    }
}
