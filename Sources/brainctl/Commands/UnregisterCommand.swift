import ArgumentParser
import BrainClient

struct UnregisterCommand: RequestCommand {
    static let configuration = CommandConfiguration(
        commandName: "unregister", abstract: "Remove an agent's registration; its memories stay.",
        discussion: """
            It ends with 1 when the agent was not registered.

            EXAMPLES:
              brainctl unregister caroline
            """)

    @Argument(help: ArgumentHelp("The agent.", valueName: "agent"))
    var agent: String

    @OptionGroup var connection: ConnectionOptions

    func request(now: Timestamp) -> BrainRequest<Bool> { .unregisterAgent(agent) }

    func present(_ wasRegistered: Bool, on screen: Screen) -> String {
        wasRegistered ? "unregistered \(agent)" : "\(agent) was not registered"
    }

    func status(of wasRegistered: Bool) -> Failure.ExitStatus { wasRegistered ? .ok : .failed }
}
