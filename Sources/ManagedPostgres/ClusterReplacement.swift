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
    private let configuration: ManagedPostgresConfiguration
    private let lock: ClusterLock
    private let queue: BlockingQueue
    private let logger: Logger

    private init(
        configuration: ManagedPostgresConfiguration, layout: ClusterLayout, identity: ProcessIdentity,
        programs: PostgresPrograms, settings: ServerSettings, lock: ClusterLock, queue: BlockingQueue, logger: Logger
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
        let lock = try await ClusterLock.take(layout.lock, queue: queue)
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

    /// A server on the cluster in the folder, not started yet. `settings` outrank all others.
    package func server(settings more: [(name: String, value: String)] = []) -> PrivateServer {
        var arguments = ["-D", staging] + settings.arguments
        // Nobody waits for a standby here, and the archive takes nothing of what is not in its place yet.
        let own = [("synchronous_standby_names", ""), ("archive_mode", "off"), ("log_checkpoints", "off")]
        for (name, value) in own + more { arguments += ["-c", "\(name)=\(value)"] }
        return PrivateServer(
            command: ChildCommand(executable: programs.postgres, arguments: arguments, identity: identity),
            stopSteps: configuration.stopSteps, logger: logger)
    }

    /// The settings with which a server replays WAL that lies in its own `pg_wal` to its end, and then serves: with progress
    /// in its log, and no connections before.
    package static let recoverySettings: [(name: String, value: String)] = [
        // Archive recovery wants a command. All there is lies in pg_wal, where it looks next.
        ("restore_command", "/bin/false"), ("recovery_target_action", "promote"), ("hot_standby", "off"),
        ("log_startup_progress_interval", "250ms"), ("autovacuum", "off"),
    ]

    /// What libpq needs to connect to that server as the superuser, as variables of the environment.
    package func environment(database: String, role: String = "postgres") -> [String: String] {
        ChildCommand.plainEnvironment.merging([
            "PGHOST": layout.socketFolder.path, "PGPORT": "\(ClusterLayout.port)", "PGDATABASE": database,
            "PGUSER": role, "PGAPPNAME": "brain-memoryd restore",
        ]) { $1 }
    }

    /// Runs statements on that server as the superuser and returns the lines of their results, columns separated by `|`.
    package func query(
        _ sql: String, database: String = "postgres", bound: Duration = .seconds(600)
    ) async throws(ManagedPostgresError) -> [String] {
        let command = ChildCommand(
            executable: programs.psql,
            arguments: [
                "--no-psqlrc", "--no-password", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1",
                "--file=-",
            ], environment: environment(database: database), identity: identity, standardInput: sql + "\n")
        let run: ProgramRun
        do {
            run = try await ProgramRun.run(command, bound: bound)
        } catch {
            throw ManagedPostgresError(.startFailed, "psql does not start: \(error)")
        }
        guard run.exit == .exited(0) else {
            throw ManagedPostgresError(.startFailed, "a statement on the restored server failed: psql \(run.failure)")
        }
        return run.lines.filter { !$0.isEmpty }
    }

    /// Puts the cluster in its place; its server has been stopped. What was there is renamed, in the same step: there is no
    /// moment without a cluster.
    ///
    /// - Returns: where what was there is now.
    package func install() async throws(ManagedPostgresError) -> String? {
        let (staging, layout) = (staging, layout)
        let isOccupied = try await queue.run { () throws(ManagedPostgresError) in
            try ServerFiles.synchronize(staging)
            return try ServerFiles.kind(of: layout.data) != nil
        }
        guard isOccupied else {
            try await queue.run { () throws(ManagedPostgresError) in try ServerFiles.rename(staging, to: layout.data) }
            return nil
        }
        // A daemon that was killed leaves its server running on it.
        try await LeftoverServer(
            cluster: layout.data, stopSteps: configuration.stopSteps, queue: queue, logger: logger
        ).clear()
        return try await queue.run { () throws(ManagedPostgresError) in
            try Self.exchange(staging, with: layout.data, keptIn: layout.root + "/postgres.replaced-")
        }
    }

    /// Blocks.
    private static func exchange(
        _ fresh: String, with place: String, keptIn prefix: String
    ) throws(ManagedPostgresError) -> String? {
        if try ServerFiles.kind(of: place)?.isDirectory == true, rmdir(place) == 0 {
            try ServerFiles.rename(fresh, to: place)
            return nil
        }
        var time = time(nil)
        var parts = tm()
        gmtime_r(&time, &parts)
        var buffer = [CChar](repeating: 0, count: 32)
        strftime(&buffer, buffer.count, "%Y%m%dT%H%M%SZ", &parts)
        let kept = prefix + String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        // First under the name that the old one shall have, then the two change names at once. The name in which clusters are
        // built would not do in between: what a crash leaves under that is removed.
        try ServerFiles.rename(fresh, to: kept)
        if try !ServerFiles.exchange(kept, with: place) {
            // A filesystem that can't: two steps, each leaving both under a name that nobody removes.
            let aside = kept + "-old"
            try ServerFiles.rename(place, to: aside)
            try ServerFiles.rename(kept, to: place)
            return aside
        }
        return kept
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

extension ClusterReplacement {
    /// Makes a cluster durable that was written by a server without `fsync`.
    package func synchronize() async throws(ManagedPostgresError) {
        let command = ChildCommand(
            executable: programs.initdb, arguments: ["--sync-only", "--pgdata", staging], identity: identity)
        let run: ProgramRun
        do {
            run = try await ProgramRun.run(command, bound: .seconds(3_600))
        } catch {
            throw ManagedPostgresError(.initializationFailed, "initdb does not start: \(error)")
        }
        guard run.exit == .exited(0) else {
            throw ManagedPostgresError(.initializationFailed, "can't sync \(staging): initdb \(run.failure)")
        }
    }
}
