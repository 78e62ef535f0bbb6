import MemoryModel
import Synchronization

/// Keeps callers away from a database whose schema has not been checked: it opens once, and then stays open.
public final class SchemaGate: Sendable {
    private let obstacle: Mutex<String?>

    /// Makes a gate that is closed, for the reason that callers are told meanwhile.
    public init(closedBecause reason: String) {
        obstacle = Mutex(reason)
    }

    /// Makes a gate that is open, for a database that is known to be right.
    public init() {
        obstacle = Mutex(nil)
    }

    /// Lets everyone through from now on.
    public func open() {
        obstacle.withLock { $0 = nil }
    }

    /// Tells callers another reason from now on; without effect on an open gate. Returns whether the reason is new.
    @discardableResult
    public func note(_ reason: String) -> Bool {
        obstacle.withLock { obstacle in
            guard obstacle != nil, obstacle != reason else { return false }
            obstacle = reason
            return true
        }
    }

    /// Why nobody may pass, or nil when everyone may.
    var reason: String? { obstacle.withLock { $0 } }

    /// Throws `store_unavailable` while the gate is closed.
    func pass() throws(StoreError) {
        guard let reason else { return }
        throw StoreError(.storeUnavailable, "PostgreSQL is not ready for use: \(reason)")
    }
}
