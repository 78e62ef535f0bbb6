import ArgumentParser
import BrainClient

struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Store many memories from JSON Lines.",
        discussion: """
            One record a line, as `brainctl export` writes them; version, createdAt and updatedAt are passed over. \
            A line with the id of a memory that exists replaces it. A line without an id gets one made from its \
            content, so two equal lines are one memory.

            So an import that was interrupted is simply run again: what was stored is stored again under the same \
            id, and nothing comes twice. A line that can't be stored, an expired one too, is reported by its \
            number; all others are stored, and it ends with 1. --strict stops at the first such line: every line \
            before it is stored, and none after.

            EXAMPLES:
              brainctl import memories.jsonl
              zcat memories.jsonl.gz | brainctl import -
              brainctl import --strict --json memories.jsonl
            """)

    @Argument(help: ArgumentHelp("The file, or - for standard input.", valueName: "file"), completion: .file())
    var file: String

    @Flag(name: .long, help: "Stop at the first line that can't be stored.")
    var strict = false

    @OptionGroup var connection: ConnectionOptions

    /// The time of one batch, where none is given: more than a single request's, since it has up to 500 records.
    private static let standardDeadline = Duration.seconds(30)

    func run() async throws {
        let client = try connection.client()
        let source = try ByteSource.open(file)
        // A daemon that isn't there is told at once, not after the pauses that one which restarts is given.
        try await client.attempt { client throws(BrainError) in try await client.ping() }
        var importer = Importer(
            client: client, source: source, isStrict: strict, deadline: connection.deadline ?? Self.standardDeadline)
        let end = try await importer.run()
        try await tell(end.summary)
        if let error = end.abortedBy { throw stopped(by: error, client) }
        if let line = end.stoppedAt {
            throw Failure(message: "stopped at line \(line); every line before it is stored, and none after")
        }
        if end.summary.bad > 0 { throw ExitCode(Failure.ExitStatus.failed.rawValue) }
    }

    private func tell(_ summary: ImportStateMachine.Summary) async throws {
        if connection.json {
            let value: JSONValue = [
                "created": .integer(summary.created), "replaced": .integer(summary.replaced),
                "bad": .integer(summary.bad),
            ]
            return try await ByteSink.standardOutput.line("\(value)")
        }
        let bad = summary.bad == 0 ? "" : ", " + Numbers.counted(summary.bad, "line was bad", "lines were bad")
        let stored = Numbers.counted(summary.stored, "memory", "memories")
        let parts = "\(Numbers.grouped(summary.created)) new, \(Numbers.grouped(summary.replaced)) replaced"
        try await ByteSink.standardOutput.line("stored \(stored): \(parts)\(bad)")
    }

    private func stopped(by error: BrainError, _ client: BrainClient) -> Failure {
        var failure = Failure(error, socketPath: client.socketPath)
        let advice = "not all lines are stored; run the import again to go on, nothing comes twice"
        failure.hint = failure.hint.map { "\($0)\n      \(advice)" } ?? advice
        return failure
    }
}
