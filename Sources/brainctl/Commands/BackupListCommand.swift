import ArgumentParser
import BrainClient

struct BackupListCommand: RequestCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Show the backups, whether each can be relied on, and what the WAL covers.",
        discussion: """
            Files that changed since they were last read are read again, so a backup that was damaged by a write shows at
            once; for decay of the disk there is brainctl backup verify. It ends with 1 when a backup is not good.

            EXAMPLES:
              brainctl backup list
              brainctl backup list --json | jq '.backups[] | select(.good | not)'
            """)

    @OptionGroup var connection: ConnectionOptions

    func request(now: Timestamp) -> BrainRequest<BackupReport> { .listBackups }

    func status(of report: BackupReport) -> Failure.ExitStatus { BackupTable.status(of: report) }

    func present(_ report: BackupReport, on screen: Screen) -> String { BackupTable.text(of: report, on: screen) }
}

struct BackupVerifyCommand: RequestCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Read every byte of one backup, or of all, and check it.",
        discussion: """
            It decodes dumps, compares counts and hashes, and runs pg_verifybackup and pg_waldump. It ends with 1 when a
            backup is not good.

            EXAMPLES:
              brainctl backup verify
              brainctl backup verify dump-20260102T030405Z-1a2b3c4d
            """)

    @Argument(help: "The backup; without it, all.")
    var id: String?

    @OptionGroup var connection: ConnectionOptions

    var patience: Duration? { .seconds(600) }

    func request(now: Timestamp) -> BrainRequest<BackupReport> { .verifyBackup(id) }

    func status(of report: BackupReport) -> Failure.ExitStatus { BackupTable.status(of: report) }

    func present(_ report: BackupReport, on screen: Screen) -> String { BackupTable.text(of: report, on: screen) }
}
