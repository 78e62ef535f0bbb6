import CLinux
import Glibc

/// The kernel's list of descriptors to wait for.
final class Poller {
    private let descriptor: Int32
    private let events = UnsafeMutablePointer<epoll_event>.allocate(capacity: 256)

    init() throws {
        descriptor = epoll_create1(0)
        guard descriptor >= 0 else { throw LoadError("epoll_create1: errno \(errno)") }
    }

    /// Waits for a descriptor to be readable, or writable too.
    func watch(_ watched: Int32, key: Int, isNew: Bool, writable: Bool) {
        var event = epoll_event()
        event.events = EPOLLIN.rawValue | (writable ? EPOLLOUT.rawValue : 0)
        event.data.u64 = UInt64(key)
        epoll_ctl(descriptor, isNew ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, watched, &event)
    }

    /// Calls `body` with the key of each descriptor that is ready, and whether it can be read and written.
    @inline(__always)
    func wait(milliseconds: Int32, _ body: (_ key: Int, _ readable: Bool, _ writable: Bool) throws -> Void) throws {
        let count = epoll_wait(descriptor, events, 256, milliseconds)
        guard count > 0 else { return }
        for index in 0..<Int(count) {
            let flags = events[index].events
            try body(Int(events[index].data.u64), flags & ~EPOLLOUT.rawValue != 0, flags & EPOLLOUT.rawValue != 0)
        }
    }
}
