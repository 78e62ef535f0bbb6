import MonotonicClock
import PostgresDriver
import PostgresFixture
import Synchronization
import Testing

/// Deadlines, queues and shutdown of the pool on a sound server.
@Suite struct PoolTests {
    @Test func aDeadlineCancelsTheStatementAndKeepsTheConnection() async throws {
        let backend = PostgresStatement(name: "pid", sql: "SELECT pg_backend_pid()", isWrite: false)
        let url = try await PostgresServer.shared().url
        try await withPool(url, { $0.size = 1 }) { pool async throws in
            var wasKept = false
            // On a busy machine the server may be too late with its answer to the cancel request: then the connection
            // is rightly given up.
            for _ in 0..<5 where !wasKept {
                let before = try await pool.run { try $0.execute(backend).int64(0, 0) }
                let failure = await pool.failure(within: .milliseconds(200)) { _ = try $0.execute(sleepForever) }
                #expect(failure.error?.kind == "deadlineExceeded")
                #expect(failure.elapsed >= .milliseconds(200) && failure.elapsed < .seconds(3))
                let inTransaction = await pool.failure(within: .milliseconds(200), .write) { session in
                    try session.transaction { _ = try $0.execute(sleepForever) }
                }
                #expect(inTransaction.error?.kind == "deadlineExceeded")
                wasKept = try await pool.run { try $0.execute(backend).int64(0, 0) } == before
            }
            #expect(wasKept)
        }
    }

    @Test func aDeadlineBetweenStatementsRollsBack() async throws {
        try await withFreshDatabase(schema: "CREATE TABLE t (id bigint PRIMARY KEY)") { pool, url async throws in
            try await pool.run { _ = try $0.execute(selectOne) }
            let failure = await pool.failure(within: .milliseconds(200), .write) { session in
                try session.transaction { session in
                    _ = try session.execute(insertID, [.int8(1)])
                    while MonotonicInstant.now < session.deadline {}
                }
            }
            #expect(failure.error?.kind == "deadlineExceeded")
            #expect(try await PostgresServer.shared().execute("SELECT count(*) FROM t", on: url) == ["0"])
            #expect(pool.snapshot.lastError == nil, "the connection was kept")
        }
    }

    @Test func theQueueIsBoundedAndItsWaitersHaveDeadlines() async throws {
        let url = try await PostgresServer.shared().url
        try await withPool(url) {
            $0.size = 1
            $0.maxWaiting = 1
        } _: { pool async throws in
            let gate = Gate()
            async let holder = pool.failure(within: .seconds(20)) { _ in gate.wait() }
            #expect(try await eventually { pool.snapshot.leased == 1 })
            async let waiter = pool.failure(within: .milliseconds(500)) { _ = try $0.execute(selectOne) }
            #expect(try await eventually { pool.snapshot.waiting == 1 })
            let refused = await pool.failure { _ = try $0.execute(selectOne) }
            #expect(refused.error?.kind == "busy")
            #expect(refused.elapsed < .milliseconds(300))
            let late = await waiter
            #expect(late.error?.kind == "deadlineExceeded")
            #expect(late.elapsed >= .milliseconds(500) && late.elapsed < .milliseconds(1_000))
            gate.open()
            #expect(await holder.error == nil)
        }
    }

    @Test func aCancelledTaskStopsWaiting() async throws {
        let url = try await PostgresServer.shared().url
        try await withPool(url, { $0.size = 1 }) { pool async throws in
            let gate = Gate()
            async let holder = pool.failure(within: .seconds(20)) { _ in gate.wait() }
            #expect(try await eventually { pool.snapshot.leased == 1 })
            let waiter = Task { await pool.failure { _ = try $0.execute(selectOne) } }
            #expect(try await eventually { pool.snapshot.waiting == 1 })
            waiter.cancel()
            #expect(await waiter.value.error?.kind == "cancelled")
            #expect(pool.snapshot.waiting == 0)
            gate.open()
            #expect(await holder.error == nil)
        }
    }

    @Test func manyCallersShareFewConnections() async throws {
        let url = try await PostgresServer.shared().url
        try await withPool(url) { pool async throws in
            let sum = try await withThrowingTaskGroup(of: Int64.self) { group in
                for _ in 0..<500 { group.addTask { try await pool.run { try $0.execute(selectOne).int64(0, 0) } } }
                return try await group.reduce(0, +)
            }
            #expect(sum == 500)
            let snapshot = pool.snapshot
            #expect(snapshot.idle + snapshot.connecting <= 4)
            #expect(snapshot.leased == 0 && snapshot.waiting == 0 && !snapshot.isDown)
        }
    }

    @Test func aShutdownEndsWhatWasJustLeased() async throws {
        let url = try await PostgresServer.shared().url
        for _ in 0..<20 {
            try await withPool(url) { pool async throws in
                #expect(try await eventually { pool.snapshot.idle > 0 })
                let hasEnded = Mutex(false)
                pool.begin(deadline: .now + .seconds(30), access: .read) { session in
                    _ = try session.execute(sleepForever)
                } completion: { _ in
                    hasEnded.withLock { $0 = true }
                }
                await pool.shutdown(within: .zero)
                #expect(try await eventually { hasEnded.withLock { $0 } })
            }
        }
    }

    @Test func shutdownLetsBodiesFinishOrEndsThem() async throws {
        let url = try await PostgresServer.shared().url
        try await withPool(url) { pool async throws in
            let gate = Gate()
            async let finishing = pool.failure(within: .seconds(20)) { session in
                gate.wait()
                _ = try session.execute(selectOne)
            }
            async let endless = pool.failure(within: .seconds(20)) { _ = try $0.execute(sleepForever) }
            #expect(try await eventually { pool.snapshot.leased == 2 })
            async let end: Void = pool.shutdown(within: .milliseconds(500))
            let start = MonotonicInstant.now
            gate.open()
            #expect(await finishing.error == nil)
            await end
            #expect(.now - start < .milliseconds(1_200))
            #expect(await endless.error?.kind == "shutDown")
            #expect(await pool.failure { _ = try $0.execute(selectOne) }.error?.kind == "shutDown")
        }
    }

    @Test func unusableConnectionStringsAreUnavailable() async throws {
        for url in ["postgresql://u:hunter2@h:x/db", "host=/nonexistent dbname=hunter2"] {
            try await withPool(url) { pool async throws in
                let failure = await pool.failure { _ = try $0.execute(selectOne) }
                #expect(failure.error?.kind == "unavailable")
                #expect(failure.elapsed < .seconds(1))
                #expect(failure.error?.description.contains("hunter2") == false)
                #expect(pool.snapshot.isDown)
                #expect(pool.snapshot.lastError != nil)
            }
        }
    }

    @Test func anAbsentDatabaseIsUnavailable() async throws {
        let url = try await PostgresServer.shared().url(database: "absent")
        try await withPool(url) { pool async throws in
            let failure = await pool.failure { _ = try $0.execute(selectOne) }
            #expect(failure.error?.kind == "unavailable")
            #expect(failure.error?.description.contains("absent") == true, "the server's reason is passed on")
        }
    }

    @Test func probesShareOneQuery() async throws {
        let url = try await PostgresServer.shared().url
        try await withPool(url) { pool async throws in
            let answers = await withTaskGroup(of: PoolHealth.self) { group in
                for _ in 0..<20 { group.addTask { await pool.probe(timeout: .seconds(2)) } }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.allSatisfy { $0.status == .ok && $0.latency != nil && $0.reason == nil })
        }
    }
}
