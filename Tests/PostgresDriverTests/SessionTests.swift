import MonotonicClock
import PostgresDriver
import PostgresFixture
import Synchronization
import Testing

/// Transactions, retries and prepared statements against a real server.
@Suite struct SessionTests {
    private static let table = "CREATE TABLE t (id bigint PRIMARY KEY, parent bigint)"
    private let count = PostgresStatement(name: "count", sql: "SELECT count(*) FROM t", isWrite: false)

    private func rowCount(_ pool: PostgresConnectionPool) async throws -> Int64 {
        let count = count
        return try await pool.run { try $0.execute(count).int64(0, 0) }
    }

    @Test func aTransactionCommitsOrRollsBack() async throws {
        struct Own: Error {}
        try await withFreshDatabase(schema: Self.table) { pool, _ async throws in
            let affected = try await pool.run(.write) { session in
                try session.transaction { session in
                    try session.execute(insertID, [.int8(1)]).affectedRows
                        + session.execute(insertID, [.int8(2)]).affectedRows
                }
            }
            #expect(affected == 2)
            let own = await pool.failure(.write) { session in
                try session.transaction { session in
                    _ = try session.execute(insertID, [.int8(3)])
                    throw Own()
                }
            }
            guard case .body(let error) = own.error else { return #expect(Bool(false), "\(own)") }
            #expect(error is Own)
            let duplicate = await pool.failure(.write) { session in
                try session.transaction { session in
                    _ = try session.execute(insertID, [.int8(4)])
                    _ = try session.execute(insertID, [.int8(1)])
                }
            }
            guard case .server(.uniqueViolation, _, let constraint, let detail) = duplicate.error else {
                return #expect(Bool(false), "\(duplicate)")
            }
            #expect(constraint == "t_pkey")
            #expect(detail == "Key (id)=(1) already exists.")
            #expect(try await rowCount(pool) == 2)
            #expect(pool.snapshot.lastError == nil, "no connection was lost on the way")
        }
    }

    @Test func aSwallowedFailureDoesNotCommit() async throws {
        try await withFreshDatabase(schema: Self.table) { pool, _ async throws in
            let failure = await pool.failure(.write) { session in
                try session.transaction { session in
                    _ = try session.execute(insertID, [.int8(1)])
                    _ = try? session.execute(insertID, [.int8(1)])
                }
            }
            #expect(failure.error?.kind == "25P02")
            #expect(try await rowCount(pool) == 0)
        }
    }

    @Test func aDeferredConstraintFailsTheImplicitCommit() async throws {
        let schema = Self.table + "; ALTER TABLE t ADD FOREIGN KEY (parent) REFERENCES t DEFERRABLE INITIALLY DEFERRED"
        let orphan = PostgresStatement(
            name: "orphan", sql: "INSERT INTO t VALUES ($1, 99) RETURNING id", parameterTypes: [.int8], isWrite: true)
        try await withFreshDatabase(schema: schema) { pool, _ async throws in
            let alone = await pool.failure(.write) { session in _ = try session.execute(orphan, [.int8(1)]) }
            #expect(alone.error?.kind == "23503")
            let inTransaction = await pool.failure(.write) { session in
                try session.transaction { session in _ = try session.execute(orphan, [.int8(1)]) }
            }
            #expect(inTransaction.error?.kind == "23503")
            #expect(try await rowCount(pool) == 0)
        }
    }

    @Test func deadlocksAndSerializationFailuresAreRetried() async throws {
        let schema = Self.table + "; INSERT INTO t VALUES (1, 0), (2, 0)"
        let bump = PostgresStatement(
            name: "bump", sql: "UPDATE t SET parent = parent + 1 WHERE id = $1", parameterTypes: [.int8], isWrite: true)
        let sum = PostgresStatement(name: "sum", sql: "SELECT sum(parent)::bigint FROM t", isWrite: false)
        let runs = Counter()
        let barrier = Counter()
        try await withFreshDatabase(
            schema: schema, { $0.sessionSettings = ["deadlock_timeout": "20ms"] }
        ) { pool, _ async throws in
            try await withThrowingTaskGroup { group in
                for order in [[Int64(1), 2], [2, 1]] {
                    group.addTask {
                        try await pool.run(.write) { session in
                            runs.increment()
                            try session.transaction { session in
                                _ = try session.execute(bump, [.int8(order[0])])
                                // Each holds its first row before either asks for its second.
                                barrier.increment()
                                while barrier.value < 2, MonotonicInstant.now < session.deadline {}
                                _ = try session.execute(bump, [.int8(order[1])])
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(runs.value >= 3, "one of the two was rolled back and run again")
            #expect(try await pool.run { try $0.execute(sum).int64(0, 0) } == 4)
        }
    }

    @Test func preparedStatementsAreRenewed() async throws {
        let select = PostgresStatement(name: "select", sql: "SELECT * FROM t", isWrite: false)
        try await withFreshDatabase(schema: Self.table, { $0.size = 1 }) { pool, _ async throws in
            try await pool.run(.write) { session in
                #expect(try session.execute(select).columnCount == 2)
                try session.executeScript("DEALLOCATE ALL")
                #expect(try session.execute(select).columnCount == 2)
                try session.executeScript("ALTER TABLE t ADD COLUMN more int")
                #expect(try session.execute(select).columnCount == 3)
            }
            // In a transaction only running the whole body again helps.
            let runs = Counter()
            try await pool.run(.write) { try $0.executeScript("ALTER TABLE t DROP COLUMN more") }
            let columns = try await pool.run(.write) { session in
                runs.increment()
                return try session.transaction { try $0.execute(select).columnCount }
            }
            #expect(columns == 2)
            #expect(runs.value == 2)
        }
    }

    @Test func moreStatementsThanAConnectionKeeps() async throws {
        let url = try await PostgresServer.shared().url
        let held = PostgresStatement(name: "held", sql: "SELECT count(*) FROM pg_prepared_statements", isWrite: false)
        try await withPool(url, { $0.size = 1 }) { pool async throws in
            for round in 0..<2 {
                let names = (0..<150).map { "s\"\($0)" }
                let count = try await pool.run { session in
                    for (index, name) in names.enumerated() {
                        let statement = PostgresStatement(name: name, sql: "SELECT \(index)", isWrite: false)
                        #expect(try session.execute(statement).int64(0, 0) == Int64(index))
                    }
                    return try session.execute(held).int64(0, 0)
                }
                #expect(count == Int64(PostgresLimits.preparedStatementsPerConnection), "round \(round)")
            }
        }
    }

    @Test func scriptsAreOneTransactionAndMustLeaveItAlone() async throws {
        try await withFreshDatabase(schema: Self.table) { pool, _ async throws in
            let broken = await pool.failure(.write) { try $0.executeScript("INSERT INTO t VALUES (1); SELECT 1/0") }
            #expect(broken.error?.kind == "22012")
            let nul = await pool.failure(.write) { try $0.executeScript("SELECT 1\0") }
            #expect(nul.error?.kind == "invalidParameter")
            let opening = await pool.failure(.write) { try $0.executeScript("BEGIN") }
            #expect(opening.error?.kind == "protocolViolation")
            let reading = await pool.failure { try $0.executeScript("SELECT 1") }
            #expect(reading.error?.kind == "protocolViolation")
            #expect(try await rowCount(pool) == 0)
        }
    }

    @Test func sessionsAreSetUp() async throws {
        let url = try await PostgresServer.shared().url
        let setting = PostgresStatement(
            name: "setting", sql: "SELECT current_setting($1)", parameterTypes: [.text], isWrite: false)
        let expected = [
            "client_encoding": "UTF8", "timezone": "UTC", "synchronous_commit": "on", "jit": "off",
            "statement_timeout": "0", "lock_timeout": "0", "application_name": "tests",
            "plan_cache_mode": "force_custom_plan", "search_path": "a'b, public",
        ]
        try await withPool(url) {
            $0.applicationName = "tests"
            $0.sessionSettings = ["plan_cache_mode": "force_custom_plan", "search_path": "a'b, public"]
        } _: { pool async throws in
            for (name, value) in expected {
                #expect(try await pool.run { try $0.execute(setting, [.text(name)]).text(0, 0) } == value)
            }
            #expect((pool.snapshot.serverVersion ?? 0) >= 150_000)
        }
    }

    @Test func readBodiesCannotWriteInTransactions() async throws {
        let sneaky = PostgresStatement(name: "sneaky", sql: "CREATE TABLE sneaky (id int)", isWrite: false)
        try await withFreshDatabase { pool, _ async throws in
            let failure = await pool.failure { session in
                try session.transaction { _ = try $0.execute(sneaky) }
            }
            #expect(failure.error?.kind == "unavailable", "25006")
        }
    }
}
