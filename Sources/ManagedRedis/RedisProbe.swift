import CPlatform
import Glibc
import ProcessSupervision

/// Asks a server whether it serves.
enum RedisProbe {
    /// How long it may take to accept, to read and to answer, each.
    private static let boundSeconds = 1

    /// Whether this process listens on the socket and answers PING. Blocks.
    static func answers(socket path: String, pid: Int32) -> Bool {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var bound = timeval(tv_sec: boundSeconds, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &bound, socklen_t(MemoryLayout<timeval>.size))
        }
        guard connect(descriptor, to: path), isPeer(pid, of: descriptor) else { return false }
        // An inline command, and the simple string that answers it (Redis protocol specification).
        let request = Array("PING\r\n".utf8)
        guard send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
            return false
        }
        let expected = Array("+PONG\r\n".utf8)
        var answer = [UInt8](repeating: 0, count: expected.count)
        return recv(descriptor, &answer, answer.count, Int32(MSG_WAITALL)) == answer.count
            && answer == expected
    }

    private static func connect(_ descriptor: Int32, to path: String) -> Bool {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count <= SocketFolder.maximumSocketPathBytes else { return false }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
    }

    /// Not the server of an earlier daemon, which would be gone in a moment.
    private static func isPeer(_ pid: Int32, of descriptor: Int32) -> Bool {
        var credentials = brain_peer_credentials()
        return brain_peer_credentials_of(descriptor, &credentials) == 0 && credentials.pid == pid
    }
}
