import Logging
import ManagedPostgres
import MonotonicClock
import ProcessSupervision

/// Restores a cluster: finds out what to restore, checks it, tells, and does it. What is in the place to restore to stays
/// as it is until all has succeeded.
package struct Restorer: Sendable {
    let configuration: RestoreConfiguration
    let request: RestoreRequest
    let logger: Logger
    let onProgress: @Sendable (RestoreProgress) -> Void
    let queue = BlockingQueue(label: "brain-memoryd.restore")

    /// Does nothing yet.
    ///
    /// - Parameter onProgress: called often, from any thread.
    package init(
        configuration: RestoreConfiguration, request: RestoreRequest, logger: Logger,
        onProgress: @escaping @Sendable (RestoreProgress) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.request = request
        self.logger = logger
        self.onProgress = onProgress
    }

    /// What will be restored, checked and ready.
    package enum Prepared: Sendable {
        /// From a base backup and WAL.
        case cluster(RestorePlan, WALCheck)
        /// From a dump.
        case dump(BackupManifest)
    }

    /// Chooses what to restore and reads all of it: every checksum, every record of WAL. Changes nothing.
    ///
    /// - Returns: what to restore, and what its user has to know of what was not chosen.
    /// - Throws: why nothing can be restored as it was asked for.
    package func prepare() async throws(RestoreError) -> (prepared: Prepared, warnings: [String]) {
        try await wrapped { () async throws in try await choose() }
    }

    /// Restores what was prepared.
    ///
    /// - Throws: what went wrong; the place to restore to is as it was.
    package func restore(_ prepared: Prepared) async throws(RestoreError) -> RestoreReport {
        let begin = MonotonicInstant.now
        var report: RestoreReport = try await wrapped { () async throws in
            switch prepared {
            case .cluster(let plan, let check): try await restoreCluster(plan, check)
            case .dump(let manifest): try await restoreDump(manifest)
            }
        }
        report.duration = .now - begin
        return report
    }

    /// Throws when there is something in the place to restore to, and it is not to be replaced.
    package func checkPlace() async throws(RestoreError) {
        let directory = configuration.managed.directory
        let occupant: String? = try await wrapped { () async throws in
            try await queue.run { () throws(ManagedServerError) in try ClusterReplacement.occupant(of: directory) }
        }
        guard let occupant, !request.isForced else { return }
        throw RestoreError(
            .occupied,
            "\(occupant) is there already. With --force it is kept beside, as \(occupant).replaced-STAMP, and the restored "
                + "cluster takes its place; or choose another folder with --target.")
    }

    /// Makes every error one of a restore.
    func wrapped<Value>(_ work: () async throws -> Value) async throws(RestoreError) -> Value {
        do {
            return try await work()
        } catch let error as RestoreError {
            throw error
        } catch {
            throw RestoreError(.failed, "\(error)")
        }
    }

    /// PostgreSQL's programs for a cluster of this major version; nil: of any.
    func programs(_ version: Int?) async throws -> PostgresPrograms {
        try await PostgresPrograms.find(
            configured: configuration.managed.programsDirectory, clusterVersion: version,
            cluster: "the backup", identity: .own, queue: queue)
    }

    /// The major version of a base backup's cluster.
    func majorVersion(of base: BackupManifest) async throws -> Int {
        let path = cluster(of: base) + "/PG_VERSION"
        let text = try await queue.run { () throws(ManagedServerError) in try ServerFiles.text(of: path, limit: 64) }
        guard let version = text.flatMap({ Int($0.filter { !$0.isWhitespace }) }) else {
            throw RestoreError(.damaged, "\(path) does not tell the cluster's version")
        }
        return version
    }

    /// The folder of a base backup's cluster.
    func cluster(of base: BackupManifest) -> String {
        configuration.folders.backup(.base, base.id) + "/" + BackupFolders.clusterName
    }
}
