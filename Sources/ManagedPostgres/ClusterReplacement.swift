import Glibc
import Logging
import ProcessSupervision

/// Builds a cluster beside its place in the managed folder, and puts it there when it is whole. What was in its place stays
/// untouched until then, and is kept beside it after.
///
/// The managed folder is locked meanwhile: no daemon runs on it.
package final class ClusterReplacement: Sendable {
    /// The folder in which the cluster is built.
    package let staging: String
    /// Who runs the server, and owns the cluster.
    package let identity: ProcessIdentity
    /// PostgreSQL's programs, of the cluster's major version.
    package let programs: PostgresPrograms
    let layout: ClusterLayout
    let settings: ServerSettings
    let configuration: ManagedPostgresConfiguration
    private let lock: FileLock
    let queue: BlockingQueue
    let logger: Logger

    private init(
        configuration: ManagedPostgresConfiguration, layout: ClusterLayout, identity: ProcessIdentity,
        programs: PostgresPrograms, settings: ServerSettings, lock: FileLock, queue: BlockingQueue, logger: Logger
    ) {
        self.configuration = configuration
        self.layout = layout
        self.identity = identity
        self.programs = programs
        self.settings = settings
        self.lock = lock
        self.queue = queue
        self.logger = logger
        staging = layout.newStaging()
    }

    /// Locks the folder, makes it if it is absent, and removes what interrupted starts and restores have left in it.
    ///
    /// - Parameter clusterVersion: the major version of the cluster to restore; nil: any.
    package static func open(
        _ configuration: ManagedPostgresConfiguration, clusterVersion: Int?, logger: Logger
    ) async throws(ManagedPostgresError) -> ClusterReplacement {
        let queue = BlockingQueue(label: "brain-memoryd.restore")
        let (identity, layout) = try await queue.run { () throws(ManagedPostgresError) in
            (
                try ServerUser.resolve(configured: configuration.user),
                ClusterLayout(root: try ServerFiles.openRoot(configuration.directory))
            )
        }
        let lock = try await FileLock.ofCluster(layout.lock, queue: queue)
        do {
            try await FolderReach(identity: identity).check(layout.root)
            let programs = try await PostgresPrograms.find(
                configured: configuration.programsDirectory, clusterVersion: clusterVersion, cluster: layout.data,
                identity: identity, queue: queue)
            var initializer = ClusterInitializer(
                layout: layout, programs: programs, identity: identity, queue: queue, logger: logger)
            try await initializer.removeLeftovers()
            initializer.logger = logger
            let settings = await queue.run {
                ManagedPostgres.settings(configuration, layout: layout, identity: identity)
            }
            return ClusterReplacement(
                configuration: configuration, layout: layout, identity: identity, programs: programs,
                settings: settings, lock: lock, queue: queue, logger: logger)
        } catch {
            lock.release()
            throw error
        }
    }

    /// The cluster, or whatever else is not empty, in the place to restore to; nil when the place is free. Blocks.
    package static func occupant(of directory: String) throws(ManagedPostgresError) -> String? {
        let place = directory + "/postgres"
        guard let kind = try ServerFiles.kind(of: place) else { return nil }
        if kind.isDirectory, try ServerFiles.names(in: place).isEmpty { return nil }
        return place
    }

    /// Makes the empty folder. It is its maker's until ``giveAway()``: nobody else reaches what is copied into it.
    package func make() async throws(ManagedPostgresError) {
        let staging = staging
        _ = try await queue.run { () throws(ManagedPostgresError) in
            try ServerFiles.makeDirectory(staging, mode: 0o700)
        }
    }

    /// Makes a new cluster in the folder, with the daemon's role and its empty database.
    package func build() async throws(ManagedPostgresError) {
        try await ClusterInitializer(
            layout: layout, programs: programs, identity: identity, queue: queue, logger: logger
        ).build(in: staging)
        try await writeSettings()
    }

    /// Writes the settings of a managed cluster into the copy of some cluster, gives the folder to the server's user, and
    /// returns whether the copied cluster was a managed one.
    package func adopt() async throws(ManagedPostgresError) -> Bool {
        let (staging, identity) = (staging, identity)
        let isOurs = try await queue.run { () throws(ManagedPostgresError) in
            try ServerSettings.adopt(staging, identity: identity)
        }
        try await writeSettings()
        try await queue.run { () throws(ManagedPostgresError) in
            guard !identity.isSwitch || lchown(staging, identity.userID, identity.groupID) == 0 else {
                throw ServerFiles.failure("give to user '\(identity.userName)' the folder", staging)
            }
        }
        return isOurs
    }

    private func writeSettings() async throws(ManagedPostgresError) {
        let (staging, identity, settings, layout) = (staging, identity, settings, layout)
        try await queue.run { () throws(ManagedPostgresError) in
            try settings.write(into: staging, identity: identity)
            try ManagedPostgres.prepareSocketFolder(layout, identity: identity)
        }
    }

    /// Removes what was built and is not in its place; its server has been stopped.
    package func discard() async {
        let initializer = ClusterInitializer(
            layout: layout, programs: programs, identity: identity, queue: queue, logger: logger)
        try? await initializer.removeLeftovers()
    }

    /// Gives the folder back to the daemon.
    package func close() { lock.release() }
}
