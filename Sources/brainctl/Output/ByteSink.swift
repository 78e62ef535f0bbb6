import Dispatch
import Glibc

/// A file descriptor that is written to on a queue of its own, so that a slow reader never blocks Swift's thread pool.
final class ByteSink: Sendable {
    private let descriptor: Int32
    private let queue: DispatchQueue

    static let standardOutput = ByteSink(descriptor: STDOUT_FILENO)
    static let standardError = ByteSink(descriptor: STDERR_FILENO)

    init(descriptor: Int32) {
        self.descriptor = descriptor
        queue = DispatchQueue(label: "brainctl.sink.\(descriptor)")
    }

    /// Writes everything. When nobody reads any more, the program ends as other tools do.
    func write(_ bytes: [UInt8]) async throws(SystemError) {
        let descriptor = descriptor
        let failure: Int32? = await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: Self.writeAll(bytes, to: descriptor)) }
        }
        guard let failure else { return }
        // SwiftNIO ignores SIGPIPE for the whole process; `brainctl export | head` ends quietly all the same.
        if failure == EPIPE { ProcessEnd.bySignal(SIGPIPE) }
        throw SystemError("can't write", errno: failure)
    }

    /// Writes a text and a line break.
    func line(_ text: String) async throws(SystemError) {
        try await write(Array(text.utf8) + [UInt8(ascii: "\n")])
    }

    /// Writes all of `bytes`; the errno when that failed.
    private static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Int32? {
        bytes.withUnsafeBytes { buffer in
            var rest = buffer[...]
            while !rest.isEmpty {
                let written = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if written >= 0 {
                    rest = rest.dropFirst(written)
                } else if errno == EAGAIN {
                    waitUntilWritable(descriptor)
                } else if errno != EINTR {
                    return errno
                }
            }
            return nil
        }
    }

    /// Whoever shares the terminal with this program may have made it non-blocking.
    private static func waitUntilWritable(_ descriptor: Int32) {
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = poll(&entry, 1, -1)
    }
}

/// A system call that failed.
struct SystemError: Error, CustomStringConvertible {
    let description: String

    init(_ what: String, errno code: Int32) {
        description = "\(what): \(String(cString: strerror(code)))"
    }
}
