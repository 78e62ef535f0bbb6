import CPlatform
import Glibc

/// A detached thread for one blocking resource: such calls must never run on Swift's cooperative pool.
package enum OwnThread {
    private final class Work: Sendable {
        let name: String
        let isWatched: Bool
        let body: @Sendable () -> Void

        init(name: String, isWatched: Bool, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.isWatched = isWatched
            self.body = body
        }
    }

    /// Runs `body` on a new thread.
    ///
    /// - Parameters:
    ///   - name: at most 15 bytes are kept.
    ///   - isWatched: whether the thread counts for the watchdog (``ThreadPulse``): then it may block only in the waits of
    ///     ``Readiness`` and in ``ThreadPulse/unbounded(_:)``.
    /// - Throws: when the system gives no thread; `body` then never runs.
    package static func start(
        named name: String, isWatched: Bool, _ body: @escaping @Sendable () -> Void
    ) throws(ThreadedIOError) {
        let work = Unmanaged.passRetained(Work(name: name, isWatched: isWatched, body: body))
        var thread = pthread_t()
        let failure = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let work = Unmanaged<Work>.fromOpaque(argument).takeRetainedValue()
                brain_name_this_thread(work.name)
                if work.isWatched { ThreadPulse.watching(work.name, work.body) } else { work.body() }
                return nil
            }, work.toOpaque())
        guard failure == 0 else {
            work.release()
            throw ThreadedIOError("no thread for \(name) (error \(failure))")
        }
        pthread_detach(thread)
    }
}
