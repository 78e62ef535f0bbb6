import DaemonFixture
import Foundation
import Synchronization

/// A socket that passes bytes on to another: the wire between a daemon and Redis, which a test can cut.
final class Relay: Sendable {
    let path: String
    private let target: String
    private let listener: CInt
    private let state = Mutex(State())

    private struct State {
        var isCut = false
        var isClosed = false
        var open: Set<CInt> = []
    }

    init(to target: String, at path: String) throws {
        self.target = target
        self.path = path
        listener = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        let isListening = Self.withAddress(path) { bind(listener, $0, $1) } == 0 && listen(listener, 64) == 0
        guard listener >= 0, isListening else { throw TestFailure("no relay at \(path)") }
        Thread.detachNewThread { [self] in accept() }
    }

    /// Breaks every connection, and takes no more until `mend()`.
    func cut() {
        let open = state.withLock { state in
            state.isCut = true
            return state.open
        }
        for descriptor in open { shutdown(descriptor, CInt(SHUT_RDWR)) }
    }

    func mend() { state.withLock { $0.isCut = false } }

    /// Ends it for good.
    func close() {
        state.withLock { $0.isClosed = true }
        cut()
        shutdown(listener, CInt(SHUT_RDWR))
    }

    private func accept() {
        while true {
            let client = Glibc.accept(listener, nil, nil)
            if state.withLock({ $0.isClosed }) { break }
            guard client >= 0 else { continue }
            let server = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
            let isOpen = state.withLock { !$0.isCut } && Self.withAddress(target) { connect(server, $0, $1) } == 0
            guard isOpen else {
                Glibc.close(client)
                Glibc.close(server)
                continue
            }
            state.withLock { $0.open.formUnion([client, server]) }
            Thread.detachNewThread { [self] in pass(client, server) }
        }
        Glibc.close(listener)
    }

    /// Passes bytes both ways until one side ends.
    private func pass(_ client: CInt, _ server: CInt) {
        let group = DispatchGroup()
        group.enter()
        Thread.detachNewThread {
            Self.copy(from: server, to: client)
            group.leave()
        }
        Self.copy(from: client, to: server)
        group.wait()
        state.withLock { $0.open.subtract([client, server]) }
        Glibc.close(client)
        Glibc.close(server)
    }

    private static func copy(from source: CInt, to sink: CInt) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(source, &buffer, buffer.count)
            guard count > 0 else { break }
            var sent = 0
            while sent < count {
                let written = buffer[sent..<count].withUnsafeBytes {
                    send(sink, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
                }
                guard written > 0 else { break }
                sent += written
            }
            guard sent == count else { break }
        }
        shutdown(source, CInt(SHUT_RDWR))
        shutdown(sink, CInt(SHUT_RDWR))
    }

    private static func withAddress(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt) -> CInt {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
