import ArgumentParser
import BrainClient

struct VersionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Show the version of brainctl, and of the daemon when one is given.",
        discussion: """
            EXAMPLES:
              brainctl version
              brainctl version --socket ./brain.sock
            """)

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let own = ProductVersion.current
        let hasSocket = connection.socket != nil || Terminal.environment("BRAIN_SOCKET") != nil
        guard hasSocket else {
            let text = connection.json ? "\(["brainctl": .string(own)] as JSONValue)" : "brainctl \(own)"
            return try await ByteSink.standardOutput.line(text)
        }
        if !connection.json { try await ByteSink.standardOutput.line("brainctl \(own)") }
        let health = try await connection.client().attempt { client throws(BrainError) in try await client.getHealth() }
        let both: JSONValue = ["brainctl": .string(own), "brain-memoryd": .string(health.version)]
        let text =
            connection.json ? "\(both)" : "brain-memoryd \(health.version), protocol \(HealthReport.protocolVersion)"
        try await ByteSink.standardOutput.line(text)
    }
}
