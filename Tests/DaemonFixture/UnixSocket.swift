import Foundation

/// A connected Unix stream socket with blocking calls, each under a deadline: the bottom of ``WireClient``, and for
/// tests that send what no client would. Call it from threads of its own.
public final class UnixSocket: Sendable {
    /// The other end has closed the connection, or broken it.
    public struct Closed: Error {
        /// Makes the error.
        public init() {}
    }

    private let descriptor: CInt

    /// Connects to the socket at `path`; throws `TestFailure` when nothing listens there.
    public init(path: String) throws {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw TestFailure("\(path) is too long")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        descriptor = socket(AF_UNIX, type, 0)
        guard descriptor >= 0 else { throw TestFailure("no socket: \(Self.reason())") }
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard status == 0 else {
            let reason = Self.reason()
            Glibc.close(descriptor)
            throw TestFailure("cannot connect to \(path): \(reason)")
        }
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    }

    private static func reason() -> String { String(cString: strerror(errno)) }

    /// Sends bytes as they are; throws ``Closed``, or `TestFailure` when the other end does not take them in time.
    public func send(_ bytes: [UInt8], within limit: Duration = .seconds(30)) throws {
        let end = ContinuousClock.now + limit
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(
                    descriptor, $0.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count > 0 {
                sent += count
            } else if errno == EAGAIN {
                try wait(for: POLLOUT, until: end)
            } else if errno != EINTR {
                throw Closed()
            }
        }
    }

    /// Sends a payload with its length before it.
    public func send(frame payload: [UInt8], within limit: Duration = .seconds(30)) throws {
        try send(Self.frame(payload), within: limit)
    }

    /// A payload with its length before it: 4 bytes, big-endian.
    public static func frame(_ payload: [UInt8]) -> [UInt8] {
        withUnsafeBytes(of: UInt32(payload.count).bigEndian) { Array($0) } + payload
    }

    /// Up to 256 KiB of what has arrived, at least a byte; nil at the end of the stream.
    ///
    /// - Throws: ``Closed`` when the connection broke, `TestFailure` when nothing arrives in time.
    public func receive(within limit: Duration) throws -> [UInt8]? {
        let end = ContinuousClock.now + limit
        while true {
            var status = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: 262_144) { buffer, count in
                status = Glibc.recv(descriptor, buffer.baseAddress, buffer.count, 0)
                count = max(status, 0)
            }
            if status > 0 { return bytes }
            if status == 0 { return nil }
            if errno == EAGAIN {
                try wait(for: POLLIN, until: end)
            } else if errno != EINTR {
                throw Closed()
            }
        }
    }

    /// The payload of one frame; nil at the end of the stream. Not to be mixed with ``receive(within:)``.
    public func receiveFrame(within limit: Duration) throws -> [UInt8]? {
        guard let head = try receive(exactly: 4, within: limit) else { return nil }
        let length = head.reduce(0) { $0 << 8 | Int($1) }
        guard let payload = try receive(exactly: length, within: limit) else { throw Closed() }
        return payload
    }

    private func receive(exactly count: Int, within limit: Duration) throws -> [UInt8]? {
        let end = ContinuousClock.now + limit
        var bytes = [UInt8](repeating: 0, count: count)
        var received = 0
        while received < count {
            let status = bytes.withUnsafeMutableBytes {
                Glibc.recv(descriptor, $0.baseAddress.map { $0 + received }, count - received, 0)
            }
            if status > 0 {
                received += status
            } else if status == 0 {
                if received == 0 { return nil }
                throw Closed()
            } else if errno == EAGAIN {
                try wait(for: POLLIN, until: end)
            } else if errno != EINTR {
                throw Closed()
            }
        }
        return bytes
    }

    private func wait(for event: CInt, until end: ContinuousClock.Instant) throws {
        let left = ContinuousClock.now.duration(to: end)
        guard left > .zero else { throw TestFailure("the other end did not take or send bytes in time") }
        var entry = pollfd(fd: descriptor, events: Int16(event), revents: 0)
        _ = poll(&entry, 1, Int32(min(left / .milliseconds(1), 60_000).rounded(.up)))
    }

    /// Ends the stream of what is sent; answers may still be read.
    public func shutdownWriting() { _ = Glibc.shutdown(descriptor, Int32(SHUT_WR)) }

    /// Ends both directions at once; a thread that reads notices it.
    public func shutdownBoth() { _ = Glibc.shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// Closes the connection. No call may be under way, nor follow.
    public func close() { Glibc.close(descriptor) }
}
