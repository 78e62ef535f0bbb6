import ArgumentParser
import BrainClient

struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write memories as JSON Lines, which import takes back.",
        discussion: """
            One record a line, newest first, without version, createdAt and updatedAt unless --with-metadata is \
            given. With --output the file appears under its name when it is complete.

            EXAMPLES:
              brainctl export > memories.jsonl
              brainctl export --agent caroline --since 2026-01-01 --output caroline.jsonl
              brainctl export | brainctl import - --socket /run/other/brain.sock
            """)

    @OptionGroup var filter: FilterOptions

    @Option(
        name: [.long, .short], help: ArgumentHelp("The file to write; without it, standard output.", valueName: "file"),
        completion: .file())
    var output: String?

    @Flag(name: .long, help: "Write version, createdAt and updatedAt too.")
    var withMetadata = false

    @OptionGroup var connection: ConnectionOptions

    /// The time of one page, where none is given.
    private static let standardDeadline = Duration.seconds(30)

    func run() async throws {
        let client = try connection.client { $0.retry = .standard }
        let exporter = Exporter(
            client: client, filter: filter.filter(now: .now), keepsMetadata: withMetadata,
            deadline: connection.deadline ?? Self.standardDeadline)
        guard let output, output != "-" else {
            // Memories that scroll by show the progress themselves.
            var progress = ProgressBar("exporting", on: Terminal.output.isInteractive ? .plain : .error)
            _ = try await exporter.run(progress: &progress) { try await ByteSink.standardOutput.write($0) }
            return
        }
        let file = try OutputFile(path: output)
        let sink = file.sink
        do {
            var progress = ProgressBar("exporting", on: .error)
            let count = try await exporter.run(progress: &progress) { try await sink.write($0) }
            try file.finish()
            try await tell(count, output)
        } catch {
            file.discard()
            throw error
        }
    }

    private func tell(_ count: Int64, _ path: String) async throws {
        let text =
            connection.json
            ? "\(["exported": .integer(count)] as JSONValue)"
            : "exported \(Numbers.counted(count, "memory", "memories")) to \(path)"
        try await ByteSink.standardOutput.line(text)
    }
}
