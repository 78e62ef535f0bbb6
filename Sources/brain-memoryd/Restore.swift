import ArgumentParser
import Backups
import DaemonConfiguration
import Foundation
import Logging
import ManagedPostgres
import MemoryModel

/// Brings memories back from a backup.
struct Restore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Restore from a base backup and WAL, or from a dump.",
        discussion: """
            Into the managed folder, while no daemon runs on it; what is there is only replaced with --force, and then kept \
            beside it. All is checked beforehand, and told: --dry-run stops there.

            EXAMPLES
              brain-memoryd restore --managed /var/lib/brain-memoryd
              brain-memoryd restore --managed /var/lib/brain-memoryd --force --to-time 2026-11-26T02:59:00Z
              brain-memoryd restore --managed /var/lib/brain-memoryd --list-deletions
              brain-memoryd restore --backups /srv/backups --target /var/lib/brain-again --from-dump
            """)

    @OptionGroup var options: ConfigurationOptions

    @Option(help: "The folder of backups; without it, that of backups.directory.")
    var backups: String?

    @Option(help: "The backup to restore; without it, the newest base backup that will do, else the newest dump.")
    var backup: String?

    @Flag(help: "Take a dump though there are base backups.")
    var fromDump = false

    @Option(help: "Restore what had been committed by then (RFC 3339).")
    var toTime: Timestamp?

    @Option(help: "Restore up to this place in the WAL, such as 0/3000028.")
    var toLsn: WALLocation?

    @Option(help: "Restore up to just before this transaction; --list-deletions names them.")
    var beforeXid: UInt32?

    @Option(help: "The timeline to follow; without it, the latest.")
    var timeline: UInt32?

    @Option(
        help: "The managed folder to restore into, DIR; its cluster is DIR/postgres. Without it, that of --managed.")
    var target: String?

    @Option(help: "Restore a dump into the database of an existing server instead.")
    var intoUrl: String?

    @Flag(help: "List the transactions that took memories away, with the command that restores to just before each.")
    var listDeletions = false

    @Option(help: "With --list-deletions: only those committed from then on (RFC 3339).")
    var since: Timestamp?

    @Option(help: "With --list-deletions: only those that deleted or replaced so many rows, or emptied a table.")
    var rows = 10

    @Flag(help: "Replace what is there, keeping it beside; and restore up to a gap or damage rather than not at all.")
    var force = false

    @Flag(help: "Check and tell what would be restored, and stop there.")
    var dryRun = false

    func validate() throws {
        guard [toTime != nil, toLsn != nil, beforeXid != nil].count(where: { $0 }) <= 1 else {
            throw ValidationError("only one of --to-time, --to-lsn and --before-xid")
        }
        guard intoUrl == nil || target == nil else { throw ValidationError("either --target or --into-url") }
        guard rows >= 1 else { throw ValidationError("--rows must be at least 1, got \(rows)") }
    }

    func run() async throws {
        let configuration = try loadConfiguration()
        _ = DaemonLog(configuration.log)
        let progress = RestoreDisplay()
        let restorer = Restorer(
            configuration: try restoreConfiguration(configuration), request: request,
            logger: Logger(label: "brain-memoryd"), onProgress: { progress.show($0) })
        do throws(RestoreError) {
            if listDeletions { return try await list(restorer, progress) }
            try await restore(restorer, progress)
        } catch {
            progress.clear()
            throw DaemonFailure(error)
        }
    }

    /// The configuration in force. Where there is none yet, as on a new machine, a target and the backups are enough.
    private func loadConfiguration() throws -> DaemonConfiguration {
        do {
            return try options.load()
        } catch let failure as DaemonFailure {
            guard backups != nil, let folder = target ?? intoUrl.map({ _ in "/" }), options.config == nil,
                options.flags.isEmpty
            else { throw failure }
            var lone = options
            lone.flags = ["--managed", folder]
            return try lone.load()
        }
    }

    private var request: RestoreRequest {
        var request = RestoreRequest()
        request.backup = backup
        request.isFromDump = fromDump || intoUrl != nil
        request.timeline = timeline
        request.isForced = force
        if let toTime { request.target = .time(toTime) }
        if let toLsn { request.target = .location(toLsn) }
        if let beforeXid { request.target = .beforeTransaction(beforeXid) }
        return request
    }

    private func restoreConfiguration(_ configuration: DaemonConfiguration) throws -> RestoreConfiguration {
        var managed = configuration.managedPostgres
        if let target { managed.directory = URL(fileURLWithPath: target).path }
        guard target != nil || intoUrl != nil || configuration.managed.directory != nil else {
            throw DaemonFailure(
                status: .configuration, message: "nothing says where to restore to: --managed, --target or --into-url")
        }
        guard let folder = backups.map({ URL(fileURLWithPath: $0).path }) ?? configuration.backupsDirectory else {
            throw DaemonFailure(status: .configuration, message: "nothing says where the backups are: --backups")
        }
        return RestoreConfiguration(folders: BackupFolders(root: folder), managed: managed)
    }

    private func restore(_ restorer: Restorer, _ progress: RestoreDisplay) async throws(RestoreError) {
        if !dryRun && intoUrl == nil { try await restorer.checkPlace() }
        let (prepared, warnings) = try await restorer.prepare()
        progress.clear()
        for warning in warnings { progress.tell("WARNING: \(warning)") }
        progress.tell(prepared.description)
        if dryRun { return }
        let report: RestoreReport
        if let intoUrl {
            guard case .dump(let manifest) = prepared else {
                throw RestoreError(.failed, "only a dump can be restored into an existing server")
            }
            report = try await restorer.restore(manifest, into: intoUrl)
        } else {
            report = try await restorer.restore(prepared)
        }
        progress.clear()
        for warning in report.warnings { progress.tell("WARNING: \(warning)") }
        if let replaced = report.replaced { progress.tell("what was there is kept in \(replaced)") }
        if intoUrl == nil {
            progress.tell("next: start the daemon on this folder; it makes a new base backup by itself")
        }
        print(report.summary)
    }

    private func list(_ restorer: Restorer, _ progress: RestoreDisplay) async throws(RestoreError) {
        let deletions = try await restorer.deletions(minimumRows: rows, since: since)
        progress.clear()
        let words =
            ["brain-memoryd", "restore"] + CommandLine.arguments.dropFirst(2).filter { $0 != "--list-deletions" }
        for line in deletions.lines(command: words.joined(separator: " ")) { print(line) }
        if deletions.entries.isEmpty { progress.tell("no such transaction in the archived WAL") }
    }
}

extension DaemonFailure {
    init(_ error: RestoreError) {
        let status: Status =
            switch error.kind {
            case .noBackup: .unavailable
            case .missingWAL, .damaged, .targetNotReached: .dataError
            case .occupied, .noSpace: .cannotCreate
            case .failed: .systemError
            }
        self.init(status: status, message: error.message)
    }
}

extension Timestamp: ExpressibleByArgument {
    /// An RFC 3339 timestamp as it is typed.
    public init?(argument: String) { self.init(rfc3339: argument) }
}

extension WALLocation: ExpressibleByArgument {
    /// PostgreSQL's form of a place in the log.
    package init?(argument: String) { self.init(argument) }
}
