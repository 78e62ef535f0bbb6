import ArgumentParser
import BrainClient

struct ClearCommand: RequestCommand {
    static let configuration = CommandConfiguration(
        commandName: "clear", abstract: "Delete every memory of an agent, or of all.",
        discussion: """
            At a terminal it asks first, unless --yes is given. Registrations stay.

            EXAMPLES:
              brainctl clear --agent bot
              brainctl clear --all --yes
            """)

    @Option(name: .long, help: ArgumentHelp("The agent whose memories to delete.", valueName: "agent"))
    var agent: String?

    @Flag(name: .long, help: "Delete the memories of every agent; needs an administrator.")
    var all = false

    @Flag(name: .long, help: "Don't ask.")
    var yes = false

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if (agent == nil) != all { throw ValidationError("give either --agent or --all") }
    }

    func request(now: Timestamp) async throws -> BrainRequest<Int64> {
        let whose = agent.map { "of \(DisplayText.sanitized($0))" } ?? "of every agent"
        if !yes, try await Confirmation.ask("Delete every memory \(whose)?") == false {
            throw Failure(message: "nothing was deleted")
        }
        return agent.map { .clear(agentID: $0) } ?? .clearAll
    }

    func present(_ count: Int64, on screen: Screen) -> String {
        "deleted \(Numbers.counted(count, "memory", "memories"))"
    }
}
