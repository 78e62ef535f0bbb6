import Glibc
import ProcessSupervision
import SupervisionFixture
import Testing

@testable import ManagedPostgres

/// What is refused, and whether the message helps.
@Suite("Managed PostgreSQL: refusals")
struct RefusalTests {
    private func refusal(
        _ fixture: Fixture, directory: String? = nil,
        _ change: (inout ManagedPostgresConfiguration) -> Void = { _ in }
    ) async throws -> ManagedPostgresError {
        let server = fixture.makeServer(directory: directory, change)
        let error = await #expect(throws: ManagedPostgresError.self) { try await server.start() }
        #expect(server.state.phase == .stopped)
        return try #require(error)
    }

    @Test("a folder that another daemon holds, naming its process")
    func locked() async throws {
        try await Fixture.use { fixture in
            let first = fixture.makeServer()
            _ = try await first.start()
            let error = try await refusal(fixture)
            #expect(error.kind == .locked)
            #expect(error.message.contains("\(fixture.directory)/lock is locked by process \(getpid())"))
            #expect(first.state.phase == .ready)
            await first.stop()
            let second = fixture.makeServer()
            _ = try await second.start()
            await second.stop()
        }
    }

    @Test("an unfinished cluster is removed, never taken for one")
    func leftovers() async throws {
        try await Fixture.use { fixture in
            mkdir(fixture.directory, 0o755)
            let staging = fixture.directory + "/postgres.new-1a2b"
            _ = try ServerFiles.makeDirectory(staging, mode: 0o700, owner: fixture.identity)
            _ = try await fixture.shell(
                "cd \(staging) && mkdir -p base/1 && touch base/1/2 && echo 15 > PG_VERSION && ln -s /etc x")
            let server = fixture.makeServer()
            let info = try await server.start()
            #expect(try await fixture.sql("SELECT 1", info) == ["1"])
            #expect(try !fixture.exists(staging))
            #expect(try fixture.exists("/etc/passwd"))
            #expect(fixture.log.contains("removing an unfinished cluster"))
            await server.stop()
        }
    }

    @Test("a cluster of another version, a folder with something else in it, a cluster as DIR")
    func foreign() async throws {
        try await Fixture.use { fixture in
            mkdir(fixture.directory, 0o755)
            let data = fixture.layout.data
            _ = try ServerFiles.makeDirectory(data, mode: 0o700, owner: fixture.identity)
            _ = try await fixture.shell("echo precious > \(data)/file")
            let other = try await refusal(fixture)
            #expect(other.kind == .foreignFolder)
            #expect(
                other.message.contains("\(data) is not empty and holds no PostgreSQL cluster (it has no PG_VERSION)"))
            #expect(try await fixture.shell("cat \(data)/file") == ["precious"])

            _ = try await fixture.shell("echo 9 > \(data)/PG_VERSION")
            let version = try await refusal(fixture)
            #expect(version.kind == .versionMismatch)
            #expect(
                version.message.contains("\(data) was made by PostgreSQL 9") && version.message.contains("postgresql-9")
            )
            #expect(version.message.contains("pg_upgrade") && version.message.contains("found "))

            _ = try await fixture.shell("echo nonsense > \(data)/PG_VERSION")
            #expect(try await refusal(fixture).message.contains("PG_VERSION should hold a major version"))

            let cluster = try await refusal(fixture, directory: data)
            #expect(
                cluster.kind == .foreignFolder && cluster.message.contains("\(data) is itself a PostgreSQL cluster"))
        }
    }

    @Test(
        "a folder the server's user can't reach, naming the one that refuses",
        .enabled(if: geteuid() == 0, "only root runs the server as another user"))
    func unreachable() async throws {
        try await Fixture.use { fixture in
            let closed = fixture.folder + "/closed"
            mkdir(closed, 0o700)
            let error = try await refusal(fixture, directory: closed + "/brain")
            #expect(error.kind == .unreachableFolder)
            #expect(
                error.message.contains("user 'postgres'") && error.message.contains("can't enter \(closed), and so"))
            #expect(error.message.contains("chmod o+x \(closed)"))
        }
    }

    @Test(
        "a user that does not exist, and root",
        .enabled(if: geteuid() == 0, "only root runs the server as another user"))
    func user() async throws {
        try await Fixture.use { fixture in
            let missing = try await refusal(fixture) { $0.user = "no-such-user" }
            #expect(missing.kind == .userUnusable && missing.message.contains("no user 'no-such-user'"))
            let root = try await refusal(fixture) { $0.user = "root" }
            #expect(root.kind == .userUnusable && root.message.contains("refuses to run as root"))
            #expect(try !fixture.exists(fixture.directory))
        }
    }

    @Test("programs that are not there, saying where it looked and what to install")
    func programs() async throws {
        try await Fixture.use { fixture in
            let error = try await refusal(fixture) { $0.programsDirectory = "/nonexistent/bin" }
            #expect(error.kind == .programsNotFound)
            #expect(error.message.contains("Looked in /nonexistent/bin; found none"))
            #expect(error.message.contains("Install the Debian package postgresql"))
        }
    }

    @Test("a folder whose parent does not exist, and a file in its place")
    func folder() async throws {
        try await Fixture.use { fixture in
            let missing = try await refusal(fixture, directory: fixture.folder + "/no/brain")
            #expect(missing.message == "can't make the folder \(fixture.folder)/no/brain: No such file or directory")
            let file = try await refusal(fixture, directory: "/dev/null")
            #expect(file.message == "/dev/null is not a folder")
        }
    }

    @Test("a server that can't start is given up within the bound, with its last lines")
    func brokenSettings() async throws {
        try await Fixture.use { fixture in
            let first = fixture.makeServer()
            _ = try await first.start()
            await first.stop()
            _ = try await fixture.shell("echo 'no_such_setting = 1' >> \(fixture.layout.data)/postgresql.conf")
            let error = try await refusal(fixture) { $0.startBound = .seconds(2) }
            #expect(error.kind == .startFailed)
            #expect(error.message.contains("unrecognized configuration parameter \"no_such_setting\""))
            #expect(try RunningProcess.serverPIDs(of: fixture.layout.data).isEmpty)
        }
    }
}
