internal import Backups
import Foundation
import Scheduling

/// What the newest good backups are, and what is amiss with them. Pure.
struct BackupAges: Sendable {
    /// How long there may be no backup at all after the daemon began: the first ones are made at once.
    static let grace = Duration.seconds(600)

    let listings: [BackupListing]
    let plan: BackupPlan
    /// When the daemon began to look after backups.
    let since: Date
    /// The kinds of which the last attempt failed.
    var failed: Set<BackupKind> = []

    /// How far in the future a backup may have been made, by clocks that differ.
    private static let clockSlack = 3_600.0

    /// The newest good backup of a kind.
    func newest(_ kind: BackupKind) -> BackupManifest? {
        listings.filter { $0.kind == kind && $0.isGood }.compactMap(\.manifest).max { $0.startedAt < $1.startedAt }
    }

    /// Why the newest good one is not as new as is wanted; nil when it is.
    func problem(_ kind: BackupKind, now: Date) -> String? {
        guard let newest = newest(kind) else {
            let isDue = failed.contains(kind) || now.timeIntervalSince(since) > Self.grace / .seconds(1)
            return isDue ? "there is no good \(kind.words) yet" : nil
        }
        let age = now.timeIntervalSince(newest.startedAt)
        if age < -Self.clockSlack {
            return "the newest good \(kind.words) was made \(Int(-age / 3_600)) h from now, by a clock that was wrong"
        }
        let limit = max(plan.maximumAge / .seconds(1), interval(kind))
        guard age > limit else { return nil }
        return "the newest good \(kind.words) is \(Int(age / 3_600)) h old, and \(Int(limit / 3_600)) h are allowed"
            + " (backups.max_age_hours, or the schedule's interval and a half day)"
    }

    /// How old the newest one grows by its schedule, in seconds, and half a day.
    private func interval(_ kind: BackupKind) -> Double {
        let schedule = kind == .dump ? plan.dump : plan.base ?? .off
        let days =
            switch schedule {
            case .off: 0.0
            case .every(let seconds): Double(seconds) / 86_400
            case .daily: 1.0
            case .weekly: 7.0
            case .monthly: 31.0
            }
        return (days + 0.5) * 86_400
    }

    /// Why a dump is due though its schedule does not say so.
    func dumpTrigger(writes: Int64?) -> String? {
        guard let newest = newest(.dump) else { return "there is no good dump" }
        guard let limit = plan.dumpAfterWrites, let writes, let then = newest.writes else { return nil }
        // A count below the one of the dump began anew, with a server that crashed or was restored.
        let since = writes >= then ? writes - then : writes
        return since >= limit ? "\(since) rows written since the newest dump" : nil
    }

    /// Why a base backup is due though its schedule does not say so. `archiveStamp`: since when the archived WAL goes on
    /// without a break, in the form of its folder's name.
    func baseTrigger(archiveStamp: String?) -> String? {
        guard let newest = newest(.base) else { return "there is no good base backup" }
        guard let archiveStamp, WALFolder.stamp(of: newest.startedAt) < archiveStamp else { return nil }
        return "the archived WAL does not go on from the newest base backup"
    }
}

extension BackupKind {
    /// What it is called in messages.
    var words: String {
        switch self {
        case .dump: "dump"
        case .base: "base backup"
        }
    }
}
