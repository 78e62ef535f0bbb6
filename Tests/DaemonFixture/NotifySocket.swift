import Foundation

/// What a service manager listens at for its services (sd_notify(3)): `path` is for `$NOTIFY_SOCKET`.
public final class NotifySocket: Sendable {
    /// Where it is bound.
    public let path: String
    private let descriptor: CInt

    /// Binds at `path`, which must be free.
    public init(path: String) throws {
        self.path = path
        let descriptor = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        self.descriptor = descriptor
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let failure = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard failure == 0 else { throw TestFailure("cannot bind \(path): \(String(cString: strerror(errno)))") }
    }

    deinit {
        close(descriptor)
        unlink(path)
    }

    /// The messages that have come since the last call, a list of assignments each. Does not block.
    public func messages() -> [[String]] {
        var messages: [[String]] = []
        var room = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &room, room.count, CInt(MSG_DONTWAIT))
            guard count >= 0 else { return messages }
            messages.append(
                String(decoding: room.prefix(count), as: UTF8.self).split(separator: "\n").map(String.init))
        }
    }
}
