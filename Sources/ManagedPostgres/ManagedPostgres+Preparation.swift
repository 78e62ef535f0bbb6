import Glibc
import Logging
import Synchronization

/// From an empty folder to a server that can be started: the steps of ``ManagedPostgres/start()`` in their order.
extension ManagedPostgres {
    func prepare() async throws(ManagedPostgresError) -> Running {
        let configuration = configuration
        let identity = try await queue.run { () throws(ManagedPostgresError) in
            try ServerUser.resolve(configured: configuration.user)
        }
        let layout = try await queue.run { () throws(ManagedPostgresError) in
            try Self.openFolder(configuration.directory)
        }
        // From here on the folder is ours: nobody else changes what the next steps find.
        let lock = try await lock(layout)
        do {
            let programs = try await prepareCluster(layout, identity: identity)
            let settings = try await queue.run { () throws(ManagedPostgresError) in
                let settings = Self.settings(configuration, layout: layout, identity: identity)
                try Self.write(settings, layout: layout, identity: identity)
                // Done again before each start of the server; here, so that what is wrong with it is told at once.
                try Self.prepareSocketFolder(layout, identity: identity)
                return settings
            }
            let supervisor = supervisor(
                layout: layout, programs: programs, identity: identity, settings: settings, lock: lock)
            return Running(supervisor: supervisor, lock: lock, connectionInfo: settings.connectionInfo)
        } catch {
            lock.release()
            throw error
        }
    }

    /// Makes DIR if it is absent, and finds its true path. Blocks.
    private static func openFolder(_ directory: String) throws(ManagedPostgresError) -> ClusterLayout {
        // Open to all, since the daemon's socket may lie in it; what is secret is in folders closed to others.
        _ = try ServerFiles.makeDirectory(directory, mode: 0o755)
        guard let resolved = realpath(directory, nil) else { throw ServerFiles.failure("find the path of", directory) }
        defer { free(resolved) }
        let root = String(cString: resolved)
        guard try ServerFiles.kind(of: root)?.isDirectory == true else {
            throw ManagedPostgresError(.foreignFolder, "\(root) is not a folder")
        }
        return ClusterLayout(root: root)
    }

    /// Takes the lock. A daemon that was killed while it started a program leaves the lock to that program for the
    /// moment until it is executed, so a lock that is held is tried again for half a second.
    private func lock(_ layout: ClusterLayout) async throws(ManagedPostgresError) -> ClusterLock {
        let attempts = 10
        for _ in 1..<attempts {
            do throws(ManagedPostgresError) {
                return try await queue.run { () throws(ManagedPostgresError) in try ClusterLock(path: layout.lock) }
            } catch {
                guard error.kind == .locked, (try? await Task.sleep(for: .milliseconds(50))) != nil else { throw error }
            }
        }
        return try await queue.run { () throws(ManagedPostgresError) in try ClusterLock(path: layout.lock) }
    }

    /// Finds the programs that fit the cluster, makes one if there is none, and ends what an earlier daemon left in it.
    private func prepareCluster(
        _ layout: ClusterLayout, identity: ProcessIdentity
    ) async throws(ManagedPostgresError) -> PostgresPrograms {
        try await FolderReach(identity: identity).check(layout.root)
        let version = try await queue.run { () throws(ManagedPostgresError) in
            try ClusterFolder.majorVersion(of: layout, identity: identity)
        }
        let programs = try await PostgresPrograms.find(
            configured: configuration.programsDirectory, clusterVersion: version, cluster: layout.data,
            identity: identity, queue: queue)
        let initializer = ClusterInitializer(
            layout: layout, programs: programs, identity: identity, queue: queue, logger: logger)
        try await initializer.removeLeftovers()
        if version == nil {
            try await initializer.initialize()
        } else {
            try await leftover(in: layout).clear()
        }
        return programs
    }

    private func leftover(in layout: ClusterLayout) -> LeftoverServer {
        LeftoverServer(cluster: layout.data, stopSteps: configuration.stopSteps, queue: queue, logger: logger)
    }

