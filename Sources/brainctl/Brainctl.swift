import ArgumentParser
import BrainClient

/// The command line of brain-memoryd.
struct Brainctl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "brainctl",
        abstract: "Store and find the memories of AI agents, kept by brain-memoryd on this machine.",
        discussion: """
            It goes to /run/brain-memoryd/brain.sock, where an installed daemon is. Another one's socket is given with \
            --socket PATH, or once in BRAIN_SOCKET:
              export BRAIN_SOCKET=$PWD/.brain/brain.sock

            EXAMPLES:
              brainctl store --agent caroline --tag tea "Mel likes her tea without milk"
              brainctl query --agent caroline --tag tea --since 7d
              brainctl import memories.jsonl
              brainctl export --agent caroline > caroline.jsonl

            It ends with 0 when all went well, 1 when something failed, and 2 when the command line is wrong.
            """,
        version: ProductVersion.current,
        groupedSubcommands: [
            CommandGroup(
                name: "Memory",
                subcommands: [
                    StoreCommand.self, GetCommand.self, QueryCommand.self, CountCommand.self, DeleteCommand.self,
                    ClearCommand.self,
                ]),
            CommandGroup(name: "Bulk", subcommands: [ImportCommand.self, ExportCommand.self]),
            CommandGroup(
                name: "Agent",
                subcommands: [AgentsCommand.self, RegisterCommand.self, UnregisterCommand.self, InsightsCommand.self]),
            CommandGroup(
                name: "Daemon",
                subcommands: [
                    HealthCommand.self, PingCommand.self, StatsCommand.self, CleanupCommand.self,
                    WorkersCommand.self, WorkerCommand.self, CallCommand.self,
                ]),
            CommandGroup(name: "Backup", subcommands: [BackupCommand.self]),
            CommandGroup(
                name: "Other", subcommands: [CompletionsCommand.self, ManualCommand.self, VersionCommand.self]),
        ])
}
