import MonotonicClock
import Synchronization
import ThreadedIO

/// The pool's alarm clock: a thread that calls back at one instant, which may be moved.
///
/// Not a task: deadlines must hold even when the cooperative pool is late.
final class PoolClock: Sendable {
    private struct State {
        var alarm: MonotonicInstant?
        var isStopped = false
    }

    private let state = Mutex(State())
    private let wakeup: WakeupDescriptor

    /// - Throws: `.unavailable` when the process has no descriptor left.
    init() throws(PostgresError) { wakeup = try .forConnection() }

    /// Starts the thread. `ring` is called on it and must not block.
    ///
    /// - Throws: `.unavailable` when the system gives no thread.
    func start(_ ring: @escaping @Sendable () -> Void) throws(PostgresError) {
        try OwnThread.startForConnection(named: "pg-pool-clock") { self.main(ring) }
    }

    /// Moves the alarm.
    func set(_ alarm: MonotonicInstant) {
        state.withLock { $0.alarm = alarm }
        wakeup.signal()
    }

    /// Ends the thread.
    func stop() {
        state.withLock { $0.isStopped = true }
        wakeup.signal()
    }

    private func main(_ ring: () -> Void) {
        while true {
            let (alarm, isStopped) = state.withLock { ($0.alarm, $0.isStopped) }
            if isStopped { return }
            if let alarm, alarm <= .now {
                // Unless it was moved meanwhile, it is used up.
                state.withLock { if $0.alarm == alarm { $0.alarm = nil } }
                ring()
                continue
            }
            let ready = Readiness.wait(socket: -1, [], wakeup: wakeup.descriptor, until: alarm)
            if ready.contains(.wakeup) { wakeup.drain() }
        }
    }
}
