import CPlatform
import Foundation
import MemoryService
import Synchronization

/// Accepts connections on a thread of its own, and hands each on with its peer's credentials.
final class Listener: Sendable {
    private let socket: Int32
    private let wakeUp: Int32
    private let observer: any Observer
    private let onAccept: @Sendable (Int32) -> Void
    private let isStopped = Atomic(false)

    /// Will accept from `socket`, which is non-blocking; it is closed when the listener has stopped.
    init(socket: Int32, observer: any Observer, onAccept: @escaping @Sendable (Int32) -> Void) throws(SocketError) {
        self.socket = socket
        self.observer = observer
        self.onAccept = onAccept
        wakeUp = brain_wakeup_open()
        guard wakeUp >= 0 else { throw SocketError("cannot make an eventfd", errno: -wakeUp) }
    }

    /// Begins to accept.
    func start() {
        let thread = Thread { self.loop() }
        thread.name = "listener"
        thread.start()
    }

    /// Stops accepting. Returns at once.
    func stop() {
        guard !isStopped.exchange(true, ordering: .acquiringAndReleasing) else { return }
        brain_wakeup_signal(wakeUp)
    }

    private func loop() {
        while !isStopped.load(ordering: .acquiring) {
            var descriptors = [
                pollfd(fd: socket, events: Int16(POLLIN), revents: 0),
                pollfd(fd: wakeUp, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&descriptors, 2, -1) > 0, descriptors[1].revents == 0 else { continue }
            acceptAll()
        }
        close(socket)
        close(wakeUp)
    }

    private func acceptAll() {
        while !isStopped.load(ordering: .acquiring) {
            let connection = brain_accept(socket)
            if connection >= 0 {
                onAccept(connection)
                continue
            }
            switch -connection {
            case EAGAIN: return
            case EINTR, ECONNABORTED: continue
            default:
                // Out of descriptors or memory: the connection stays in the queue, so wait instead of spinning.
                observer.observe(.acceptFailed(String(cString: strerror(-connection))))
                var descriptor = pollfd(fd: wakeUp, events: Int16(POLLIN), revents: 0)
                poll(&descriptor, 1, ServerLimits.acceptPauseMilliseconds)
            }
        }
    }
}
