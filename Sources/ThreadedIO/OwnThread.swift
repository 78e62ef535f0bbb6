import CPlatform
import Glibc

/// A detached thread for one blocking resource: such calls must never run on Swift's cooperative pool.
package enum OwnThread {
    private final class Work: Sendable {
        let name: String
        let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }

    /// Runs `body` on a new thread.
    ///
    /// - Parameter name: at most 15 bytes are kept.
    /// - Throws: when the system gives no thread; `body` then never runs.
    package static func start(named name: String, _ body: @escaping @Sendable () -> Void) throws(ThreadedIOError) {
        let work = Unmanaged.passRetained(Work(name: name, body: body))
        var thread = pthread_t()
        let failure = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let work = Unmanaged<Work>.fromOpaque(argument).takeRetainedValue()
                brain_name_this_thread(work.name)
                work.body()
                return nil
            }, work.toOpaque())
        guard failure == 0 else {
            work.release()
            throw ThreadedIOError("no thread for a connection (error \(failure))")
        }
        pthread_detach(thread)
    }
}
