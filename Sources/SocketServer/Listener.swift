import CPlatform
import Glibc
import MemoryService
import MonotonicClock
import Synchronization
import ThreadedIO

/// Accepts connections on a thread of its own, and hands each on with its peer's credentials.
final class Listener: Sendable {
    private let socket: Int32
    private let wakeUp: WakeupDescriptor
    private let observer: any Observer
    private let onAccept: @Sendable (Int32) -> Void
    private let isStopped = Atomic(false)
    private let hasEnded = Atomic(false)

    /// Will accept from `socket`, which is non-blocking; it is closed when the listener has stopped.
    init(socket: Int32, observer: any Observer, onAccept: @escaping @Sendable (Int32) -> Void) throws(SocketError) {
        self.socket = socket
        self.observer = observer
        self.onAccept = onAccept
        do throws(ThreadedIOError) { wakeUp = try WakeupDescriptor() } catch { throw SocketError(error.description) }
    }

    /// Begins to accept.
    func start() throws(SocketError) {
        do throws(ThreadedIOError) {
            try OwnThread.start(named: "listener", isWatched: true) { self.loop() }
        } catch {
            throw SocketError(error.description)
        }
    }

    /// Stops accepting. When it returns, whatever was accepted has been handed on, and the socket is closed: at one that
    /// the service manager keeps, further connections wait for the next process.
    func stop() async {
        isStopped.store(true, ordering: .releasing)
        wakeUp.signal()
        let end = MonotonicInstant.now + ServerLimits.flushTime
        while !hasEnded.load(ordering: .acquiring), .now < end { try? await Task.sleep(for: .milliseconds(1)) }
    }

    private func loop() {
        while !isStopped.load(ordering: .acquiring) {
            let ready = Readiness.wait(socket: socket, .socketReadable, wakeup: wakeUp.descriptor, until: nil)
            if ready.contains(.socketReadable) { acceptAll() }
        }
        close(socket)
        hasEnded.store(true, ordering: .releasing)
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
                _ = Readiness.wait(
                    socket: -1, [], wakeup: wakeUp.descriptor, until: .now + ServerLimits.acceptPause)
            }
        }
    }
}
