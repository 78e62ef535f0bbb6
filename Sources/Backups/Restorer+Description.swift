import Foundation

extension Restorer.Prepared: CustomStringConvertible {
    /// What will be done, for a person: from what, from when to when, how much, about how long.
    package var description: String {
        switch self {
        case .cluster(let plan, let check): Self.describe(plan, check)
        case .dump(let manifest):
            "restoring dump \(manifest.id) of \(RestoreText.time(manifest.startedAt))"
                + (manifest.memories.map { ": \(RestoreText.count($0)) memories" } ?? "")
                + ", \(RestoreText.bytes(manifest.bytes)). What was written after it is not in it."
        }
    }

    /// Bytes a second, as measured on two cores and a solid-state disk: copying, and replaying inserts with their indexes.
    private static let copyRate = 400.0 * 1_048_576
    private static let replayRate = 60.0 * 1_048_576

    private static func describe(_ plan: RestorePlan, _ check: WALCheck) -> String {
        let wal = plan.files.reduce(0) { $0 + $1.bytes }
        let replayed = Double(max(check.end, plan.baseRange.lowerBound).bytes - plan.baseRange.lowerBound.bytes)
        let seconds = Double(plan.base.bytes + wal) / copyRate + replayed / replayRate + 2
        let last =
            check.lastCommit.map { "the last transaction in it was committed at \($0)" } ?? "without a transaction"
        var lines = [
            "restoring base backup \(plan.base.id) of \(RestoreText.time(plan.base.finishedAt)), "
                + RestoreText.bytes(plan.base.bytes),
            "replaying \(plan.files.count) WAL segments (\(RestoreText.bytes(wal))) from \(plan.baseRange.lowerBound), timeline "
                + "\(plan.timeline): \(last)",
            "\(plan.target.phrase), in about \(RestoreText.duration(.seconds(seconds)))",
        ]
        if check.withoutChecksum > 0 {
            lines.append("\(check.withoutChecksum) segments have no checksum yet; their records are whole")
        }
        return lines.joined(separator: "\n")
    }
}
