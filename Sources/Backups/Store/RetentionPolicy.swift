import Foundation
import Glibc

/// Decides which backups are removed. Pure.
///
/// Kept are, of good ones of a kind: for dumps the newest of each of the last days, weeks and months that have one (UTC;
/// weeks begin on Monday); for base backups the newest few; and the newest two in any case. A bad one counts as none of
/// these. It stays as long as it might still be of use: until it is older than every good one that is kept, of which
/// there must be two.
struct RetentionPolicy: Sendable, Equatable {
    var daily: Int
    var weekly: Int
    var monthly: Int
    var base: Int

    /// How many good ones of a kind are never removed.
    static let minimum = 2

    init(_ configuration: BackupConfiguration) {
        self.init(
            daily: configuration.keepDaily, weekly: configuration.keepWeekly, monthly: configuration.keepMonthly,
            base: configuration.keepBase)
    }

    init(daily: Int, weekly: Int, monthly: Int, base: Int) {
        (self.daily, self.weekly, self.monthly, self.base) = (daily, weekly, monthly, base)
    }

    /// A backup as the policy sees it.
    struct Item: Sendable, Equatable {
        var id: BackupID
        var isGood: Bool
    }

    /// The backups of a kind to remove, oldest first.
    func removals(_ kind: BackupKind, among items: [Item]) -> [BackupID] {
        let items = items.filter { $0.id.kind == kind }.sorted {
            ($0.id.startedAt, $0.id.text) > ($1.id.startedAt, $1.id.text)
        }
        let good = items.filter(\.isGood).map(\.id)
        var kept = Set(good.prefix(Self.minimum))
        switch kind {
        case .base: kept.formUnion(good.prefix(max(0, base)))
        case .dump:
            kept.formUnion(Self.newest(of: good, periods: daily) { Self.day(of: $0) })
            // Day 0 was a Thursday.
            kept.formUnion(Self.newest(of: good, periods: weekly) { Self.floored(Self.day(of: $0) + 3, 7) })
            kept.formUnion(Self.newest(of: good, periods: monthly) { Self.month(of: $0) })
        }
        let oldestKept = kept.map(\.startedAt).min()
        let removed = items.filter { item in
            if item.isGood { return !kept.contains(item.id) }
            guard let oldestKept, kept.count >= Self.minimum else { return false }
            return item.id.startedAt < oldestKept
        }
        return removed.map(\.id).reversed()
    }

    /// The newest of each of the last periods that have one. `ids` come newest first.
    private static func newest(of ids: [BackupID], periods: Int, _ period: (Date) -> Int) -> [BackupID] {
        var kept: [BackupID] = []
        var last: Int?
        for id in ids where period(id.startedAt) != last {
            guard kept.count < periods else { break }
            last = period(id.startedAt)
            kept.append(id)
        }
        return kept
    }

    private static func day(of date: Date) -> Int { floored(Int(date.timeIntervalSince1970), 86_400) }

    private static func month(of date: Date) -> Int {
        var time = time_t(date.timeIntervalSince1970)
        var parts = tm()
        gmtime_r(&time, &parts)
        return Int(parts.tm_year) * 12 + Int(parts.tm_mon)
    }

    private static func floored(_ number: Int, _ divisor: Int) -> Int {
        (number >= 0 ? number : number - divisor + 1) / divisor
    }
}
