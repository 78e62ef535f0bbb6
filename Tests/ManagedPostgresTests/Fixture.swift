import ProcessSupervision
import SupervisionFixture

@testable import ManagedPostgres

/// What tests do with a managed PostgreSQL in the fixture's folder.
extension Fixture {
    var layout: ClusterLayout { ClusterLayout(root: directory) }

    func makeServer(
        directory: String? = nil, _ change: (inout ManagedPostgresConfiguration) -> Void = { _ in }
    ) -> ManagedPostgres {
        var configuration = ManagedPostgresConfiguration(directory: directory ?? self.directory)
        configuration.sharedBuffersBytes = 16 << 20
        configuration.startBound = .seconds(30)
        configuration.stopBound = .seconds(10)
        change(&configuration)
        return ManagedPostgres(configuration: configuration, logger: log.logger)
    }

    func programs() async throws -> PostgresPrograms {
        try await PostgresPrograms.find(
            configured: nil, clusterVersion: nil, cluster: layout.data, identity: identity, queue: queue)
    }

    /// Runs SQL over the socket with psql and returns its lines; "ERROR: …" lines when it fails.
    func sql(_ statement: String, _ connectionInfo: String) async throws -> [String] {
        let psql = try await programs().directory + "/psql"
        return try await run(psql, ["-X", "-A", "-t", "-q", "-c", statement, connectionInfo], as: .me).lines
    }

    /// What pg_controldata says of the cluster, "Database cluster state" and so on.
    func control(_ name: String) async throws -> String? {
        let lines = try await run(programs().directory + "/pg_controldata", ["-D", layout.data]).lines
        return lines.first { $0.hasPrefix(name + ":") }.map { line in
            String(line.dropFirst(name.count + 1).drop { $0 == " " })
        }
    }
}
