import MemoryModel
import Testing

@testable import PostgresRepository

/// What a refresh does, by what is there when it begins.
@Suite struct RefreshPlanTests {
    private static func plan(
        last: Int64?, now: Int64 = 1_000_000_000, isBased: Bool = true, bytes: Int64 = 0, maximumAge: Duration = .zero,
        mayDrop: Bool = true
    ) throws -> RefreshPlan {
        RefreshPlan(
            RefreshPlan.Situation(
                last: try last.map { try .of($0) }, now: try .of(now), isBased: isBased, changesBytes: bytes,
                mayDrop: mayDrop),
            maximumAge: maximumAge)
    }

    /// A day of a time zone with summer time may have 23 hours: instants a day later would change their order, and what
    /// expires between them be counted twice.
    @Test func daysAreOf24Hours() {
        for statement in [RepositorySQL.refreshIncrementally, RepositorySQL.refreshFully] {
            #expect(!statement.contains("day'") && statement.contains("interval '24 hours'"))
        }
    }

    @Test func followsTheSituation() throws {
        let (early, late) = (try Timestamp.of(0), try Timestamp.of(900_000_000))
        #expect(try Self.plan(last: nil) == .everything(reason: "there was no refresh before"))
        #expect(try Self.plan(last: 0) == .changes(since: early))
        #expect(try Self.plan(last: 900_000_000, maximumAge: .seconds(101)) == .nothing(since: late))
        #expect(try Self.plan(last: 900_000_000, maximumAge: .seconds(100)) == .changes(since: late))
        #expect(
            try Self.plan(last: 0, isBased: false)
                == .everything(reason: "what the last refresh left to build on is gone"))
        #expect(try Self.plan(last: 900_000_000, isBased: false, maximumAge: .seconds(101)) == .nothing(since: late))
        #expect(try Self.plan(last: 1_060_000_000) == .nothing(since: try .of(1_060_000_000)))
        #expect(
            try Self.plan(last: 1_060_500_000, maximumAge: .seconds(9))
                == .everything(reason: "the clock went backwards by 60.5 s"))
        let limit = RefreshPlan.maximumChangesBytes
        #expect(try Self.plan(last: 0, bytes: limit) == .changes(since: early))
        for isBased in [true, false] {
            #expect(try Self.plan(last: 0, isBased: isBased, bytes: limit + 1) == .dropChanges)
        }
        #expect(try Self.plan(last: nil, bytes: limit + 1) == .dropChanges)
        #expect(try Self.plan(last: 0, bytes: limit + 1, mayDrop: false) == .changes(since: early))
    }
}
