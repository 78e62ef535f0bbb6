import Glibc
import MonotonicClock

/// What a wait in poll(2) ended with.
package struct Readiness: OptionSet {
    package let rawValue: Int16

    /// Bytes, an end of file, or an error wait on the socket.
    package static let socketReadable = Readiness(rawValue: 1)
    /// The socket takes bytes.
    package static let socketWritable = Readiness(rawValue: 2)
    /// The wakeup descriptor was signalled.
    package static let wakeup = Readiness(rawValue: 4)

    /// Waits for the socket (a negative one is left out), the wakeup descriptor, or `until` (nil: for ever).
    ///
    /// - Returns: empty when `until` came first.
    package static func wait(
        socket: CInt, _ interest: Readiness, wakeup: CInt, until: MonotonicInstant?
    ) -> Readiness {
        var events: Int16 = 0
        if interest.contains(.socketReadable) { events |= Int16(POLLIN) }
        if interest.contains(.socketWritable) { events |= Int16(POLLOUT) }
        let pulse = ThreadPulse.current
        while true {
            let limit = milliseconds(until: until)
            var descriptors = (
                pollfd(fd: socket, events: events, revents: 0), pollfd(fd: wakeup, events: Int16(POLLIN), revents: 0)
            )
            pulse?.waits(milliseconds: limit)
            let ready = withUnsafeMutableBytes(of: &descriptors) { bytes in
                poll(bytes.bindMemory(to: pollfd.self).baseAddress, 2, limit)
            }
            pulse?.turned()
            if ready > 0 { return Readiness(descriptors.0.revents, descriptors.1.revents) }
            // EINTR, or a sleep cut short by the bound below: look at the clock again.
            if let until, MonotonicInstant.now >= until { return [] }
        }
    }

    private init(_ socket: Int16, _ wakeup: Int16) {
        var value: Readiness = []
        let broken = Int16(POLLERR) | Int16(POLLHUP) | Int16(POLLNVAL)
        if socket & (Int16(POLLIN) | broken) != 0 { value.insert(.socketReadable) }
        if socket & (Int16(POLLOUT) | broken) != 0 { value.insert(.socketWritable) }
        if wakeup != 0 { value.insert(.wakeup) }
        self = value
    }

    package init(rawValue: Int16) { self.rawValue = rawValue }

    /// The longest single wait, in seconds: how late a thread that hangs in poll(2) itself is noticed. Each such wait that
    /// passes wakes an idle process for nothing.
    private static let longestSeconds: Int64 = 300

    /// poll's timeout: rounded up, so that a wait never ends in a burst of zero-length waits; bounded.
    private static func milliseconds(until: MonotonicInstant?) -> CInt {
        let longest = CInt(longestSeconds * 1_000)
        guard let until else { return longest }
        let (seconds, attoseconds) = (until - .now).components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        guard seconds < longestSeconds else { return longest }
        return CInt(seconds * 1_000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}
