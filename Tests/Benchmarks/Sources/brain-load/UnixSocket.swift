import Glibc

/// Unix stream sockets that don't block.
enum UnixSocket {
    static func connect(to path: String) throws -> Int32 {
        let descriptor = try make()
        // Connecting blocks, since a full backlog is no failure.
        guard try withAddress(path, { Glibc.connect(descriptor, $0, $1) }) == 0 else {
            throw LoadError("can't connect to \(path): errno \(errno)")
        }
        try setNonBlocking(descriptor)
        return descriptor
    }

    static func listen(on path: String) throws -> Int32 {
        let descriptor = try make()
        unlink(path)
        guard try withAddress(path, { bind(descriptor, $0, $1) }) == 0, Glibc.listen(descriptor, 512) == 0 else {
            throw LoadError("can't listen on \(path): errno \(errno)")
        }
        try setNonBlocking(descriptor)
        return descriptor
    }

    static func setNonBlocking(_ descriptor: Int32) throws {
        guard fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0 else { throw LoadError("fcntl: errno \(errno)") }
    }

    private static func make() throws -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw LoadError("socket: errno \(errno)") }
        return descriptor
    }

    private static func withAddress(
        _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) throws -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw LoadError("the socket's path is too long: \(path)")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
