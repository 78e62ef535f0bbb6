import ArgumentParser
import BrainClient

struct AgentsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agents", abstract: "List the agents: those registered, and those with memories.",
        discussion: """
            It shows all of them; with --limit or --cursor, one page. With --json each page is one line.

            EXAMPLES:
              brainctl agents
              brainctl agents --limit 10 --json
            """)

    @Option(name: .long, help: ArgumentHelp("Show one page of at most so many, 1 to 1000.", valueName: "number"))
    var limit: Int?

    @Option(name: .long, help: ArgumentHelp("Show the page after the one that gave this cursor.", valueName: "cursor"))
    var cursor: String?

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let client = try connection.client()
        let screen = Screen.standard
        let isOnePage = limit != nil || cursor != nil
        var table = Table(
            [
                .init(title: "AGENT", minimum: 12), .init(title: "MEMORIES", alignment: .right),
                .init(title: "REGISTERED", minimum: 10),
                .init(title: "NAME"), .init(title: "CAPABILITIES"),
            ], on: screen.terminal)
        var next = cursor
        repeat {
            let request = BrainRequest.listAgents(limit: limit ?? (isOnePage ? nil : 1_000), cursor: next)
            let result = try await client.attempt { client throws(BrainError) in try await client.sendForText(request) }
            let page = try client.read(result, request)
            next = page.nextCursor
            let text =
                connection.json
                ? result.description : table.lines(page.agents.map { row($0, screen) }).joined(separator: "\n")
            try await ByteSink.standardOutput.line(text)
        } while !isOnePage && next != nil
        if let next, !connection.json {
            try await ByteSink.standardError.line("there are more: go on with --cursor \(next)")
        }
    }

    private func row(_ agent: AgentListing, _ screen: Screen) -> [Table.Cell] {
        let registered = agent.registeredAt.map { RelativeTime.describe($0, now: screen.now) } ?? "-"
        return [
            .init(agent.registration.agentID.value), .init(Numbers.grouped(agent.memories)), .init(registered, .dim),
            .init(agent.registration.name ?? ""),
            .init(agent.registration.capabilities.map(\.value).joined(separator: " "), .cyan),
        ]
    }
}
