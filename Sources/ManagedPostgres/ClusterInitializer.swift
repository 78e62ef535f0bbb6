import Glibc
import LogEvents
import Logging
import ProcessSupervision

/// Makes a new cluster, complete or not at all.
///
/// It is built in a folder beside its place, and renamed when initdb, the role, the database and the settings are done
/// and on disk. So whatever stands in its place is a whole cluster, and a missing database later is a loss to be told,
/// not one to be papered over by an empty one.
struct ClusterInitializer: Sendable {
    var layout: ClusterLayout
    var programs: PostgresPrograms
    var identity: ProcessIdentity
    var queue: BlockingQueue
    var logger: Logger
    /// False for a cluster that is thrown away.
    var isDurable = true

    /// Removes what interrupted starts have left, if anything.
    func removeLeftovers() async throws(ManagedPostgresError) {
        let root = layout.root
        let names = try await queue.run { () throws(ManagedPostgresError) in
            try ServerFiles.names(in: root).filter { $0.hasPrefix(ClusterLayout.stagingPrefix) }
        }
        for name in names {
            logger.log(
                .leftoverRemoved, .notice, "removing an unfinished cluster: \(root)/\(name)",
                metadata: ["path": "\(root)/\(name)"])
            // A restore that was killed leaves a server running in it.
            try await LeftoverServer(
                cluster: root + "/" + name, stopSteps: [.init(signal: StopSignal.kill, bound: .seconds(5))],
                queue: queue, logger: logger
            ).clear()
            try await remove(root + "/" + name)
        }
    }

    /// As the folder's user and without following links: root does not delete in a folder that another user owns. An
    /// `initdb` that is still alive in it may add files meanwhile, until it finds its own gone; hence the second tries.
    private func remove(_ staging: String) async throws(ManagedPostgresError) {
        for attempt in 1...Self.removalAttempts {
            do throws(ManagedPostgresError) {
                let purpose = "empty the unfinished cluster \(staging)"
                // One that a restore was still copying into is the daemon's own, and nobody else can reach into it.
                let isOwn = try await queue.run { () throws(ManagedPostgresError) in
                    try ServerFiles.kind(of: staging)?.owner == geteuid()
                }
                var who = identity
                if isOwn { who.isSwitch = false }
                try await run(purpose, "/usr/bin/find", [staging, "-mindepth", "1", "-delete"], as: who)
                try await queue.run { () throws(ManagedPostgresError) in
                    guard rmdir(staging) == 0 else { throw ServerFiles.failure("remove", staging) }
                }
                return
            } catch {
                guard attempt < Self.removalAttempts, (try? await Task.sleep(for: .milliseconds(200))) != nil else {
                    throw error
                }
            }
        }
    }

    /// How often the removal is tried, 200 ms apart.
    private static let removalAttempts = 20

    /// Makes the cluster. It takes about a second.
    func initialize() async throws(ManagedPostgresError) {
        logger.log(
            .clusterCreated, .notice, "making a new PostgreSQL \(programs.majorVersion) cluster in \(layout.data)",
            metadata: ["path": "\(layout.data)", "version": "\(programs.majorVersion)"])
        let target = layout.data
        let staging = layout.newStaging()
        try await build(in: staging)
        try await queue.run { () throws(ManagedPostgresError) in try ServerFiles.rename(staging, to: target) }
    }

    /// Makes the cluster in the folder in which it is built, and leaves it there.
    func build(in staging: String) async throws(ManagedPostgresError) {
        let identity = identity
        _ = try await queue.run { () throws(ManagedPostgresError) in
            try ServerFiles.makeDirectory(staging, mode: 0o700, owner: identity)
        }
        // -k: data checksums, so that a bit lost on disk is an error, not a wrong memory. Locale C: the protocol orders
        // by code point, which for UTF-8 is the order of bytes, and no upgrade of the C library can then break an
        // index.
        try await run(
            "make a cluster in \(staging)", programs.initdb,
            [
                "--pgdata", staging, "--data-checksums", "--encoding=UTF8", "--locale=C",
                "--username=\(ServerSettings.superuser)", "--auth=peer", "--no-instructions",
            ] + (isDurable ? [] : ["--no-sync"]))
        // In single-user mode, before any server runs: needs neither a client program nor a socket. One line, one
        // command.
        try await run(
            "make the database in \(staging)", programs.postgres,
            [
                "--single", "-D", staging, "-c", "exit_on_error=on", "-c", "log_checkpoints=off", "-c",
                "fsync=\(isDurable ? "on" : "off")", "postgres",
            ],
            standardInput: """
                CREATE ROLE \(ServerSettings.role) LOGIN
                CREATE DATABASE \(ServerSettings.database) OWNER \(ServerSettings.role)

                """)
        try await queue.run { () throws(ManagedPostgresError) in
            try ServerSettings.includeFile(in: staging)
            // initdb has synced its files, and so has the checkpoint at the end of single-user mode.
            try ServerFiles.synchronize(staging)
        }
    }

    private func run(
        _ purpose: String, _ executable: String, _ arguments: [String], as who: ProcessIdentity? = nil,
        standardInput: String? = nil
    ) async throws(ManagedPostgresError) {
        let command = ChildCommand(
            executable: executable, arguments: arguments, identity: who ?? identity, standardInput: standardInput)
        let result: ProgramRun
        do {
            result = try await ProgramRun.run(command, bound: ManagedPostgresConfiguration.programBound)
        } catch {
            throw ManagedPostgresError(
                .initializationFailed, "can't \(purpose): \(executable) does not start: \(error)")
        }
        guard result.exit == .exited(0) else {
            throw ManagedPostgresError(.initializationFailed, "can't \(purpose): \(executable) \(result.failure)")
        }
    }
}
