import CLibPQ
import Glibc

/// An eventfd: any thread signals it, one thread waits for it in poll(2) beside its socket.
final class WakeupDescriptor: Sendable {
    let descriptor: CInt

    /// - Throws: `.unavailable` when the process has no descriptor left.
    init() throws(PostgresError) {
        descriptor = brain_wakeup_descriptor()
        guard descriptor >= 0 else { throw .unavailable("no file descriptor left for a connection") }
    }

    deinit { close(descriptor) }

    /// Makes the descriptor readable. Never blocks: a full counter is readable already.
    func signal() {
        var one: UInt64 = 1
        _ = write(descriptor, &one, MemoryLayout<UInt64>.size)
    }

    /// Takes all signals away.
    func drain() {
        var count: UInt64 = 0
        _ = read(descriptor, &count, MemoryLayout<UInt64>.size)
    }
}
