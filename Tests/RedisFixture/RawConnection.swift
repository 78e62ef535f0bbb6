import Glibc

/// A blocking connection to a Redis's Unix socket, for one command.
final class RawConnection {
    private let descriptor: CInt
    private var unread: [UInt8] = []
    private var next = 0

    /// - Throws: when nobody accepts.
    init(path: String) throws {
        descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw RedisFixtureError("no socket") }
        var patience = timeval(tv_sec: 10, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, size)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        // The descriptor is closed by deinit, which runs on this throw, too.
        guard status == 0 else { throw RedisFixtureError("cannot connect to \(path)") }
    }

    deinit { close(descriptor) }

    func run(_ words: [String]) throws -> RawReply {
        var request = Array("*\(words.count)\r\n".utf8)
        for word in words { request += Array("$\(word.utf8.count)\r\n\(word)\r\n".utf8) }
        var sent = 0
        while sent < request.count {
            let count = request[sent...].withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw RedisFixtureError("cannot write to Redis") }
            sent += count
        }
        return try reply()
    }

    private func reply() throws -> RawReply {
        let line = try line()
        let rest = String(line.dropFirst())
        switch line.first {
        case "+": return .text(rest)
        case "-": return .error(rest)
        case ":": return .number(Int(rest) ?? .min)
        case "$":
            guard let count = Int(rest), count >= 0 else { return .null }
            let bytes = try (0..<count).map { _ in try byte() }
            _ = try self.line()
            return .text(String(decoding: bytes, as: UTF8.self))
        case "*":
            guard let count = Int(rest), count >= 0 else { return .null }
            return .list(try (0..<count).map { _ in try reply() })
        default: throw RedisFixtureError("not a reply: \(line)")
        }
    }

    private func line() throws -> String {
        var bytes: [UInt8] = []
        while true {
            let byte = try byte()
            if byte == UInt8(ascii: "\n") { return String(decoding: bytes.dropLast(), as: UTF8.self) }
            bytes.append(byte)
        }
    }

    private func byte() throws -> UInt8 {
        if next == unread.count {
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { throw RedisFixtureError("Redis did not answer") }
            unread = Array(buffer.prefix(count))
            next = 0
        }
        defer { next += 1 }
        return unread[next]
    }
}
