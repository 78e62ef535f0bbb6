import Foundation
import Testing

@testable import SystemdDriver

@Suite struct ActivationSocketTests {
    /// A socket of that kind at a path (nil: unbound), and whether it listens.
    private static func makeSocket(_ type: CInt, at path: String?, listens: Bool) throws -> CInt {
        let descriptor = socket(AF_UNIX, type, 0)
        guard let path else { return descriptor }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let failure = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(failure == 0)
        if listens { try #require(listen(descriptor, 5) == 0) }
        return descriptor
    }

    private static func freePath() -> String { "/tmp/brain-activation-\(UInt64.random(in: 0...UInt64.max))" }

    @Test("a listening stream socket at a path is taken, non-blocking and not for children")
    func adopted() throws {
        let path = Self.freePath()
        let descriptor = try Self.makeSocket(CInt(SOCK_STREAM.rawValue), at: path, listens: true)
        defer {
            close(descriptor)
            unlink(path)
        }
        let socket = try ActivationSocket.adopt(descriptor, name: "brain")
        #expect(socket.path == path && socket.descriptor == descriptor)
        #expect(fcntl(descriptor, F_GETFL) & O_NONBLOCK != 0)
        #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0)
    }

    @Test(
        "anything else is refused by name",
        arguments: [
            (CInt(SOCK_STREAM.rawValue), true, false), (CInt(SOCK_DGRAM.rawValue), true, false),
            (CInt(SOCK_STREAM.rawValue), false, false),
        ])
    func refused(type: CInt, isBound: Bool, listens: Bool) throws {
        let path = isBound ? Self.freePath() : nil
        let descriptor = try Self.makeSocket(type, at: path, listens: listens)
        defer {
            close(descriptor)
            if let path { unlink(path) }
        }
        let failure = #expect(throws: ActivationSocket.Failure.self) {
            try ActivationSocket.adopt(descriptor, name: "brain.socket")
        }
        #expect(failure?.description.contains("brain.socket, which is not a Unix stream socket that listens") == true)
    }
}
