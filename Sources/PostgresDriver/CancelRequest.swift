import CLibPQ
import MonotonicClock
import Synchronization
import ThreadedIO

/// How many cancel requests may be under way at once, shared by the connections of a pool.
final class CancelGate: Sendable {
    private let free: Mutex<Int>

    init(limit: Int = PostgresLimits.concurrentCancelRequests) { free = Mutex(limit) }

    func enter() -> Bool {
        free.withLock { free in
            guard free > 0 else { return false }
            free -= 1
            return true
        }
    }

    func leave() { free.withLock { $0 += 1 } }
}

/// One request to cancel what a connection is running, on a thread of its own: PQcancel blocks, with a stopped server
/// for as long as that is stopped.
final class CancelRequest: Sendable {
    /// A PGcancel on its way to the thread that sends and frees it.
    ///
    /// `@unchecked Sendable`: it is a copy of the address and key, used by that thread alone.
    private struct Ticket: @unchecked Sendable {
        let pointer: OpaquePointer
    }

    private let done: WakeupDescriptor

    /// Sends the request; nil when it cannot be sent (no thread, no descriptor, too many under way).
    init?(of connection: OpaquePointer, gate: CancelGate) {
        guard gate.enter() else { return nil }
        guard let done = try? WakeupDescriptor(), let pointer = PQgetCancel(connection) else {
            gate.leave()
            return nil
        }
        self.done = done
        let ticket = Ticket(pointer: pointer)
        do {
            try OwnThread.start(named: "pg-cancel", isWatched: false) {
                withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { message in
                    _ = PQcancel(ticket.pointer, message.baseAddress, 256)
                }
                PQfreeCancel(ticket.pointer)
                gate.leave()
                done.signal()
            }
        } catch {
            PQfreeCancel(pointer)
            gate.leave()
            return nil
        }
    }

    /// Waits until the server has passed the request on, so that it cannot hit a later statement.
    ///
    /// - Returns: false when `until` came first.
    func finished(until: MonotonicInstant) -> Bool {
        Readiness.wait(socket: -1, [], wakeup: done.descriptor, until: until).contains(.wakeup)
    }
}
