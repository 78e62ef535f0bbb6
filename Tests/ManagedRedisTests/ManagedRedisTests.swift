import Glibc
import ManagedRedis
import ProcessSupervision
import SupervisionFixture
import Testing

/// A whole life with a real Redis: started, used, killed, stopped.
@Suite("Managed Redis")
struct ManagedRedisTests {
    @Test("starts without a TCP port, answers, and leaves nothing when it is stopped")
    func life() async throws {
        try await Fixture.use { fixture in
            let redis = fixture.makeRedis()
            #expect(redis.state.phase == .idle)
            #expect(try await redis.start() == "unix://" + fixture.socket)
            #expect(try await eventually { redis.state.phase == .ready })
            let pid = try #require(redis.state.serverPID)
            #expect(redis.state == ManagedRedisState(phase: .ready, serverPID: pid))

            #expect(try await fixture.ask("SET", "key", "value") == ["OK"])
            #expect(try await fixture.ask("GET", "key") == ["value"])
            #expect(try fixture.tcpListeners(of: pid).isEmpty)
            #expect(getsid(pid) == pid)
            #expect(try ServerFiles.kind(of: "/proc/\(pid)")?.owner == fixture.identity.userID)
            for path in [fixture.socket, fixture.directory + "/redis"] {
                let kind = try ServerFiles.kind(of: path)
                #expect(kind?.mode == 0o700 && kind?.owner == fixture.identity.userID, "\(path)")
            }

            await redis.stop()
            #expect(redis.state.phase == .stopped)
            #expect(kill(pid, 0) != 0)
            #expect(try ServerFiles.names(in: fixture.directory + "/redis").isEmpty)
            await redis.stop()
            await #expect(throws: ManagedRedisError.self) { try await redis.start() }
            // Nothing of an ordinary life is worth a warning.
            #expect(fixture.log.lines.filter { !$0.hasPrefix("debug ") && !$0.hasPrefix("info ") } == [])
            #expect(fixture.log.contains("debug Redis: The server is now ready to accept connections"))
        }
    }

    @Test("keeps nothing on disk, and drops what was used least when its memory is full")
    func memory() async throws {
        try await Fixture.use { fixture in
            let redis = fixture.makeRedis { $0.maximumMemoryBytes = 4 << 20 }
            _ = try #require(try await fixture.startRedis(redis))
            let expected = [
                "maxmemory": "4194304", "maxmemory-policy": "allkeys-lru", "save": "", "appendonly": "no", "port": "0",
                "timeout": "0", "dir": fixture.directory + "/redis",
            ]
            for (name, value) in expected {
                #expect(try await fixture.ask("CONFIG", "GET", name) == [name, value], "\(name)")
            }
            let script = "for i = 1, 1000 do redis.call('SET', KEYS[1] .. i, string.rep('x', 1000)) end return 'done'"
            for round in 1...8 {
                #expect(try await fixture.ask("EVAL", script, "1", "round\(round):") == ["done"])
            }
            #expect(try await fixture.ask("SET", "key", "value") == ["OK"])
            let statistics = try await fixture.ask("INFO", "stats")
            #expect(statistics.contains { $0.hasPrefix("evicted_keys:") && $0 != "evicted_keys:0" })
            await redis.stop()
        }
    }

    @Test("killed, it is back within two seconds, empty")
    func killed() async throws {
        try await Fixture.use { fixture in
            let redis = fixture.makeRedis()
            let pid = try #require(try await fixture.startRedis(redis))
            #expect(try await fixture.ask("SET", "key", "value") == ["OK"])
            let clock = ContinuousClock()
            let begin = clock.now
            kill(pid, SIGKILL)
            #expect(try await eventually { redis.state.phase == .ready && redis.state.serverPID != pid })
            #expect(clock.now - begin < .seconds(2))
            #expect(redis.state.restarts == 1 && redis.state.lastExit?.contains("signal 9") == true)
            #expect(try await fixture.ask("GET", "key") == [""])
            await redis.stop()
        }
    }

    @Test("a server that an earlier daemon left behind is killed, even a frozen one, and a stranger's is not")
    func leftover() async throws {
        try await Fixture.use { fixture in
            mkdir(fixture.directory, 0o755)
            let stranger = try #require(try await fixture.leaveRedis(directory: fixture.folder + "/other"))
            defer { kill(stranger, SIGKILL) }
            for isFrozen in [false, true] {
                let orphan = try #require(try await fixture.leaveRedis())
                #expect(try await fixture.ask("SET", "key", "old") == ["OK"])
                if isFrozen { kill(orphan, SIGSTOP) }
                let redis = fixture.makeRedis()
                let pid = try #require(try await fixture.startRedis(redis))
                #expect(try fixture.hasEnded(orphan) && pid != orphan && redis.state.restarts == 0)
                #expect(try await fixture.ask("GET", "key") == [""])
                await redis.stop()
            }
            let told = "notice killing the Redis server that an earlier daemon left running"
            #expect(fixture.log.lines.filter { $0.hasPrefix(told) }.count == 2)
            #expect(try !fixture.hasEnded(stranger))
        }
    }

    @Test("a stale socket is no obstacle, nor is anything else of that name")
    func staleSocket() async throws {
        try await Fixture.use { fixture in
            let first = fixture.makeRedis()
            _ = try #require(try await fixture.startRedis(first))
            await first.stop()
            _ = try await fixture.shell("ln -s /etc/passwd \(fixture.socket)")
            let second = fixture.makeRedis()
            _ = try #require(try await fixture.startRedis(second))
            #expect(try await fixture.ask("PING") == ["PONG"])
            #expect(try fixture.exists("/etc/passwd"))
            await second.stop()
        }
    }

    @Test("one that does not heed SIGTERM is killed, and its socket removed")
    func deaf() async throws {
        try await Fixture.use { fixture in
            let redis = fixture.makeRedis()
            let pid = try #require(try await fixture.startRedis(redis))
            kill(pid, SIGSTOP)
            await redis.stop()
            #expect(redis.state.phase == .stopped && kill(pid, 0) != 0)
            #expect(try !fixture.exists(fixture.socket))
        }
    }

    @Test("a DIR whose socket path would be too long gets a short private folder")
    func longPath() async throws {
        try await Fixture.use { fixture in
            let redis = fixture.makeRedis(directory: fixture.folder + "/" + String(repeating: "long", count: 25))
            let url = try await redis.start()
            #expect(url.hasPrefix("unix:///tmp/brain-memoryd-"))
            let socket = String(url.dropFirst("unix://".count))
            let folder = String(socket.dropLast("/redis.sock".count))
            defer { rmdir(folder) }
            #expect(try await eventually { redis.state.phase == .ready })
            #expect(try await fixture.ask("PING", socket: socket) == ["PONG"])
            #expect(try ServerFiles.kind(of: folder)?.mode == 0o700)
            await redis.stop()
        }
    }

    @Test("stopped or cancelled while it starts, it leaves nothing running")
    func stoppedEarly() async throws {
        try await Fixture.use { fixture in
            for isCancelled in [true, false] {
                let redis = fixture.makeRedis()
                let starting = Task { try await redis.start() }
                if isCancelled { starting.cancel() }
                await redis.stop()
                if case .failure(let error) = await starting.result {
                    // Stopped before its start, it counts as misused.
                    let kind = (error as? ManagedRedisError)?.kind
                    #expect(kind == .cancelled || kind == .misuse, "\(error)")
                }
                let isSocketLeft = try fixture.exists(fixture.socket)
                #expect(redis.state.phase == .stopped && redis.state.serverPID == nil && !isSocketLeft)
            }
        }
    }
}
