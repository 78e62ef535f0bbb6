import Foundation
import Scheduling
import Testing

@testable import Backups
@testable import Maintenance

@Suite struct BackupAgesTests {
    private static let now = Date(timeIntervalSince1970: 1_800_000_000)

    /// A backup of some hours ago.
    private static func listing(
        _ kind: BackupKind, hours: Double, isGood: Bool = true, writes: Int64? = nil
    ) -> BackupListing {
        let id = "\(kind)-\(hours)"
        var manifest = BackupManifest(
            id: id, kind: kind, startedAt: now.addingTimeInterval(-hours * 3_600), reason: "schedule",
            productVersion: "1", serverVersion: "15")
        manifest.writes = writes
        return BackupListing(
            kind: kind, id: id, path: "/b/\(id)", manifest: manifest, problems: isGood ? [] : ["damaged"], proof: nil,
            bytes: 1)
    }

    private static func ages(
        _ listings: [BackupListing], runningFor hours: Double = 100, after writes: Int64? = 1_000
    ) -> BackupAges {
        let plan = BackupPlan(
            dump: .daily(.init(hour: 3, minute: 0)), dumpAfterWrites: writes,
            base: .daily(.init(hour: 2, minute: 0)), wal: .on, verify: .off, drill: .off,
            maximumAge: .seconds(36 * 3_600))
        return BackupAges(listings: listings, plan: plan, since: now.addingTimeInterval(-hours * 3_600))
    }

    @Test("a newest good one that is too old is a problem, and a bad one does not count")
    func problems() {
        let young = Self.ages([Self.listing(.dump, hours: 35), Self.listing(.dump, hours: 90)])
        #expect(young.problem(.dump, now: Self.now) == nil)
        let old = Self.ages([Self.listing(.dump, hours: 1, isGood: false), Self.listing(.dump, hours: 37)])
        #expect(
            old.problem(.dump, now: Self.now)
                == "the newest good dump is 37 h old, and 36 h are allowed (backups.max_age_hours, or the schedule's interval"
                + " and a half day)")
        #expect(old.problem(.base, now: Self.now) == "there is no good base backup yet")
    }

    @Test("a schedule of longer intervals is allowed for, and a date in the future is not believed")
    func intervals() {
        var weekly = Self.ages([Self.listing(.dump, hours: 7 * 24 + 11)]).plan
        weekly.dump = .weekly(weekday: 1, .init(hour: 3, minute: 0))
        for (hours, isFine) in [(7.0 * 24 + 11, true), (7 * 24 + 13, false), (-0.5, true), (-2, false)] {
            let ages = BackupAges(listings: [Self.listing(.dump, hours: hours)], plan: weekly, since: Self.now)
            #expect((ages.problem(.dump, now: Self.now) == nil) == isFine, "\(hours)")
        }
    }

    @Test("a first one that failed is a problem at once")
    func failed() {
        var ages = Self.ages([], runningFor: 0.1)
        ages.failed = [.dump]
        #expect(ages.problem(.dump, now: Self.now) != nil && ages.problem(.base, now: Self.now) == nil)
    }

    @Test("a daemon that has just begun has time to make its first ones")
    func grace() {
        #expect(Self.ages([], runningFor: 0.1).problem(.dump, now: Self.now) == nil)
        #expect(Self.ages([], runningFor: 0.2).problem(.dump, now: Self.now) != nil)
    }

    /// Rows written until the newest dump, rows written until now, the bound, and whether a dump is due.
    static let triggers: [(Int64?, Int64?, Int64?, Bool)] = [
        (5_000, 5_999, 1_000, false), (5_000, 6_000, 1_000, true), (5_000, nil, 1_000, false),
        (nil, 9_000, 1_000, false), (5_000, 900, 1_000, false), (5_000, 1_000, 1_000, true),
        (5_000, 99_999, nil, false),
    ]

    @Test("a dump is due after so many writes", arguments: triggers)
    func writes(then: Int64?, now: Int64?, limit: Int64?, isDue: Bool) {
        let ages = Self.ages([Self.listing(.dump, hours: 1, writes: then)], after: limit)
        #expect((ages.dumpTrigger(writes: now) != nil) == isDue)
    }

    @Test("without a good one, each kind is due at once")
    func first() {
        let ages = Self.ages([Self.listing(.dump, hours: 1, isGood: false)])
        #expect(ages.dumpTrigger(writes: nil) == "there is no good dump")
        #expect(ages.baseTrigger(archiveStamp: nil) == "there is no good base backup")
    }

    @Test("a base backup is due when the archived WAL began after the newest one")
    func gap() {
        let ages = Self.ages([Self.listing(.base, hours: 2)])
        func stamp(_ hours: Double) -> String { WALFolder.stamp(of: Self.now.addingTimeInterval(-hours * 3_600)) }
        #expect(ages.baseTrigger(archiveStamp: stamp(3)) == nil)
        #expect(ages.baseTrigger(archiveStamp: stamp(1)) != nil)
        #expect(ages.baseTrigger(archiveStamp: nil) == nil)
    }
}
