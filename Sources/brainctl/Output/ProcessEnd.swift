import Glibc

/// Ends of the program that are no exit.
enum ProcessEnd {
    /// Ends the program as `number` would have, had it not been handled or ignored, so that a shell sees what it is
    /// used to.
    static func bySignal(_ number: Int32) -> Never {
        signal(number, SIG_DFL)
        // Dispatch's threads block signals, and `raise` sends to the thread that calls it.
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, number)
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
        raise(number)
        _exit(128 + number)
    }
}
