import MonotonicClock
import PostgresDriver
import PostgresFixture
import Synchronization
import Testing

/// Far more than any deadline here and the driver's grace, and far less than a stopped server would hold a caller for. How
/// exact deadlines are, the black-box tests tell.
private let patience = Duration.seconds(3)

/// A server that is stopped, killed, or throws its clients out: one after the other, since each loads the machine.
@Suite(.serialized) struct FaultTests {
    private static let table = "CREATE TABLE t (id bigint PRIMARY KEY)"

    @Test func aStoppedServerHoldsNobody() async throws {
        try await withPrivateServer { server async throws in
            try await server.execute(Self.table)
            try await withPool(server.url) { pool async throws in
                try await pool.run { _ = try $0.execute(selectOne) }
                try await server.stop()
                async let health = pool.probe(timeout: .milliseconds(80))
                let start = MonotonicInstant.now
                async let read = pool.failure(within: .milliseconds(300)) { _ = try $0.execute(selectOne) }
                async let write = pool.failure(within: .milliseconds(300), .write) { session in
                    _ = try session.execute(insertID, [.int8(1)])
                }
                async let transaction = pool.failure(within: .milliseconds(300), .write) { session in
                    try session.transaction { _ = try $0.execute(insertID, [.int8(2)]) }
                }
                #expect(await health.status == .unavailable)
                #expect(.now - start < patience)
                for (failure, kinds) in [
                    (await read, ["deadlineExceeded"]),
                    // Preparing it comes first, and writes nothing.
                    (await write, ["deadlineExceeded"]), (await transaction, ["deadlineExceeded"]),
                ] {
                    #expect(kinds.contains(failure.error?.kind ?? "success"))
                    #expect(failure.elapsed < patience)
                }
                // Queued for a connection that does not come.
                let queued = await pool.failure(within: .milliseconds(200), .write) { session in
                    _ = try session.execute(insertID, [.int8(3)])
                }
                #expect(["deadlineExceeded", "unavailable"].contains(queued.error?.kind))
                #expect(queued.elapsed < patience)
                try await server.resume()
                let resumed = MonotonicInstant.now
                try await pool.waitUntilWell(within: .seconds(2))
                #expect(.now - resumed < .seconds(2))
                #expect(try await eventually { await pool.probe(timeout: .seconds(1)).status == .ok })
                #expect(try await server.execute("SELECT count(*) FROM t WHERE id <> 1") == ["0"])
            }
        }
    }

    @Test func aWriteSentToAStoppedServerIsInDoubt() async throws {
        try await withPrivateServer { server async throws in
            try await server.execute(Self.table)
            try await withPool(server.url, { $0.size = 1 }) { pool async throws in
                // Prepared, so that the next message is the write itself.
                try await pool.run(.write) { _ = try $0.execute(insertID, [.int8(1)]) }
                try await server.stop()
                let alone = await pool.failure(within: .milliseconds(200), .write) { session in
                    _ = try session.execute(insertID, [.int8(2)])
                }
                #expect(alone.error?.kind == "outcomeUnknown")
                #expect(alone.elapsed < patience)
                try await server.resume()
                try await pool.waitUntilWell(within: .seconds(2))
                // The server goes on with what it had received: the write, and a request to cancel it. Either may come first.
                let isSettled = try await eventually {
                    try await server.execute(
                        "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid()") == [
                            "0"
                        ]
                }
                #expect(isSettled)
                #expect(try await [["1"], ["2"]].contains(server.execute("SELECT count(*) FROM t")))
            }
        }
    }

    @Test func aKilledServerUnderWrites() async throws {
        try await withPrivateServer { server async throws in
            try await server.execute(Self.table)
            try await withPool(server.url, { $0.size = 16 }) { pool async throws in
                let ledger = Ledger()
                let writers = Task { await write(callers: 16, pool, ledger) }
                #expect(try await eventually { ledger.acknowledged.count > 200 })
                try await server.kill()
                let down = MonotonicInstant.now
                #expect(try await eventually { pool.snapshot.isDown })
                let refused = await pool.failure { _ = try $0.execute(selectOne) }
                #expect(refused.error?.kind == "unavailable")
                #expect(refused.elapsed < .milliseconds(200), "at once, not at the deadline")
                #expect(.now - down < .seconds(2))
                try await server.restart()
                let up = MonotonicInstant.now
                try await pool.waitUntilWell(within: .seconds(2))
                #expect(.now - up < .seconds(2))
                let before = ledger.acknowledged.count
                #expect(try await eventually { ledger.acknowledged.count > before + 100 })
                ledger.finish()
                await writers.value
                #expect(ledger.kinds.subtracting(["outcomeUnknown", "unavailable"]).isEmpty, "\(ledger.kinds)")
                #expect(!ledger.kinds.isEmpty)
                let stored = Set(try await server.execute("SELECT id FROM t").compactMap { $0.flatMap(Int64.init) })
                #expect(ledger.acknowledged.isSubset(of: stored), "every acknowledged write is there")
                #expect(stored.isDisjoint(with: ledger.surelyNotWritten), "nothing else was written")
            }
        }
    }

