import Scheduling
import MemoryModel
import PostgresDriver
import Testing

@testable import PostgresRepository

/// Who may run a worker, decided by the database.
@Suite struct WorkerLedgerTests {
    private static let long = Duration.seconds(600)

    private static func with(_ body: (Store, PostgresWorkerLedger) async throws -> Void) async throws {
        try await Store.with { try await body($0, PostgresWorkerLedger(pool: $0.pool)) }
    }

    private static func past() throws -> Timestamp { try Timestamp.now.advanced(byMicroseconds: -5_000_000) }

    private static func future() throws -> Timestamp { try Timestamp.now.advanced(byMicroseconds: 3_600_000_000) }

    private static func claim(
        _ ledger: PostgresWorkerLedger, _ holder: String, next: Timestamp? = nil, lease: Duration = long,
        isForced: Bool = false, gone: String? = nil
    ) async throws -> WorkerClaim {
        try await ledger.claim(
            "job", holder: holder, lease: lease, nextRunAt: next, isForced: isForced, gone: gone,
            deadline: .soon)
    }

    private static func token(_ claim: WorkerClaim) throws -> Int64 {
        guard case .granted(let token, _, _) = claim else { throw NotWellFormed() }
        return token
    }

    private static func finish(
        _ ledger: PostgresWorkerLedger, _ token: Int64, isSuccess: Bool = true, _ detail: String = "done",
        retryAt: Timestamp? = nil
    ) async throws -> Bool {
        try await ledger.finish(
            "job", token: token,
            outcome: WorkerOutcome(isSuccess: isSuccess, detail: detail, duration: .milliseconds(1_500)),
            retryAt: retryAt, deadline: .soon)
    }

