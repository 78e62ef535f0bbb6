import ProcessSupervision

extension ClusterReplacement {
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
