import Synchronization

/// The numbers of the memories whose writing was acknowledged.
final class Acknowledged: Sendable {
    private let kept = Mutex<Set<Int>>([])

    var numbers: Set<Int> { kept.withLock { $0 } }

    func add(_ number: Int) { kept.withLock { _ = $0.insert(number) } }
}