    /// Blocks.
    private static func settings(
        _ configuration: ManagedPostgresConfiguration, layout: ClusterLayout, identity: ProcessIdentity
    ) -> ServerSettings {
        let memory = MemorySize.availableBytes()
        return ServerSettings(
            socketFolder: layout.socketFolder, maximumConnections: configuration.maximumConnections,
            sharedBuffersBytes: configuration.sharedBuffersBytes ?? MemorySize.sharedBuffersBytes(available: memory),
            memoryBytes: memory, serverUser: identity.userName,
            daemonUser: identity.isSwitch ? ServerUser.rootName() : identity.userName)
    }

    /// Blocks.
    private static func write(
        _ settings: ServerSettings, layout: ClusterLayout, identity: ProcessIdentity
    ) throws(ManagedPostgresError) {
        let files = [
            (ServerSettings.fileName, settings.file), ("pg_hba.conf", settings.accessFile),
            ("pg_ident.conf", settings.identityFile),
        ]
        for (name, text) in files {
            try ServerFiles.replace(layout.data + "/" + name, with: text, mode: 0o600, owner: identity)
        }
    }

    private func supervisor(
        layout: ClusterLayout, programs: PostgresPrograms, identity: ProcessIdentity, settings: ServerSettings,
        lock: ClusterLock
    ) -> SupervisedProcess {
        let command = ChildCommand(
            executable: programs.postgres, arguments: ["-D", layout.data] + settings.arguments, identity: identity)
        let leftover = leftover(in: layout)
        let queue = queue
        let logger = logger
        let lastLevel = Mutex(Logger.Level.info)
        let program = SupervisedProcess.Program(
            name: "PostgreSQL",
            prepare: {
                try await leftover.clear()
                try await queue.run { () throws(ManagedPostgresError) in
                    try Self.prepareSocketFolder(layout, identity: identity)
                }
                // Named here so that the folder stays locked for as long as the server may be started.
                withExtendedLifetime(lock) {}
                return command
            },
            isReady: { pid in
                let file = try? await queue.run { () throws(ManagedPostgresError) in
                    try PostmasterFile.read(cluster: layout.data)
                }
                // The file is that of an earlier server until this one has written its own.
                return file?.pid == pid && file?.status == "ready"
            },
            onLine: { text in
                let line = ServerLogLine(text)
                let level = lastLevel.withLock { last in
                    last = line.level ?? last
                    return last
                }
                let metadata: Logger.Metadata? = line.pid.map { ["server_pid": "\($0)"] }
                logger.log(level: level, "PostgreSQL: \(line.message)", metadata: metadata)
            })
        return SupervisedProcess(
            program: program, policy: SupervisionPolicy(stopSteps: configuration.stopSteps), logger: logger)
    }

    /// Makes the folder of the socket, or checks that the one that is there is private. Blocks.
    private static func prepareSocketFolder(
        _ layout: ClusterLayout, identity: ProcessIdentity
    ) throws(ManagedPostgresError) {
        let folder = layout.socketFolder
        if try ServerFiles.makeDirectory(folder, mode: 0o700, owner: identity) { return }
        // Outside DIR the name can be guessed, so somebody else may have made it first to listen in.
        guard let kind = try ServerFiles.kind(of: folder), kind.isDirectory, kind.owner == identity.userID,
            kind.mode & 0o077 == 0
        else {
            throw ManagedPostgresError(
                .foreignFolder,
                "\(folder), the folder of PostgreSQL's socket, must be a folder of user '\(identity.userName)' that is "
                    + "closed to others (mode 0700), and is not. Remove it, then start again.")
        }
        // A lock that a killed server left names a pid. Used again by any process of the server's user, it would keep
        // the next server from starting. No server runs now, and the folder is ours alone.
        for name in [".s.PGSQL.\(ClusterLayout.port)", ".s.PGSQL.\(ClusterLayout.port).lock"]
        where unlink(folder + "/" + name) != 0 && errno != ENOENT {
            throw ServerFiles.failure("remove", folder + "/" + name)
        }
    }
}
