import ArgumentParser
import BrainClient

struct PingCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ping", abstract: "See whether the daemon answers, and how fast.",
        discussion: """
            EXAMPLES:
              brainctl ping
              brainctl ping --count 10
            """)

    @Option(name: .long, help: ArgumentHelp("How often, 1 to 1000000.", valueName: "number"))
    var count = 1

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if !(1...1_000_000).contains(count) {
            throw ValidationError("--count must be between 1 and 1000000, got \(count)")
        }
    }

    func run() async throws {
        let client = try connection.client()
        for _ in 0..<count {
            let start = ContinuousClock.now
            let result = try await client.attempt { client throws(BrainError) in try await client.sendForText(.ping) }
            let elapsed = (ContinuousClock.now - start).seconds * 1_000
            let words = "the daemon answered in \(Numbers.fixed(elapsed, digits: 2)) ms"
            try await ByteSink.standardOutput.line(connection.json ? result.description : words)
        }
    }
}
