import Glibc
import LogEvents
import Logging
import ProcessSupervision
import Synchronization

/// From an empty folder to a server that can be started: the steps of ``ManagedPostgres/start()`` in their order.
extension ManagedPostgres {
    func prepare() async throws(ManagedPostgresError) -> ServerLife.Running {
        let configuration = configuration
        let identity = try await queue.run { () throws(ManagedPostgresError) in
            try ServerUser.resolve(configured: configuration.user)
        }
        let layout = try await queue.run { () throws(ManagedPostgresError) in
            ClusterLayout(root: try ServerFiles.openRoot(configuration.directory))
        }
        // From here on the folder is ours: nobody else changes what the next steps find.
        let lock = try await FileLock.ofCluster(layout.lock, queue: queue)
        do {
            let programs = try await prepareCluster(layout, identity: identity)
            let settings = try await queue.run { () throws(ManagedPostgresError) in
                let settings = Self.settings(configuration, layout: layout, identity: identity)
                try settings.write(into: layout.data, identity: identity)
                // Done again before each start of the server; here, so that what is wrong with it is told at once.
                try Self.prepareSocketFolder(layout, identity: identity)
                return settings
            }
            administrative.withLock { $0 = settings.administrativeConnectionInfo }
            let supervisor = supervisor(
                layout: layout, programs: programs, identity: identity, settings: settings, lock: lock)
            return ServerLife.Running(
                supervisor: supervisor, address: settings.connectionInfo, release: { lock.release() })
        } catch {
            lock.release()
            throw error
        }
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
            layout: layout, programs: programs, identity: identity, queue: queue, logger: logger,
            isDurable: configuration.isDurable)
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
    static func settings(
        _ configuration: ManagedPostgresConfiguration, layout: ClusterLayout, identity: ProcessIdentity
    ) -> ServerSettings {
        let memory = MemorySize.availableBytes()
        return ServerSettings(
            socketFolder: layout.socketFolder.path, maximumConnections: configuration.maximumConnections,
            sharedBuffersBytes: configuration.sharedBuffersBytes ?? MemorySize.sharedBuffersBytes(available: memory),
            memoryBytes: memory, serverUser: identity.userName,
            daemonUser: identity.isSwitch ? ServerUser.rootName() : identity.userName,
            synchronousStandby: configuration.synchronousStandby, slotWALBytes: configuration.slotWALBytes,
            isDurable: configuration.isDurable)
    }

    private func supervisor(
        layout: ClusterLayout, programs: PostgresPrograms, identity: ProcessIdentity, settings: ServerSettings,
        lock: FileLock
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
                logger.log(
                    .serverOutput, level, "PostgreSQL: \(line.message)",
                    metadata: ["server": "PostgreSQL", "server_pid": "\(line.pid ?? "unknown")"])
            })
        return SupervisedProcess(
            program: program, policy: SupervisionPolicy(stopSteps: configuration.stopSteps), logger: logger)
    }

    /// Makes the folder of the socket ready, and removes the lock that a killed server left. It names a pid: used again
    /// by any process of the server's user, it would keep the next server from starting. Blocks.
    static func prepareSocketFolder(
        _ layout: ClusterLayout, identity: ProcessIdentity
    ) throws(ManagedPostgresError) {
        try layout.socketFolder.prepare(
            for: "PostgreSQL", identity: identity,
            stale: [ClusterLayout.socketName, ClusterLayout.socketName + ".lock"])
    }
}