    @Test func aRunIsClaimedAndEnded() async throws {
        try await Self.with { _, ledger in
            let (past, future) = (try Self.past(), try Self.future())
            try await ledger.register(
                [WorkerRegistration(name: "job", schedule: "every 60s", nextRunAt: past)], deadline: .soon)
            let claim = try await Self.claim(ledger, "one", next: future)
            guard case .granted(let token, let startedAt, false) = claim else { throw NotWellFormed() }
            #expect(try await Self.claim(ledger, "two") == .held(by: "one", since: startedAt))
            #expect(try await Self.claim(ledger, "two", isForced: true) == .held(by: "one", since: startedAt))
            #expect(try await ledger.renew("job", token: token, lease: Self.long, deadline: .soon))
            let running = try #require(try await ledger.entries(deadline: .soon).first)
            #expect(running.holder == "one" && running.startedAt == startedAt && running.nextRunAt == future)
            #expect(try await Self.finish(ledger, token, "deleted 7\0"))
            #expect(try await Self.claim(ledger, "two") == .notDue(future))
            let entry = try #require(try await ledger.entries(deadline: .soon).first)
            #expect(entry.holder == nil && entry.leaseUntil == nil && entry.successes == 1 && entry.failures == 0)
            #expect(
                entry.lastOutcome
                    == WorkerOutcome(isSuccess: true, detail: "deleted 7 ", duration: .milliseconds(1_500)))
            #expect(try await Self.token(Self.claim(ledger, "two", isForced: true)) > token)
            let runs = try await ledger.runs(of: "job", limit: 10, deadline: .soon)
            #expect(runs.map(\.holder) == ["two", "one"] && runs.map(\.isSuccess) == [nil, true])
        }
    }

    @Test func aRunThatLapsedIsTakenOver() async throws {
        try await Self.with { store, ledger in
            try await ledger.register(
                [WorkerRegistration(name: "job", schedule: "every 60s", nextRunAt: Self.past())], deadline: .soon)
            let first = try await Self.token(Self.claim(ledger, "one", next: Self.future()))
            try await store.sql("UPDATE brain_workers SET lease_until = now() - interval '1 s'")
            // Until someone takes it over, its holder may go on.
            #expect(try await ledger.renew("job", token: first, lease: Self.long, deadline: .soon))
            try await store.sql("UPDATE brain_workers SET lease_until = now() - interval '1 s'")
            guard case .granted(let second, _, true) = try await Self.claim(ledger, "two", next: Self.future()) else {
                throw NotWellFormed()
            }
            #expect(try await !ledger.renew("job", token: first, lease: Self.long, deadline: .soon))
            #expect(try await !Self.finish(ledger, first))
            let entry = try #require(try await ledger.entries(deadline: .soon).first)
            #expect(entry.holder == "two" && entry.failures == 1 && entry.lastOutcome?.isSuccess == false)
            #expect(entry.lastOutcome?.detail.hasPrefix("one did not end it") == true)
            #expect(try await Self.finish(ledger, second))
            #expect(try await !Self.finish(ledger, second))
            #expect(try await !ledger.renew("job", token: second, lease: Self.long, deadline: .soon))
            let runs = try await ledger.runs(of: "job", limit: 10, deadline: .soon)
            #expect(runs.map(\.isSuccess) == [true, false] && runs.allSatisfy { $0.finishedAt != nil })
        }
    }

    @Test func aRunOfADaemonThatIsGoneIsTakenOver() async throws {
        try await Self.with { _, ledger in
            try await ledger.register(
                [WorkerRegistration(name: "job", schedule: "every 60s", nextRunAt: Self.past())], deadline: .soon)
            _ = try await Self.token(Self.claim(ledger, "one", next: Self.future()))
            guard case .held(by: "one", _) = try await Self.claim(ledger, "two", isForced: true, gone: "other") else {
                throw NotWellFormed()
            }
            guard case .granted(_, _, true) = try await Self.claim(ledger, "two", gone: "one") else {
                throw NotWellFormed()
            }
            #expect(try await ledger.entries(deadline: .soon).first?.holder == "two")
        }
    }

    @Test func registeringAgainKeepsWhatIsPlanned() async throws {
        try await Self.with { _, ledger in
            let (past, future) = (try Self.past(), try Self.future())
            func register(_ schedule: String, _ next: Timestamp?) async throws -> Timestamp? {
                try await ledger.register(
                    [
                        WorkerRegistration(name: "job", schedule: schedule, nextRunAt: next),
                        WorkerRegistration(name: "another", schedule: "off", nextRunAt: nil),
                    ], deadline: .soon)
                return try await ledger.entries(deadline: .soon).last?.nextRunAt
            }
            #expect(try await register("every 60s", future) == future)
            #expect(try await register("every 60s", past) == future)
            #expect(try await register("every 5s", past) == past)
            #expect(try await register("off", nil) == nil)
            #expect(try await Self.claim(ledger, "one") == .notDue(nil))
            #expect(try await ledger.entries(deadline: .soon).map(\.name) == ["another", "job"])
            let unknown = try await ledger.claim(
                "unknown", holder: "one", lease: Self.long, nextRunAt: nil, isForced: true, gone: nil,
                deadline: .soon)
            #expect(unknown == .notDue(nil))
        }
    }

    @Test func aFailedRunMayBeTriedAgainSooner() async throws {
        try await Self.with { _, ledger in
            let (past, future) = (try Self.past(), try Self.future())
            func planned(_ next: Timestamp?, retryAt: Timestamp?) async throws -> Timestamp? {
                let token = try await Self.token(Self.claim(ledger, "one", next: next, isForced: true))
                #expect(try await Self.finish(ledger, token, isSuccess: false, "no", retryAt: retryAt))
                return try await ledger.entries(deadline: .soon).first?.nextRunAt
            }
            try await ledger.register(
                [WorkerRegistration(name: "job", schedule: "off", nextRunAt: nil)], deadline: .soon)
            #expect(try await planned(nil, retryAt: nil) == nil)
            #expect(try await planned(nil, retryAt: future) == future)
            #expect(try await planned(future, retryAt: past) == past)
            #expect(try await planned(past, retryAt: future) == past)
            #expect(try await ledger.entries(deadline: .soon).first?.failures == 4)
        }
    }

    /// Two daemons that both find a worker due, again and again: each tick is run once.
    @Test func eachTickIsRunOnce() async throws {
        try await Self.with { store, ledger in
            let (past, future) = (try Self.past(), try Self.future())
            let pool = Store.makePool(store.url)
            let ledgers = [ledger, PostgresWorkerLedger(pool: pool), ledger, PostgresWorkerLedger(pool: pool)]
            let result = await Result {
                for tick in 0..<150 {
                    try await ledger.register(
                        [WorkerRegistration(name: "job", schedule: "tick \(tick)", nextRunAt: past)], deadline: .soon)
                    let runs = try await withThrowingTaskGroup(of: Int.self) { group in
                        for (number, ledger) in ledgers.enumerated() {
                            group.addTask {
                                let claim = try await Self.claim(ledger, "daemon \(number)", next: future)
                                guard case .granted(let token, _, false) = claim else { return 0 }
                                #expect(try await Self.finish(ledger, token))
                                return 1
                            }
                        }
                        return try await group.reduce(0, +)
                    }
                    #expect(runs == 1, "tick \(tick)")
                }
            }
            await pool.shutdown(within: .seconds(1))
            try result.get()
            let entry = try #require(try await ledger.entries(deadline: .soon).first)
            #expect(entry.successes == 150 && entry.failures == 0)
            #expect(try await ledger.runs(of: "job", limit: 1_000, deadline: .soon).count == 150)
        }
    }

    @Test func oldRunsGo() async throws {
        try await Self.with { store, ledger in
            try await ledger.register(
                [WorkerRegistration(name: "job", schedule: "off", nextRunAt: nil)], deadline: .soon)
            try await store.sql(
                """
                INSERT INTO brain_worker_runs
                SELECT 'job', n, 'one', at, at, true, '' FROM generate_series(1, 2000) AS n,
                    LATERAL (SELECT now() - CASE WHEN n <= 1010 THEN interval '31 days' ELSE interval '1 day' END) AS t (at);
                UPDATE brain_workers SET token = 2000
                """)
            for _ in 0..<70 {
                let token = try await Self.token(Self.claim(ledger, "one", isForced: true))
                #expect(try await Self.finish(ledger, token))
            }
            // 2,070 runs so far: those up to 1,070 are too many, and those up to 1,010 too old besides.
            #expect(try await store.sql("SELECT min(token)::text FROM brain_worker_runs") == ["1071"])
        }
    }
}
