import Glibc

/// How a child process ended, as `waitid` told.
package enum ChildExit: Sendable, Equatable, CustomStringConvertible {
    /// It called `exit` with this status (0–255).
    case exited(Int32)
    /// It was ended by this signal.
    case signaled(Int32)

    /// "exit status 1", "signal 9 (Killed)".
    package var description: String {
        switch self {
        case .exited(let status):
            return "exit status \(status)"
        case .signaled(let number):
            let name = strsignal(number).map { String(cString: $0) } ?? "unknown"
            return "signal \(number) (\(name))"
        }
    }
}
