import Glibc
import Synchronization

extension ChildProcess {
    /// How a run with a time limit ended.
    struct BoundedEnd: Sendable {
        var exit: ChildExit
        /// Whether it was killed because it took too long.
        var isTimedOut: Bool
    }

    /// Carries out `run`, which runs this child, and kills the child with all it has started when that takes longer
    /// than `bound`.
    func bounded(
        by bound: Duration, _ run: @escaping @Sendable () async throws -> ChildExit
    ) async throws -> BoundedEnd {
        let mark = TimeoutMark()
        return try await withThrowingTaskGroup(of: ChildExit?.self) { group in
            group.addTask { try await run() }
            group.addTask {
                // Cancelled, and so ended early, when the program was faster.
                guard (try? await Task.sleep(for: bound)) != nil else { return nil }
                mark.isSet.store(true, ordering: .relaxed)
                _ = self.send(signal: SIGKILL, toGroup: true)
                return nil
            }
            var exit: ChildExit?
            while exit == nil, let next = try await group.next() {
                exit = next
            }
            group.cancelAll()
            return BoundedEnd(exit: exit ?? .signaled(SIGKILL), isTimedOut: mark.isSet.load(ordering: .relaxed))
        }
    }

    /// Written by one task of a run and read by another.
    private final class TimeoutMark: Sendable {
        let isSet = Atomic(false)
    }
}
