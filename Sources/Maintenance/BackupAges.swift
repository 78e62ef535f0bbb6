internal import Backups
import Foundation

/// What the newest good backups are, and what is amiss with them. Pure.
struct BackupAges: Sendable {
    /// How long there may be no backup at all after the daemon began: the first ones are made at once.
    static let grace = Duration.seconds(600)

    let listings: [BackupListing]
    let plan: BackupPlan
    /// When the daemon began to look after backups.
    let since: Date

    /// The newest good backup of a kind.
    func newest(_ kind: BackupKind) -> BackupManifest? {
        listings.filter { $0.kind == kind && $0.isGood }.compactMap(\.manifest).max { $0.startedAt < $1.startedAt }
    }

    /// Why the newest good one is not as new as is wanted; nil when it is.
    func problem(_ kind: BackupKind, now: Date) -> String? {
        guard let newest = newest(kind) else {
            guard now.timeIntervalSince(since) > Self.grace / .seconds(1) else { return nil }
            return "there is no good \(kind.words) yet"
        }
        let age = now.timeIntervalSince(newest.startedAt)
        guard age > plan.maximumAge / .seconds(1) else { return nil }
        return "the newest good \(kind.words) is \(Int(age / 3_600)) h old, and backups.max_age_hours is "
            + "\(Int(plan.maximumAge / .seconds(3_600)))"
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
