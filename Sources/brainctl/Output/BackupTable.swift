import BrainClient

/// Backups for a person.
enum BackupTable {
    /// Failed when one of them can't be relied on.
    static func status(of report: BackupReport) -> Failure.ExitStatus {
        report.backups.allSatisfy(\.isGood) && report.wal?.status ?? .ok == .ok ? .ok : .failed
    }

    static func text(of report: BackupReport, on screen: Screen) -> String {
        var lines = FieldList.lines([("in", report.directory), ("WAL", wal(report.wal, screen))], on: screen.terminal)
        guard !report.backups.isEmpty else {
            return (lines + ["", "there are no backups yet"]).joined(separator: "\n")
        }
        var table = Table(
            [
                .init(title: "BACKUP", minimum: 20), .init(title: "MADE"), .init(title: "STATE", minimum: 8),
                .init(title: "SIZE", alignment: .right), .init(title: "MEMORIES", alignment: .right),
            ], on: screen.terminal)
        lines += [""] + table.lines(report.backups.map { row($0, screen) })
        // A table cuts what is too long, and this must not be cut.
        for backup in report.backups where !backup.isGood {
            lines += ["", "\(DisplayText.sanitized(backup.id)):"]
            lines += backup.problems.map { "  \(DisplayText.sanitized($0))" }
        }
        return lines.joined(separator: "\n")
    }

    private static func row(_ backup: BackupReport.Backup, _ screen: Screen) -> [Table.Cell] {
        let state: Table.Cell =
            if !backup.isGood {
                .init("BAD", .red)
            } else if let proven = backup.provenAt {
                .init("proven \(RelativeTime.describe(proven, now: screen.now))", .green)
            } else {
                .init("good, unproven", .yellow)
            }
        return [
            .init(backup.id), .init(backup.createdAt.map { RelativeTime.describe($0, now: screen.now) } ?? "-"), state,
            .init(Numbers.bytes(backup.bytes)), .init(backup.memories.map { Numbers.grouped($0) } ?? "-"),
        ]
    }

    private static func wal(_ wal: BackupReport.WAL?, _ screen: Screen) -> String {
        guard let wal else { return "off" }
        var parts = [wal.status.rawValue + (wal.isStrict ? ", strict" : "")]
        if let from = wal.from, let until = wal.until {
            parts.append(
                "any moment from \(RelativeTime.exact(from)) to \(RelativeTime.describe(until, now: screen.now))")
        }
        if let lag = wal.lagBytes { parts.append("\(Numbers.bytes(lag)) behind") }
        parts.append(Numbers.bytes(wal.bytes))
        if let reason = wal.reason { parts.append(DisplayText.sanitized(reason)) }
        return parts.joined(separator: ", ")
    }
}
