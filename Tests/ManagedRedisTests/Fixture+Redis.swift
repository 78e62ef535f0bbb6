import ProcessSupervision
import SupervisionFixture

@testable import ManagedRedis

/// What tests do with a managed Redis in the fixture's folder.
extension Fixture {
    /// The socket's path when it lies in DIR.
    var socket: String { directory + "/redis/redis.sock" }

    func makeRedis(
        directory: String? = nil, _ change: (inout ManagedRedisConfiguration) -> Void = { _ in }
    ) -> ManagedRedis {
        ManagedRedis(configuration: configuration(directory: directory, change), logger: log.logger)
    }

    private func configuration(
        directory: String?, _ change: (inout ManagedRedisConfiguration) -> Void
    ) -> ManagedRedisConfiguration {
        var configuration = ManagedRedisConfiguration(directory: directory ?? self.directory)
        change(&configuration)
        return configuration
    }

    /// Starts it and waits until it answers.
    func startRedis(_ redis: ManagedRedis) async throws -> Int32? {
        _ = try await redis.start()
        guard try await eventually({ redis.state.phase == .ready }) else { return nil }
        return redis.state.serverPID
    }

    /// Runs a command with redis-cli over the socket and returns its lines.
    func ask(_ words: String..., socket: String? = nil) async throws -> [String] {
        try await run("/usr/bin/redis-cli", ["-s", socket ?? self.socket] + words, as: .me).lines
    }

    /// Starts a server that is nobody's child, as a killed daemon leaves one, and returns when it answers.
    func leaveRedis(directory: String? = nil) async throws -> Int32? {
        let server = try RedisServer(configuration(directory: directory) { _ in })
        try server.prepare(logger: log.logger)
        let command = server.command
        let words = ([command.executable] + command.arguments).map { "'\($0)'" }.joined(separator: " ")
        let pid = try await shell("exec setsid \(words) >/dev/null 2>&1 & echo $!").first.flatMap { Int32($0) }
        let answers = try await eventually {
            try await ask("PING", socket: server.socket) == ["PONG"]
        }
        return answers ? pid : nil
    }
}
