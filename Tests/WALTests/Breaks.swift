import Backups
import Synchronization

/// The breaks that streams have told of.
final class Breaks: Sendable {
    private let kept = Mutex<[WALBreak]>([])

    /// Why each was.
    var reasons: [WALBreak.Reason] { kept.withLock { $0.map(\.reason) } }

    func add(_ found: WALBreak) { kept.withLock { $0.append(found) } }
}
