import Testing

@testable import PostgresDriver

@Suite struct RetryPolicyTests {
    private func pauses(_ remedy: AttemptFailure.Remedy, jitter: Double = 0, upTo count: Int = 8) -> [Duration?] {
        var policy = RetryPolicy()
        let failure = AttemptFailure(.unavailable("gone"), remedy: remedy)
        return (0..<count).map { _ in policy.pause(after: failure, jitter: jitter) }
    }

    @Test func finalFailuresAreNotRetried() {
        #expect(pauses(.none, upTo: 2) == [nil, nil])
    }

    @Test func aLossAndAStalePlanAreRetriedOnceAtOnce() {
        #expect(pauses(.anotherConnection, upTo: 2) == [.zero, nil])
        #expect(pauses(.again, upTo: 2) == [.zero, nil])
    }

    @Test func conflictsAreRetriedAfterGrowingPauses() {
        let expected: [Duration?] = [1, 2, 4, 8, 16].map { .milliseconds($0) / 2 } + [nil, nil, nil]
        #expect(pauses(.laterAgain) == expected)
    }
}

@Suite struct PreparedStatementCacheTests {
    private func statement(_ name: String, sql: String = "SELECT 1") -> PostgresStatement {
        PostgresStatement(name: name, sql: sql, isWrite: false)
    }

    @Test func theLeastRecentlyUsedGoes() {
        var cache = PreparedStatementCache(capacity: 2)
        for name in ["a", "b"] {
            #expect(cache.use(statement(name)) == .prepare(afterDeallocating: .nothing))
            cache.prepared(statement(name))
        }
        #expect(cache.use(statement("a")) == .nothing)
        #expect(cache.use(statement("c")) == .prepare(afterDeallocating: .one("b")))
        cache.deallocated(.one("b"))
        cache.prepared(statement("c"))
        #expect(cache.use(statement("a")) == .nothing)
        #expect(cache.use(statement("b")) == .prepare(afterDeallocating: .one("c")))
    }

    @Test func anotherTextUnderANameIsPreparedAnew() {
        var cache = PreparedStatementCache()
        cache.prepared(statement("a"))
        #expect(cache.use(statement("a", sql: "SELECT 2")) == .prepare(afterDeallocating: .one("a")))
    }

    @Test func anOutdatedCacheStartsFromNothing() {
        var cache = PreparedStatementCache()
        cache.prepared(statement("a"))
        cache.outdate()
        #expect(cache.use(statement("a")) == .prepare(afterDeallocating: .all))
        cache.deallocated(.all)
        #expect(cache.use(statement("a")) == .prepare(afterDeallocating: .nothing))
    }
}
