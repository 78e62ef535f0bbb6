import Glibc

/// The little that is done with a socket beside what an event loop does with it.
enum RawSocket {
    /// Sends what fits at once; how many bytes that were, none when it failed.
    static func send(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
        max(Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)), 0)
    }

    /// Sends what fits at once, and closes.
    static func sendAndClose(_ descriptor: Int32, _ bytes: [UInt8]) {
        _ = bytes.withUnsafeBytes { send(descriptor, $0) }
        shutdown(descriptor, Int32(SHUT_WR))
        close(descriptor)
    }

    /// Whether bytes of the peer wait to be read.
    static func hasInput(_ descriptor: Int32) -> Bool {
        var byte: UInt8 = 0
        return recv(descriptor, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)) > 0
    }

    /// Makes the peer's writes fail from now on (unix(7): EPIPE); what it has written can still be read.
    static func shutInput(_ descriptor: Int32) {
        _ = shutdown(descriptor, Int32(SHUT_RD))
    }

    static func close(_ descriptor: Int32) {
        _ = Glibc.close(descriptor)
    }
}
