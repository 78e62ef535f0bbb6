import ArgumentParser
import BrainClient

struct RegisterCommand: RequestCommand {
    static let configuration = CommandConfiguration(
        commandName: "register", abstract: "Register an agent, or replace its registration.",
        discussion: """
            EXAMPLES:
              brainctl register caroline --name "Caroline" --capability chat
              brainctl register bot --metadata '{"model":"small","owner":"ops"}'
            """)

    @Argument(help: ArgumentHelp("The agent.", valueName: "agent"))
    var agent: String

    @Option(name: .long, help: ArgumentHelp("Its name for people.", valueName: "name"))
    var name: String?

    @Option(
        name: .customLong("capability"),
        help: ArgumentHelp("What it can do; repeat it for more.", valueName: "capability"))
    var capabilities: [String] = []

    @Option(name: .long, help: ArgumentHelp("Anything else, as a JSON object.", valueName: "json"))
    var metadata: String?

    @OptionGroup var connection: ConnectionOptions

    func request(now: Timestamp) throws -> BrainRequest<RegistrationOutcome> {
        var registration = NewRegistration(agentID: agent, name: name, capabilities: capabilities)
        if let metadata { registration.metadata = try JSONArgument.object(metadata, option: "--metadata") }
        return .registerAgent(registration)
    }

    func present(_ outcome: RegistrationOutcome, on screen: Screen) -> String {
        outcome.created
            ? "registered \(agent)"
            : "replaced the registration of \(agent), first registered "
                + RelativeTime.describe(outcome.registeredAt, now: screen.now)
    }
}
