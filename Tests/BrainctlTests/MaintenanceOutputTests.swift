import BrainClient
import Testing

@testable import brainctl

@Suite struct MaintenanceOutputTests {
    private static let now = Timestamp(rfc3339: "2026-01-02T12:00:00Z") ?? .earliest
    private static let screen = Screen(terminal: .plain, now: now)

    private static func hoursAgo(_ hours: Double) -> Timestamp {
        now.advanced(byMicroseconds: -Int64(hours * 3_600_000_000))
    }

    @Test func theChartRisesWithTheHitRateAndIsBlankWithoutReads() {
        let history = CacheHistory(
            bucketSeconds: 900,
            buckets: [
                .init(start: Self.hoursAgo(23.9), counters: CacheCounters(hits: 0, misses: 5)),
                .init(start: Self.hoursAgo(12), counters: CacheCounters(hits: 5, misses: 5)),
                .init(start: Self.hoursAgo(0.2), counters: CacheCounters(hits: 9, misses: 0)),
            ])
        let lines = HistoryChart(history: history, hours: 24, screen: Self.screen).text.split(separator: "\n")
        let rows = lines.prefix(4).map { Array($0.dropFirst(6)) }
        #expect(rows[3].first == "▁" && rows[0].first == " ")
        #expect(rows[0].last == "█" && rows[3].last == "█")
        #expect(rows[2].filter { $0 == "█" }.count == 2 && rows[1].filter { $0 == "█" }.count == 1)
        #expect(lines.last == "from cache  58.3 % of 24 reads")
        let none = CacheHistory(bucketSeconds: 900, buckets: [])
        #expect(HistoryChart(history: none, hours: 24, screen: Self.screen).text == "no reads in the last 24 h")
    }

    @Test func backupsShowWhatCanBeReliedOn() {
        func backup(_ id: String, provenAt: Timestamp? = nil, problems: [String] = []) -> BackupReport.Backup {
            .init(
                id: id, kind: "dump", createdAt: Self.hoursAgo(3), bytes: 2_097_152, memories: 2_760,
                provenAt: provenAt, problems: problems)
        }
        let good = BackupReport(
            directory: "/b", backups: [backup("d1"), backup("d2", provenAt: Self.hoursAgo(2))],
            wal: .init(status: .ok, isStrict: true, from: Self.hoursAgo(5), until: Self.now, lagBytes: 0, bytes: 1))
        #expect(BackupTable.status(of: good) == .ok)
        let text = BackupTable.text(of: good, on: Self.screen)
        #expect(text.contains("ok, strict, any moment from 2026-01-02 07:00:00 UTC to just now, 0 B behind, 1 B"))
        #expect(text.contains("d1      3 h ago  good, unproven  2.0 MiB     2,760"))
        #expect(text.contains("proven 2 h ago"))
        let bad = BackupReport(directory: "/b", backups: [backup("d3", problems: ["cut\u{1B} short"])], wal: nil)
        #expect(BackupTable.status(of: bad) == .failed)
        let told = BackupTable.text(of: bad, on: Self.screen)
        #expect(told.contains("BAD") && told.contains("\nd3:\n  cut\u{FFFD} short"))
    }
}
