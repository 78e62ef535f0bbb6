import Glibc
import ProcessSupervision

/// PostgreSQL's server programs of one installation.
package struct PostgresPrograms: Sendable, Equatable {
    /// The folder they lie in.
    package var directory: String
    /// The major version, such as 15.
    package var majorVersion: Int

    /// The server.
    var postgres: String { directory + "/postgres" }
    /// Makes a cluster.
    var initdb: String { directory + "/initdb" }
    /// Writes a dump.
    package var dump: String { directory + "/pg_dump" }
    /// Reads a dump.
    package var restore: String { directory + "/pg_restore" }
    /// Copies a running cluster.
    package var baseBackup: String { directory + "/pg_basebackup" }
    /// Compares such a copy with its manifest.
    package var verifyBackup: String { directory + "/pg_verifybackup" }
    /// Receives WAL as it is written.
    package var receiveWAL: String { directory + "/pg_receivewal" }
    /// Reads WAL.
    package var waldump: String { directory + "/pg_waldump" }
    /// Tells what a cluster's control file says.
    package var controlData: String { directory + "/pg_controldata" }
    /// Runs statements.
    package var psql: String { directory + "/psql" }

    /// Finds the programs: in the configured folder alone when there is one, else in that of `pg_config --bindir`, then
    /// in Debian's `/usr/lib/postgresql/N/bin` from the highest N down, then on the search path.
    ///
    /// - Parameters:
    ///   - clusterVersion: the major version that an existing cluster needs; nil: any from 15 on.
    ///   - identity: who the programs are run as to tell their version.
    package static func find(
        configured: String?, clusterVersion: Int?, cluster: String, identity: ProcessIdentity, queue: BlockingQueue
    ) async throws(ManagedPostgresError) -> PostgresPrograms {
        var folders: [String] = []
        if let configured {
            folders = [configured]
        } else {
            if let folder = await configuredByPackage(identity: identity) { folders.append(folder) }
            folders += try await queue.run { () throws(ManagedPostgresError) in usualFolders() }
        }
        var seen: [String] = []
        var found: [PostgresPrograms] = []
        for folder in folders where !seen.contains(folder) {
            seen.append(folder)
            guard let programs = try await inspect(folder, identity: identity, queue: queue) else { continue }
            if clusterVersion == programs.majorVersion { return programs }
            if clusterVersion == nil && programs.majorVersion >= ManagedPostgresConfiguration.oldestMajorVersion {
                return programs
            }
            found.append(programs)
        }
        throw notFound(seen: seen, found: found, clusterVersion: clusterVersion, cluster: cluster)
    }

    /// The major version in what `postgres --version` prints: "postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)".
    /// Beta versions ("18beta1") count as their release.
    static func majorVersion(in line: String) -> Int? {
        guard let mark = line.firstRange(of: "(PostgreSQL) ") else { return nil }
        return Int(line[mark.upperBound...].prefix { $0.isASCII && $0.isNumber })
    }

    private static func configuredByPackage(identity: ProcessIdentity) async -> String? {
        let command = ChildCommand(
            executable: "/usr/bin/env", arguments: ["pg_config", "--bindir"], identity: identity)
        guard let run = try? await ProgramRun.run(command, bound: .seconds(10)), run.exit == .exited(0),
            let line = run.lines.first, line.hasPrefix("/")
        else { return nil }
        return line
    }

    /// Blocks.
    private static func usualFolders() -> [String] {
        let base = "/usr/lib/postgresql"
        let versions = ((try? ServerFiles.names(in: base)) ?? []).compactMap { Int($0) }.sorted(by: >)
        return versions.map { "\(base)/\($0)/bin" } + SearchPath.folders()
    }

    /// The version of the server in this folder, or nil when there is no server that runs.
    private static func inspect(
        _ folder: String, identity: ProcessIdentity, queue: BlockingQueue
    ) async throws(ManagedPostgresError) -> PostgresPrograms? {
        let isThere = try await queue.run { () throws(ManagedPostgresError) in
            access(folder + "/postgres", X_OK) == 0 && access(folder + "/initdb", X_OK) == 0
        }
        guard isThere else { return nil }
        let command = ChildCommand(executable: folder + "/postgres", arguments: ["--version"], identity: identity)
        guard let run = try? await ProgramRun.run(command, bound: .seconds(10)), run.exit == .exited(0),
            let version = run.lines.lazy.compactMap({ majorVersion(in: $0) }).first
        else { return nil }
        return PostgresPrograms(directory: folder, majorVersion: version)
    }

    private static func notFound(
        seen: [String], found: [PostgresPrograms], clusterVersion: Int?, cluster: String
    ) -> ManagedPostgresError {
        let installed =
            found.isEmpty
            ? "found none" : "found " + found.map { "\($0.majorVersion) in \($0.directory)" }.joined(separator: ", ")
        let looked = "Looked in \(seen.joined(separator: ", ")); \(installed)."
        if let clusterVersion, !found.isEmpty || clusterVersion < ManagedPostgresConfiguration.oldestMajorVersion {
            return ManagedPostgresError(
                .versionMismatch,
                "the cluster in \(cluster) was made by PostgreSQL \(clusterVersion), and only the same major version "
                    + "can run it. \(looked) Install the Debian package postgresql-\(clusterVersion), or upgrade the "
                    + "cluster with pg_upgrade, or choose another folder.")
        }
        let package = clusterVersion.map { "postgresql-\($0)" } ?? "postgresql"
        let wanted = clusterVersion.map { "\($0)" } ?? "\(ManagedPostgresConfiguration.oldestMajorVersion) or newer"
        return ManagedPostgresError(
            .programsNotFound,
            "PostgreSQL's server programs (postgres and initdb, version \(wanted)) were not found. \(looked) "
                + "Install the Debian package \(package), or set managed.postgres_bindir to the folder that holds them."
        )
    }
}
