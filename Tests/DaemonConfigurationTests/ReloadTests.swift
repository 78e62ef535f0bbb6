import Testing

@testable import DaemonConfiguration

/// What a reload puts in force, and what it leaves.
@Suite struct ReloadTests {
    @Test("keys that apply on reload are taken, others are named and stay")
    func takesWhatIsReloadable() throws {
        let old = try Fixture.load(yaml: "log.level: info\npostgres.pool_size: 4\nredis.ttl_ms: 1000")
        let new = try Fixture.load(
            yaml: "log.level: debug\npostgres.pool_size: 5\nredis.ttl_ms: 1000\naccess.rules: [\"uid:7 read:*\"]")
        let reload = try old.reloaded(from: new)
        #expect(reload.applied == ["access.rules", "log.level"])
        #expect(reload.pending == ["postgres.pool_size"])
        #expect(reload.configuration.log.level == .debug)
        #expect(reload.configuration.access.rules.count == 1)
        #expect(reload.configuration.postgres.poolSize == 4)
        // What is not in force yet is named again by the next reload, until a restart.
        let again = try reload.configuration.reloaded(from: new)
        #expect(again.applied.isEmpty && again.pending == ["postgres.pool_size"])
    }

    @Test("a value that contradicts one that only a restart changes is refused")
    func refusesContradictions() throws {
        let old = try Fixture.load(yaml: "limits.max_in_flight: 300")
        let new = try Fixture.load(yaml: "limits.max_in_flight: 600\nlimits.max_in_flight_per_connection: 500")
        let errors = #expect(throws: ConfigurationErrors.self) { try old.reloaded(from: new) }
        #expect(errors?.errors.map(\.key) == ["limits.max_in_flight_per_connection"])
    }

    @Test("the service manager's socket is socket.path, which may be empty or the same")
    func passedSocket() throws {
        let passed = "/run/brain-memoryd/brain.sock"
        func load(_ flags: [String]) throws -> DaemonConfiguration {
            try ConfigurationLoader.load(
                file: nil, environment: ["RUNTIME_DIRECTORY": "/run/other"], flags: Fixture.managed + flags,
                passedSocket: passed)
        }
        #expect(try load([]).socket.path == passed)
        #expect(try load(["--socket", passed]).socket.path == passed)
        let errors = #expect(throws: ConfigurationErrors.self) { try load(["--socket", "/run/elsewhere.sock"]) }
        let error = errors?.errors.first
        #expect(error?.key == "socket.path" && error?.kind == .contradiction)
        #expect(error?.message.contains(passed) == true)
    }
}
