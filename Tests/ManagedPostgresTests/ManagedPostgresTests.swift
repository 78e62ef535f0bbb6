import Glibc
import ProcessSupervision
import SupervisionFixture
import Testing

@testable import ManagedPostgres

/// A whole life with a real PostgreSQL: made, used, stopped, killed, found again.
@Suite("Managed PostgreSQL")
struct ManagedPostgresTests {
    @Test("first start makes a private cluster; stop shuts it down cleanly; the next start finds the data")
    func life() async throws {
        try await Fixture.use { fixture in
            let server = fixture.makeServer()
            #expect(server.state.phase == .idle)
            let info = try await server.start()
            let pid = try #require(server.state.serverPID)
            #expect(server.state == ManagedPostgresState(phase: .ready, serverPID: pid))
            #expect(info == "host='\(fixture.directory)/run' port=5432 dbname=brain user=brain")

            #expect(try await fixture.sql("SHOW data_checksums", info) == ["on"])
            #expect(try await fixture.sql("SELECT current_user, current_database()", info) == ["brain|brain"])
            #expect(try await fixture.sql("SELECT rolsuper FROM pg_roles WHERE rolname = current_user", info) == ["f"])
            #expect(
                try await fixture.sql(
                    "SELECT pg_encoding_to_char(encoding), datcollate FROM pg_database WHERE datname = 'brain'", info)
                    == ["UTF8|C"])
            let shown = [
                "fsync": "on", "full_page_writes": "on", "synchronous_commit": "on", "listen_addresses": "",
                "timezone": "UTC", "jit": "off", "max_connections": "50", "shared_buffers": "16MB",
                "unix_socket_permissions": "0700",
            ]
            for (name, value) in shown {
                #expect(try await fixture.sql("SHOW \(name)", info).joined() == value, "\(name)")
            }
            #expect(try await fixture.sql("CREATE TABLE t (v int); INSERT INTO t VALUES (42)", info).isEmpty)
            #expect(try fixture.tcpListeners(of: pid).isEmpty)
            #expect(getsid(pid) == pid)
            #expect(try ServerFiles.kind(of: "/proc/\(pid)")?.owner == fixture.identity.userID)
            #expect(try ServerFiles.kind(of: fixture.layout.socketFolder.path)?.mode == 0o700)
            #expect(try ServerFiles.kind(of: fixture.layout.data)?.mode == 0o700)
            #expect(fixture.log.contains("debug PostgreSQL: database system is ready to accept connections"))

            await server.stop()
            #expect(server.state.phase == .stopped)
            #expect(kill(pid, 0) != 0)
            #expect(try await fixture.control("Database cluster state") == "shut down")
            await #expect(throws: ManagedPostgresError.self) { try await server.start() }

            let second = fixture.makeServer()
            let again = try await second.start()
            #expect(try await fixture.sql("SELECT v FROM t", again) == ["42"])
            // run() ends the server when its task is cancelled.
            let running = Task { try await second.run() }
            running.cancel()
            try await running.value
            #expect(second.state.phase == .stopped)
            #expect(try await fixture.control("Database cluster state") == "shut down")
        }
    }

    @Test("killed, the server comes back by itself with every committed row")
    func killed() async throws {
        try await Fixture.use { fixture in
            let server = fixture.makeServer()
            let info = try await server.start()
            #expect(try await fixture.sql("CREATE TABLE t AS SELECT 1 AS v", info).isEmpty)
            for round in 1...2 {
                let pid = try #require(server.state.serverPID)
                kill(pid, SIGKILL)
                #expect(try await eventually { server.state.phase == .ready && server.state.serverPID != pid })
                #expect(
                    try await fixture.sql("INSERT INTO t VALUES (1); SELECT count(*) FROM t", info) == ["\(round + 1)"])
            }
            #expect(server.state.restarts >= 2)
            #expect(server.state.lastExit?.contains("signal 9") == true || server.state.restarts > 2)
            #expect(
                fixture.log.lines.filter { $0.contains("error PostgreSQL ended") && $0.contains("signal 9") }.count == 2
            )
            await server.stop()
            #expect(try await fixture.control("Database cluster state") == "shut down")
        }
    }

    @Test("a server that an earlier daemon left behind is stopped, and its data served afresh")
    func orphan() async throws {
        try await Fixture.use { fixture in
            let (first, postgres) = (fixture.makeServer(), try await fixture.programs().postgres)
            let info = try await first.start()
            #expect(try await fixture.sql("CREATE TABLE t AS SELECT 7 AS v", info).isEmpty)
            await first.stop()
            let orphan = try await leave(postgres, fixture)
            #expect(try await fixture.sql("INSERT INTO t VALUES (8)", info).isEmpty)

            let second = fixture.makeServer()
            #expect(try await second.start() == info)
            #expect(try fixture.hasEnded(orphan) && second.state.serverPID != orphan)
            #expect(fixture.log.contains("notice stopping the PostgreSQL server that an earlier daemon left running"))
            #expect(try await fixture.sql("SELECT v FROM t ORDER BY v", info) == ["7", "8"])
            await second.stop()

            // One that can't even be told to stop, since it is stopped already, is killed in the end.
            let frozen = try await leave(postgres, fixture)
            kill(frozen, SIGSTOP)
            let steps: [SupervisionPolicy.StopStep] = [
                .init(signal: SIGINT, bound: .milliseconds(200)), .init(signal: SIGQUIT, bound: .milliseconds(200)),
                .init(signal: SIGKILL, bound: .seconds(5)),
            ]
            try await LeftoverServer(
                cluster: fixture.layout.data, stopSteps: steps, queue: fixture.queue, logger: fixture.log.logger
            ).clear()
            #expect(try fixture.hasEnded(frozen) && !fixture.exists(PostmasterFile.path(cluster: fixture.layout.data)))
            let third = fixture.makeServer()
            _ = try await third.start()
            #expect(try await fixture.sql("SELECT count(*) FROM t", info) == ["2"])
            await third.stop()
        }
    }

    @Test("a stale pid file whose number belongs to another process now confuses nobody, and hurts nobody")
    func reusedPID() async throws {
        try await Fixture.use { fixture in
            let first = fixture.makeServer()
            let info = try await first.start()
            await first.stop()
            // A process of the server's own user: PostgreSQL alone would refuse to start for as long as it lives.
            let script = "sleep 60 >/dev/null 2>&1 & echo $!"
            let stranger = try #require(try await fixture.shell(script).first.flatMap { Int32($0) })
            defer { kill(stranger, SIGKILL) }
            let lines = "\(stranger)\n\(fixture.layout.data)\n1700000000\n5432\n\(fixture.layout.socketFolder.path)\n\n"
            let pidFile = PostmasterFile.path(cluster: fixture.layout.data)
            let socketLock = fixture.layout.socketFolder.path + "/.s.PGSQL.5432.lock"
            for path in [pidFile, socketLock] {
                try ServerFiles.replace(path, with: lines, mode: 0o600, owner: fixture.identity)
            }
            let second = fixture.makeServer()
            _ = try await second.start()
            #expect(second.state.restarts == 0)
            #expect(try await fixture.sql("SELECT 1", info) == ["1"])
            #expect(kill(stranger, 0) == 0)
            #expect(fixture.log.contains("removing a stale PostgreSQL lock file"))
            await second.stop()
        }
    }

    @Test("a DIR whose socket path would be too long gets a short private folder, the same after a restart")
    func longPath() async throws {
        try await Fixture.use { fixture in
            let long = fixture.folder + "/" + String(repeating: "long,", count: 20)
            let layout = ClusterLayout(root: long)
            defer { rmdir(layout.socketFolder.path) }
            for _ in 0..<2 {
                let server = fixture.makeServer(directory: long)
                let info = try await server.start()
                #expect(info.hasPrefix("host='\(layout.socketFolder.path)'"))
                #expect(try await fixture.sql("SELECT 1", info) == ["1"])
                #expect(try ServerFiles.kind(of: layout.socketFolder.path)?.mode == 0o700)
                await server.stop()
            }
            // Open to others, it is not trusted any more.
            chmod(layout.socketFolder.path, 0o755)
            let server = fixture.makeServer(directory: long)
            let error = await #expect(throws: ManagedPostgresError.self) { try await server.start() }
            let told = "\(layout.socketFolder.path), the folder of PostgreSQL's socket, must be"
            #expect(error?.message.contains(told) == true)
        }
    }

    @Test("stopped or cancelled while it starts, it leaves nothing running and the folder free")
    func cancelled() async throws {
        try await Fixture.use { fixture in
            for delay in [0, 50, 300] {
                let server = fixture.makeServer()
                let starting = Task { try await server.start() }
                try await Task.sleep(for: .milliseconds(delay))
                starting.cancel()
                let result = await starting.result
                if case .failure(let error) = result {
                    #expect((error as? ManagedPostgresError)?.kind == .cancelled, "\(error)")
                }
                await server.stop()
                #expect(server.state.phase == .stopped)
            }
            let server = fixture.makeServer()
            let starting = Task { try await server.start() }
            #expect(try await eventually { server.state.phase == .starting })
            await server.stop()
            let error = await #expect(throws: ManagedPostgresError.self) { try await starting.value }
            #expect(error?.kind == .cancelled)
            #expect(try RunningProcess.serverPIDs(of: fixture.layout.data).isEmpty)
            let last = fixture.makeServer()
            _ = try await last.start()
            await last.stop()
        }
    }

    /// Starts a server that is nobody's child, as a killed daemon leaves one.
    private func leave(_ postgres: String, _ fixture: Fixture) async throws -> Int32 {
        let script = "exec setsid \(postgres) -D \(fixture.layout.data) >/dev/null 2>&1 & echo $!"
        let pid = try #require(try await fixture.shell(script).first.flatMap { Int32($0) })
        #expect(
            try await eventually {
                let file = try PostmasterFile.read(cluster: fixture.layout.data)
                return file?.pid == pid && file?.status == "ready"
            })
        return pid
    }
}
