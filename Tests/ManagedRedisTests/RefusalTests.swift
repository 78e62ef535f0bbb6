import Glibc
import ProcessSupervision
import SupervisionFixture
import Testing

@testable import ManagedRedis

/// What is refused, and whether the message helps.
@Suite("Managed Redis: refusals")
struct RefusalTests {
    private func refusal(
        _ fixture: Fixture, directory: String? = nil, _ change: (inout ManagedRedisConfiguration) -> Void = { _ in }
    ) async throws -> ManagedRedisError {
        let redis = fixture.makeRedis(directory: directory, change)
        let error = await #expect(throws: ManagedRedisError.self) { try await redis.start() }
        #expect(redis.state.phase == .stopped)
        return try #require(error)
    }

    @Test("a program that is not there, saying where it looked and what to install")
    func program() async throws {
        try await Fixture.use { fixture in
            for path in ["/nonexistent/redis-server", "redis-server", "/etc/passwd", "/usr"] {
                let error = try await refusal(fixture) { $0.program = path }
                #expect(error.kind == .programsNotFound)
                #expect(error.message.contains("the configured Redis server \(path) is not"))
                #expect(error.message.contains("Install the Debian package redis-server"))
            }
            #expect(try !fixture.exists(fixture.directory))
        }
        let error = #expect(throws: ManagedRedisError.self) {
            try RedisProgram.find(configured: nil, folders: ["/nonexistent", "/etc"])
        }
        #expect(
            error?.message == "Redis's server program (redis-server) was not found. Looked in /nonexistent, /etc. "
                + "Install the Debian package redis-server, or configure the program's path.")
    }

    @Test("a folder that can't be made, a file in its place, a socket folder that is open to others")
    func folder() async throws {
        try await Fixture.use { fixture in
            let missing = try await refusal(fixture, directory: fixture.folder + "/no/brain")
            #expect(missing.kind == .fileFailure)
            #expect(missing.message == "can't make the folder \(fixture.folder)/no/brain: No such file or directory")
            let file = try await refusal(fixture, directory: "/dev/null")
            #expect(file.kind == .foreignFolder && file.message == "/dev/null is not a folder")
            mkdir(fixture.directory, 0o755)
            _ = try ServerFiles.makeDirectory(fixture.directory + "/redis", mode: 0o755, owner: fixture.identity)
            let open = try await refusal(fixture)
            #expect(open.kind == .foreignFolder)
            #expect(open.message.hasPrefix("\(fixture.directory)/redis, the folder of Redis's socket, must be"))
        }
    }

    @Test(
        "a folder the server's user can't reach, and a user that does not exist",
        .enabled(if: geteuid() == 0, "only root runs the server as another user"))
    func user() async throws {
        try await Fixture.use { fixture in
            let closed = fixture.folder + "/closed"
            mkdir(closed, 0o700)
            let error = try await refusal(fixture, directory: closed + "/brain")
            #expect(error.kind == .unreachableFolder && error.message.contains("can't enter \(closed), and so"))
            let missing = try await refusal(fixture) { $0.user = "no-such-user" }
            #expect(missing.kind == .userUnusable && missing.message.contains("no user 'no-such-user'"))
        }
    }

    @Test("a server that does not take its arguments is told with its last lines, and tried again")
    func brokenArguments() async throws {
        try await Fixture.use { fixture in
            // More than Redis can count.
            let redis = fixture.makeRedis { $0.maximumMemoryBytes = -1 }
            _ = try await redis.start()
            #expect(try await eventually { redis.state.restarts >= 2 })
            #expect(redis.state.lastExit?.contains("maxmemory") == true, "\(redis.state)")
            #expect(fixture.log.contains("warning Redis: *** FATAL CONFIG FILE ERROR"))
            await redis.stop()
        }
    }
}
