import Foundation
import MemoryModel

/// What to tell the server to stop at, given where the log really ends. Pure.
///
/// The server fails when its log ends before a record that lies at the target, so a target that all of the log is before
/// has to become "the end", and one that lies behind what is known to be archived has to be refused beforehand.
struct RestoreTargetRule: Sendable {
    var plan: RestorePlan
    var check: WALCheck

    /// How long after the last write to the archive a target may lie and still count as within it: clocks and files' times.
    private static let tolerance: TimeInterval = 1

    func settle() throws(RestoreError) -> RestoreTarget {
        switch plan.target {
        case .end, .fork:
            return end
        case .time(let time):
            if let last = check.lastCommit, time < last { return plan.target }
            let archived = plan.files.last?.modifiedAt ?? plan.base.finishedAt
            guard time.date <= archived + Self.tolerance else {
                let last = check.lastCommit.map { ", its last transaction was committed at \($0)" } ?? ""
                throw RestoreError(
                    .targetNotReached,
                    "\(time) is after the end of the archived WAL: that was written until "
                        + "\(RestoreText.time(archived))\(last). Leave --to-time out to restore all there is.")
            }
            return end
        case .location(let location), .beforeTransaction(_, let location):
            guard location <= check.end else {
                throw RestoreError(
                    .targetNotReached, "\(location) is after the end of the archived WAL, \(check.end)")
            }
            if case .location = plan.target, location > check.lastRecord ?? check.end { return end }
            return plan.target
        }
    }

    /// All there is, on the timelines to follow: where the next one begins without any of its log being archived, its
    /// parent's log is followed only up to there.
    private var end: RestoreTarget {
        guard plan.isCutAtFork, let fork = plan.stretches.last?.end, check.end > fork else { return .end }
        return .fork(fork)
    }
}
