import Foundation
import Testing

@testable import Backups

@Suite struct RetentionTests {
    private let policy = RetentionPolicy(daily: 3, weekly: 2, monthly: 3, base: 2)

    private func id(_ time: String, _ kind: BackupKind = .dump) throws -> BackupID {
        try #require(BackupID("\(kind.rawValue)-\(time)Z-00000001"))
    }

    private func removals(
        _ times: [String], bad: Set<String> = [], _ kind: BackupKind = .dump, _ policy: RetentionPolicy? = nil
    ) throws -> [String] {
        let items = try times.map { RetentionPolicy.Item(id: try id($0, kind), isGood: !bad.contains($0)) }
        return (policy ?? self.policy).removals(kind, among: items.shuffled()).map {
            String($0.text.dropFirst(kind.rawValue.count + 1).dropLast(10))
        }
    }

    @Test("the newest of each day, week and month stay; others go, the oldest first")
    func tiers() throws {
        // 2026-11-26 is a Thursday; its week began on Monday the 23rd.
        let times = [
            "20261126T120000", "20261126T030000", "20261125T030000", "20261124T030000", "20261123T030000",
            "20261122T030000", "20261121T030000", "20261031T230000", "20261001T000000", "20260930T030000",
            "20260801T030000",
        ]
        // Days: 26, 25, 24. Weeks: that of the 26th and the one before, whose newest is the 22nd. Months: November,
        // October (the 31st), September. And the newest two.
        let removed = try removals(times)
        #expect(
            removed == [
                "20260801T030000", "20261001T000000", "20261121T030000", "20261123T030000",
            ])
    }

    @Test("the last two good ones stay whatever the numbers say")
    func minimum() throws {
        let none = RetentionPolicy(daily: 0, weekly: 0, monthly: 0, base: 0)
        let times = ["20261126T030000", "20261126T020000", "20261126T010000"]
        #expect(try removals(times, .dump, none) == ["20261126T010000"])
        #expect(try removals(times, .base, none) == ["20261126T010000"])
        #expect(try removals(Array(times.prefix(2)), .dump, none) == [])
        #expect(try removals([], .dump, none) == [])
    }

    @Test("a bad one counts as none, and stays until it is older than every good one kept")
    func bad() throws {
        let times = ["20261126T040000", "20261126T030000", "20261126T020000", "20261126T010000"]
        let one = RetentionPolicy(daily: 1, weekly: 0, monthly: 0, base: 0)
        #expect(try removals(times, bad: ["20261126T040000"], .dump, one) == ["20261126T010000"])
        #expect(try removals(times, bad: ["20261126T010000"], .dump, one) == ["20261126T010000", "20261126T020000"])
        #expect(try removals(times, bad: ["20261126T030000"], .dump, one) == ["20261126T010000"])
        // One good one is not enough to remove the last hope.
        #expect(try removals(times, bad: Set(times.dropFirst()), .dump, one) == [])
    }

    @Test("base backups: the newest few, and only they")
    func base() throws {
        let times = ["20261126T030000", "20261119T030000", "20261112T030000", "20261105T030000"]
        #expect(try removals(times, .base) == ["20261105T030000", "20261112T030000"])
        #expect(
            try removals(times, .base, RetentionPolicy(daily: 0, weekly: 0, monthly: 0, base: 3)) == ["20261105T030000"]
        )
    }

    @Test("weeks and years turn where they should")
    func turns() throws {
        let weekly = RetentionPolicy(daily: 0, weekly: 2, monthly: 0, base: 0)
        // Friday, 1 January 2027, is in the week of Monday, 28 December; Sunday the 27th is in the one before.
        let times = ["20270103T235959", "20270101T000000", "20261228T000000", "20261227T235959", "20261221T000000"]
        #expect(
            try removals(times, .dump, weekly) == ["20261221T000000", "20261228T000000"])
    }

    @Test("names are read as strictly as they are written")
    func names() throws {
        let date = Date(timeIntervalSince1970: 1_795_000_000.7)
        let made = BackupID(kind: .dump, startedAt: date, random: 0xab)
        #expect(BackupID(made.text) == made)
        #expect(made.startedAt.timeIntervalSince1970 == 1_795_000_000)
        for text in [
            "", "dump", "dump-20261126T030000Z", "dump-20261126T030000Z-1a2b3c4", "dump-20261126T030000Z-1A2B3C4D",
            "dump-20261326T030000Z-1a2b3c4d", "dump-20260231T030000Z-1a2b3c4d", "dump-2026112aT030000Z-1a2b3c4d",
            "wal-20261126T030000Z-1a2b3c4d", "dump-20261126T030000Z-1a2b3c4d-", "../dump-20261126T030000Z-1a2b3c4d",
            "dump-20261126t030000Z-1a2b3c4d", "dump-20261126T030000Z-+1a2b3c4", "dump-99999999T999999Z-1a2b3c4d",
        ] {
            #expect(BackupID(text) == nil, "\(text)")
        }
    }
}
