import ArgumentParser
import BrainClient

struct CallCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "call", abstract: "Call any method of the protocol with JSON parameters.",
        discussion: """
            The result is indented on a terminal, and one line with --json or in a pipe. `-` reads the parameters \
            from standard input.

            EXAMPLES:
              brainctl call getHealth
              brainctl call query '{"agentId":"caroline","limit":2}'
              brainctl call storeBatch - < batch.json
            """)

    @Argument(
        help: ArgumentHelp("The method.", valueName: "method"),
        completion: .list(ProtocolMethod.allCases.map(\.rawValue)))
    var method: String

    @Argument(
        help: ArgumentHelp(
            "Its parameters, a JSON object, or - for standard input; without them, {}.", valueName: "params"))
    var params: String = "{}"

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let text = params == "-" ? try await WholeInput.read(.standardInput) : params
        let params = try JSONArgument.object(text, option: "the parameters")
        let method = method
        let result = try await connection.client().attempt(namesOptions: false) { client throws(BrainError) in
            try await client.call(method, params: params)
        }
        let isForPeople = Terminal.output.isInteractive && !connection.json
        let printed = isForPeople ? JSONPrinter(terminal: .output).print(result.view) : result.description
        try await ByteSink.standardOutput.line(printed)
    }
}
