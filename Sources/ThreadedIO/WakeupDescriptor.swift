import CPlatform
import Glibc

/// An eventfd: any thread signals it, one thread waits for it in poll(2) beside its socket.
package final class WakeupDescriptor: Sendable {
    /// What to poll; it is readable from a signal until the next drain.
    package let descriptor: CInt

    /// - Throws: when the process has no descriptor left.
    package init() throws(ThreadedIOError) {
        descriptor = brain_wakeup_open()
        guard descriptor >= 0 else { throw ThreadedIOError("no file descriptor left for a connection") }
    }

    deinit { close(descriptor) }

    /// Makes the descriptor readable. Never blocks: a full counter is readable already.
    package func signal() { brain_wakeup_signal(descriptor) }

    /// Takes all signals away.
    package func drain() {
        var count: UInt64 = 0
        _ = read(descriptor, &count, MemoryLayout<UInt64>.size)
    }
}
