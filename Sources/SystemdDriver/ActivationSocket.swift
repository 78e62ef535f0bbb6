import CSystemd
import Glibc

/// A listening socket that the service manager made and keeps (`.socket` units, sd_listen_fds(3)): connections wait at it
/// while the service is restarted.
public struct ActivationSocket: Hashable, Sendable {
    /// The socket: non-blocking, closed on exec.
    public let descriptor: Int32

    /// Where it listens.
    public let path: String

    /// Why what the manager passed can't be served.
    public struct Failure: Error, Hashable, CustomStringConvertible {
        /// What came and what is wanted.
        public let description: String
    }

    /// Takes the socket over that this process was given; nil when there is none. Call it once, before any thread is
    /// started: it clears the variables of the environment that tell of it.
    ///
    /// Throws unless it is exactly one, a stream socket of AF_UNIX that listens at a path.
    public static func take() throws(Failure) -> ActivationSocket? {
        var names: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
        let count = sd_listen_fds_with_names(1, &names)
        let labels = Self.labels(names, count: Int(max(count, 0)))
        guard count >= 0 else {
            throw Failure(description: "cannot take the sockets over: \(String(cString: strerror(-count)))")
        }
        guard count > 0 else { return nil }
        guard count == 1 else {
            let list = labels.joined(separator: ", ")
            throw Failure(
                description: "the service manager passed \(count) sockets (\(list)); allowed: one, a Unix stream socket"
            )
        }
        return try adopt(SD_LISTEN_FDS_START, name: labels.first ?? "unknown")
    }

    private static func labels(
        _ names: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, count: Int
    ) -> [String] {
        guard let names else { return [] }
        defer { free(names) }
        return (0..<count).map { index in
            guard let name = names[index] else { return "unknown" }
            defer { free(name) }
            return String(cString: name)
        }
    }

    /// Checks what came as `descriptor`.
    static func adopt(_ descriptor: Int32, name: String) throws(Failure) -> ActivationSocket {
        guard sd_is_socket_unix(descriptor, Int32(SOCK_STREAM.rawValue), 1, nil, 0) > 0, let path = path(of: descriptor)
        else {
            throw Failure(
                description:
                    "the service manager passed \(name), which is not a Unix stream socket that listens at a path "
                    + "(ListenStream=/PATH, Accept=no)")
        }
        let flags = fcntl(descriptor, F_GETFL)
        guard flags >= 0, fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0,
            fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0
        else { throw Failure(description: "cannot prepare \(path): \(String(cString: strerror(errno)))") }
        return ActivationSocket(descriptor: descriptor, path: path)
    }

    /// Where a socket is bound; nil when it is to no path (an abstract name begins with a NUL).
    private static func path(of descriptor: Int32) -> String? {
        var address = sockaddr_un()
        var length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let failure = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard failure == 0, length > MemoryLayout<sa_family_t>.size else { return nil }
        let path = withUnsafeBytes(of: address.sun_path) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        return path.isEmpty ? nil : path
    }
}
