import ArgumentParser
import BrainClient

struct CountCommand: RequestCommand {
    static let configuration = CommandConfiguration(
        commandName: "count", abstract: "Count the memories that match.",
        discussion: """
            EXAMPLES:
              brainctl count
              brainctl count --agent caroline --tag tea --since 7d
            """)

    @OptionGroup var filter: FilterOptions
    @OptionGroup var connection: ConnectionOptions

    func request(now: Timestamp) -> BrainRequest<Int64> {
        .count(filter.filter(now: now))
    }

    func present(_ count: Int64, on screen: Screen) -> String {
        screen.terminal.isInteractive ? Numbers.grouped(count) : "\(count)"
    }
}