    @Test func terminatedBackendsAreReplacedUnseen() async throws {
        try await withPrivateServer { server async throws in
            try await server.execute(Self.table)
            try await withPool(server.url, { $0.minimumConnections = 4 }) { pool async throws in
                #expect(try await eventually { pool.snapshot.idle == 4 })
                for id in 0..<2 {
                    try await server.execute(
                        "SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity "
                            + "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()")
                    try await pool.run(.write) { _ = try $0.execute(insertID, [.int8(Int64(id))]) }
                }
                #expect(try await server.execute("SELECT count(*) FROM t") == ["2"])
            }
        }
    }

    @Test func aBackendTerminatedAtWork() async throws {
        let slowWrite = PostgresStatement(
            name: "slow", sql: "INSERT INTO t SELECT 1 FROM pg_sleep(30)", isWrite: true)
        let terminate =
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(30)%'"
            + " AND state = 'active' AND pid <> pg_backend_pid()"
        try await withPrivateServer { server async throws in
            try await server.execute(Self.table)
            try await withPool(server.url) { pool async throws in
                func terminated(
                    _ access: PostgresAccess, times: Int, _ body: @escaping @Sendable (PostgresSession) throws -> Void
                ) async throws -> (kind: String?, runs: Int) {
                    let runs = Counter()
                    async let failure = pool.failure(within: .seconds(10), access) { session in
                        runs.increment()
                        try body(session)
                    }
                    for _ in 0..<times {
                        #expect(try await eventually { try await server.execute(terminate) == ["t"] })
                    }
                    return (await failure.error?.kind, runs.value)
                }
                let write = try await terminated(.write, times: 1) { _ = try $0.execute(slowWrite) }
                #expect(write == ("outcomeUnknown", 1))
                // A read, and a transaction before its COMMIT, run once more.
                let read = try await terminated(.read, times: 2) { _ = try $0.execute(sleepForever) }
                #expect(read == ("unavailable", 2))
                let transaction = try await terminated(.write, times: 2) { session in
                    try session.transaction { _ = try $0.execute(slowWrite) }
                }
                #expect(transaction == ("unavailable", 2))
                #expect(try await server.execute("SELECT count(*) FROM t") == ["0"])
            }
        }
    }
}

extension PostgresConnectionPool {
    /// Waits until a query succeeds.
    func waitUntilWell(within limit: Duration) async throws {
        let isWell = try await eventually(within: limit) {
            await self.failure(within: .milliseconds(500)) { _ = try $0.execute(selectOne) }.error == nil
        }
        #expect(isWell, "\(String(describing: snapshot))")
    }
}

/// What became of each write.
private final class Ledger: Sendable {
    private struct State {
        var acknowledged: Set<Int64> = []
        var surelyNotWritten: Set<Int64> = []
        var kinds: Set<String> = []
        var isFinished = false
    }

    private let state = Mutex(State())

    var acknowledged: Set<Int64> { state.withLock { $0.acknowledged } }
    var surelyNotWritten: Set<Int64> { state.withLock { $0.surelyNotWritten } }
    var kinds: Set<String> { state.withLock { $0.kinds } }
    var isFinished: Bool { state.withLock { $0.isFinished } }

    func finish() { state.withLock { $0.isFinished = true } }

    func note(_ id: Int64, _ error: PostgresError?) {
        state.withLock { state in
            guard let error else { return _ = state.acknowledged.insert(id) }
            state.kinds.insert(error.kind)
            if case .unavailable = error { state.surelyNotWritten.insert(id) }
        }
    }
}

/// Writes until the ledger is finished: half of the callers in single statements, half in transactions.
private func write(callers: Int, _ pool: PostgresConnectionPool, _ ledger: Ledger) async {
    await withTaskGroup { group in
        for caller in 0..<callers {
            group.addTask {
                var id = Int64(caller) * 1_000_000_000
                while !ledger.isFinished {
                    id += 1
                    let row = id
                    let outcome = await pool.failure(.write) { session in
                        if caller.isMultiple(of: 2) {
                            _ = try session.execute(insertID, [.int8(row)])
                        } else {
                            try session.transaction { _ = try $0.execute(insertID, [.int8(row)]) }
                        }
                    }
                    ledger.note(row, outcome.error)
                    if outcome.error != nil { try? await Task.sleep(for: .milliseconds(5)) }
                }
            }
        }
    }
}
