import ArgumentParser

struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker", abstract: "Run one piece of the daemon's scheduled work now.",
        discussion: """
            EXAMPLES:
              brainctl worker run stats-refresh
            """,
        subcommands: [Run.self])

    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "run", abstract: "Run a worker now, also one that is switched off, and wait for its end.",
            discussion: """
                It ends with 0 when the run went well, and with 1 when it failed. It needs an administrator.

                EXAMPLES:
                  brainctl worker run expiry-cleanup
                  brainctl worker run backup-base --no-wait
                """)

        @Argument(help: "The worker; brainctl workers lists them.")
        var name: String

        @Flag(name: .long, help: "Return when the run has begun.")
        var noWait = false

        @OptionGroup var connection: ConnectionOptions

        func run() async throws {
            try await WorkerRun(name: name, connection: connection).perform(waits: !noWait)
        }
    }
}
