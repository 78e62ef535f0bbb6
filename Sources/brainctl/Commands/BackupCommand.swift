import ArgumentParser
import BrainClient

struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "List, make, check and prove the daemon's backups.",
        discussion: """
            All of it needs an administrator. To restore one, use brain-memoryd restore: it works without a daemon.

            EXAMPLES:
              brainctl backup
              brainctl backup now
              brainctl backup drill
            """,
        subcommands: [BackupListCommand.self, Now.self, BackupVerifyCommand.self, Drill.self],
        defaultSubcommand: BackupListCommand.self)

    struct Now: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "now", abstract: "Make a backup now, and wait until it is there and checked.",
            discussion: """
                A dump holds the memories; a base backup the whole database server's files, from which the WAL that is
                streamed leads to any later moment.

                EXAMPLES:
                  brainctl backup now
                  brainctl backup now --base
                """)

        @Flag(name: .long, help: "Make a base backup instead of a dump.")
        var base = false

        @Flag(name: .long, help: "Return when it has begun.")
        var noWait = false

        @OptionGroup var connection: ConnectionOptions

        func run() async throws {
            try await WorkerRun(name: base ? "backup-base" : "backup-dump", connection: connection)
                .perform(waits: !noWait)
        }
    }

    struct Drill: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "drill", abstract: "Prove the newest dump: restore it on the side and compare.",
            discussion: """
                EXAMPLES:
                  brainctl backup drill
                """)

        @Flag(name: .long, help: "Return when it has begun.")
        var noWait = false

        @OptionGroup var connection: ConnectionOptions

        func run() async throws {
            try await WorkerRun(name: "restore-drill", connection: connection).perform(waits: !noWait)
        }
    }
}
