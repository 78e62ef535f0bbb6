import Foundation
public import Logging
import PostgresDriver
import ProcessSupervision

/// Makes backups, tells which are good, and proves them by restoring them.
///
/// One run is at work in a folder of backups at a time, also of several daemons; another one is refused with
/// `.inProgress`. Cancelling the task of a run ends it within seconds, and its programs with it. A run that was killed
/// together with its daemon leaves an incomplete folder and perhaps programs at work: the next one clears both.
public final class BackupKeeper: Sendable {
    let configuration: BackupConfiguration
    let logger: Logger
    private let onStep: @Sendable (BackupProgress) -> Void
    /// For listing and verifying, so that neither waits for a run's files to be synced.
    private let readingQueue = BlockingQueue(label: "brain-memoryd.backups.reading")
    private let runQueue = BlockingQueue(label: "brain-memoryd.backups")
    private let remembered = RememberedCatalog()

    /// Does nothing yet.
    ///
    /// - Parameter onStep: told of each step of a backup that is done.
    public init(
        configuration: BackupConfiguration, logger: Logger,
        onStep: @escaping @Sendable (BackupProgress) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.logger = logger
        self.onStep = onStep
    }

    /// Dumps the schema of the memories, decodes the dump, compares it with the database, and puts it among the backups.
    ///
    /// - Parameter reason: why: `schedule`, `request`, `writes` or `migration`.
    /// - Returns: its manifest.
    /// - Throws: why there is none; earlier backups are as they were then.
    public func makeDump(reason: String) async throws(BackupError) -> BackupManifest {
        try await make(.dump, reason: reason)
    }

    /// Copies the whole cluster, verifies the copy, and puts it among the backups.
    ///
    /// - Parameter reason: as for ``makeDump(reason:)``.
    /// - Throws: why there is none; earlier backups are as they were then.
    public func makeBase(reason: String) async throws(BackupError) -> BackupManifest {
        try await make(.base, reason: reason)
    }

    /// All backups, newest first, good and bad, with what is wrong with them.
    ///
    /// Every change of a file is noticed. The bytes of a file are read again only if its size, times or inode changed
    /// since they were last.
    public func list() async throws(BackupError) -> [BackupListing] {
        try await catalog().list()
    }

    /// Reads every byte of a backup, or of all: compares checksums, decodes dumps and compares their content with the
    /// manifest, and has base backups verified by `pg_verifybackup`.
    ///
    /// - Parameter id: the backup; nil: all.
    /// - Returns: as ``list()``, only those that were read.
    /// - Throws: `.notFound` when there is no backup of that name.
    public func verify(_ id: String? = nil) async throws(BackupError) -> [BackupListing] {
        let catalog = try await catalog()
        let all = try await catalog.list(isFresh: id == nil)
        var listings = all.filter { id == nil || $0.id == id }
        if let id {
            guard let found = listings.first, let fresh = try await catalog.listing(found.kind, id, isFresh: true)
            else {
                throw BackupError(.notFound, "there is no backup '\(id.prefix(80))' in \(configuration.directory)")
            }
            listings = [fresh]
        }
        let verification = Verification(tools: catalog.tools)
        var verified: [BackupListing] = []
        for var listing in listings {
            if listing.isGood { listing.problems += try await verification.problems(of: listing) }
            if let listing = try await catalog.unlessGone(listing) { verified.append(listing) }
        }
        return verified
    }

    /// Restores the newest good dump into a scratch server, compares it with its manifest, and notes that it is proven.
    ///
    /// - Throws: `.notFound` when there is no good dump, `.mismatch` when what was restored differs.
    public func drill() async throws(BackupError) -> DrillReport {
        try await exclusively { (tools, catalog, leftovers) throws(BackupError) in
            try await leftovers.clear()
            return try await RestoreDrill(tools: tools, catalog: catalog).run()
        }
    }

    private func make(_ kind: BackupKind, reason: String) async throws(BackupError) -> BackupManifest {
        let onStep = onStep
        return try await exclusively { (tools, catalog, leftovers) throws(BackupError) in
            let work: any BackupWork = kind == .dump ? DumpWork(tools: tools) : BaseWork(tools: tools)
            let id = BackupID(kind: kind, startedAt: Date(), random: .random(in: 0 ... .max))
            let run = BackupRun(
                tools: tools, catalog: catalog, leftovers: leftovers, work: work, id: id, reason: reason,
                onStep: onStep)
            return try await run.run()
        }
    }

    /// Runs `body` while nobody else is at work in the folder.
    private func exclusively<Value: Sendable>(
        _ body: @Sendable (BackupTools, BackupCatalog, Leftovers) async throws(BackupError) -> Value
    ) async throws(BackupError) -> Value {
        let catalog = try await catalog()
        let tools = BackupTools(
            configuration: configuration, folders: catalog.tools.folders, queue: runQueue, logger: logger)
        let path = tools.folders.lock
        let lock = try await tools.blocking { () throws(ManagedServerError) in
            try FileLock(path: path) { "a backup or a drill is in progress already: \($0) holds \(path)" }
        }
        defer { lock.release() }
        let scratch = try await ScratchPlace.find(tools)
        let leftovers = Leftovers(
            tools: tools,
            places: [(tools.folders.root, BackupFolders.incompletePrefix), (scratch.folder, scratch.prefix)])
        return try await body(tools, catalog, leftovers)
    }

    /// The catalog of the folder, which is made if absent. It is one and the same for good, for what it remembers.
    private func catalog() async throws(BackupError) -> BackupCatalog {
        let directory = configuration.directory
        let root: String
        do throws(ManagedServerError) {
            root = try await readingQueue.run { () throws(ManagedServerError) in try BackupRoot.open(directory) }
        } catch {
            throw BackupError(error)
        }
        return remembered.catalog(root) {
            BackupCatalog(
                tools: BackupTools(
                    configuration: configuration, folders: BackupFolders(root: root), queue: readingQueue,
                    logger: logger))
        }
    }
}
