import Synchronization

/// The bounds that all connections share. Safe from any thread.
final class Admission: Sendable {
    private struct Load {
        var inFlight = 0
        var bytes = 0
    }

    private let maximumInFlight: Int
    private let maximumBytes: Int
    private let load = Mutex(Load())

    init(maximumInFlight: Int, maximumBytes: Int) {
        self.maximumInFlight = maximumInFlight
        self.maximumBytes = maximumBytes
    }

    /// Counts a request in, or returns false when a bound is reached. An admitted one must be released.
    func admit() -> Bool {
        load.withLock { load in
            guard load.inFlight < maximumInFlight, load.bytes < maximumBytes else { return false }
            load.inFlight += 1
            return true
        }
    }

    /// Counts a request in that was admitted before, whatever the bound: the few that a connection may run at once.
    func admitParked() {
        load.withLock { $0.inFlight += 1 }
    }

    /// Counts an admitted request out.
    func release() {
        load.withLock { $0.inFlight -= 1 }
    }

    /// Counts bytes that a connection holds (a negative number gives them back).
    func hold(bytes: Int) {
        load.withLock { $0.bytes += bytes }
    }

    /// Whether the connections together hold as many bytes as they may.
    var isMemoryShort: Bool {
        load.withLock { $0.bytes >= maximumBytes }
    }

    /// Whether the connections together hold half of the bytes that they may: time to spare the rest.
    var isMemoryTight: Bool {
        load.withLock { $0.bytes >= maximumBytes / 2 }
    }

    /// Bytes that the connections hold now.
    var heldBytes: Int {
        load.withLock { $0.bytes }
    }

    /// Requests in flight now.
    var inFlight: Int {
        load.withLock { $0.inFlight }
    }
}
