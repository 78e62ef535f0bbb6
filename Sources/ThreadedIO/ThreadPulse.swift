import Glibc
import Synchronization

/// How a thread shows that it turns, without being woken for it.
///
/// Each wait of ``Readiness`` notes on its thread's pulse until when it may last, and its end. So a thread that waits is in
/// order until that instant, however long its server is silent, and one that works is from then on: the longer it has not
/// come back to a wait, the later it is. A thread that hangs in a lock or a loop is never in a wait, and grows late at once.
///
/// Times are of CLOCK_MONOTONIC, by which poll(2) and systemd's watchdog count, and which stands still while the machine
/// sleeps.
package final class ThreadPulse: Sendable {
    /// The thread's name.
    package let name: String

    /// From when on it is late, in nanoseconds; `Int64.max` while it is in a call that nothing bounds.
    private let dueAt: Atomic<Int64>

    init(name: String) {
        self.name = name
        dueAt = Atomic(MonotonicTime.nanoseconds)
    }

    /// The calling thread's pulse, if it is a watched one.
    package static var current: ThreadPulse? {
        pthread_getspecific(key).map { Unmanaged<ThreadPulse>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Runs `body`, a call into a library that may block for as long as a name server or another machine likes: until it
    /// returns, the thread is not late.
    package static func unbounded<R>(_ body: () -> R) -> R {
        let pulse = current
        pulse?.dueAt.store(.max, ordering: .relaxed)
        defer { pulse?.turned() }
        return body()
    }

    /// How late the thread is at `now`, in nanoseconds of CLOCK_MONOTONIC; zero or less while it is in order.
    package func lateness(at now: Int64) -> Int64 {
        let due = dueAt.load(ordering: .relaxed)
        return due == .max ? 0 : now - due
    }

    /// The thread goes into a wait of at most so many milliseconds.
    func waits(milliseconds: CInt) {
        dueAt.store(MonotonicTime.nanoseconds + Int64(milliseconds) * 1_000_000, ordering: .relaxed)
    }

    /// The thread is back.
    func turned() {
        dueAt.store(MonotonicTime.nanoseconds, ordering: .relaxed)
    }

    // MARK: The threads of this process

    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        let failure = pthread_key_create(&key, nil)
        precondition(failure == 0, "no thread-specific key: \(failure)")
        return key
    }()

    private static let running = Mutex<[ObjectIdentifier: ThreadPulse]>([:])

    /// Runs `body` on the calling thread, which is watched meanwhile.
    static func watching(_ name: String, _ body: () -> Void) {
        let pulse = ThreadPulse(name: name)
        pthread_setspecific(key, Unmanaged.passUnretained(pulse).toOpaque())
        running.withLock { $0[ObjectIdentifier(pulse)] = pulse }
        body()
        running.withLock { _ = $0.removeValue(forKey: ObjectIdentifier(pulse)) }
        pthread_setspecific(key, nil)
        withExtendedLifetime(pulse) {}
    }

    /// The name of the thread that is the latest, if one is later than `allowance`, a bound in nanoseconds.
    package static func lateThread(allowance: Int64) -> String? {
        let now = MonotonicTime.nanoseconds
        let latest = running.withLock { running in
            running.values.max { $0.lateness(at: now) < $1.lateness(at: now) }
        }
        return latest.flatMap { $0.lateness(at: now) > allowance ? $0.name : nil }
    }
}

/// CLOCK_MONOTONIC: what poll(2) and systemd count by.
package enum MonotonicTime {
    /// Nanoseconds since some instant in the past, without the time that the machine slept.
    package static var nanoseconds: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
