import Glibc
import MemoryModel
import StrictJSON
import Synchronization
import TestSupport
import Testing
import WireProtocol

/// A client of bare bytes, so that it can be as slow, rude or wrong as a test needs. It never blocks a thread: it polls.
final class TestClient: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private struct Input {
        var bytes: [UInt8] = []
        var hasEnded = false
    }

    private let descriptor: Int32
    private let input = Mutex(Input())

    init(path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
        }
        guard result == 0 else {
            // Everything has a value by now, so the deinitializer runs, and closes.
            let code = errno
            throw Failure(description: "connect: \(String(cString: strerror(code)))")
        }
    }

    deinit {
        close(descriptor)
    }

    // MARK: Sending

    /// Sends what the socket takes at once; how many bytes that was, or nil when the other end is gone.
    func sendSome(_ bytes: some Collection<UInt8>) -> Int? {
        let bytes = Array(bytes)
        let count = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
        return count >= 0 ? count : errno == EAGAIN ? 0 : nil
    }

    /// Sends all of it, as the other end makes room.
    func send(_ bytes: [UInt8], within limit: Duration = .seconds(20)) async throws {
        var rest = bytes[...]
        let isSent = try await eventually(within: limit, every: .milliseconds(1)) {
            while !rest.isEmpty {
                guard let count = sendSome(rest.prefix(65_536)) else {
                    throw Failure(description: "the connection is gone")
                }
                if count == 0 { return false }
                rest = rest.dropFirst(count)
            }
            return true
        }
        if !isSent { throw Failure(description: "\(rest.count) bytes were not taken") }
    }

    /// Sends a request.
    func request(_ id: Int, _ method: ProtocolMethod, _ params: String = "{}", deadline: Int = 20_000) async throws {
        try await send(Self.frame(id, method, params, deadline: deadline))
    }

    static func frame(_ id: Int, _ method: ProtocolMethod, _ params: String = "{}", deadline: Int = 20_000) -> [UInt8] {
        FrameEncoder.frame(
            Array(
                #"{"jsonrpc":"2.0","id":\#(id),"method":"\#(method)","params":\#(params),"deadlineMs":\#(deadline)}"#
                    .utf8))
    }

    /// Tells that nothing more will be sent.
    func shutDownWriting() {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    // MARK: Receiving

    /// The next answer, or nil at the end of the stream.
    func answer(within limit: Duration = .seconds(30)) async throws -> JSONView? {
        var payload: [UInt8]?
        let isThere = try await eventually(within: limit, every: .milliseconds(1)) {
            payload = takeFrame()
            if payload != nil { return true }
            receive()
            payload = takeFrame()
            return payload != nil || input.withLock { $0.hasEnded && $0.bytes.isEmpty }
        }
        guard isThere else { throw Failure(description: "no answer within \(limit)") }
        return try payload.map { try JSONDocument(parsing: $0).root }
    }

    /// So many answers by their ids.
    func answers(_ count: Int) async throws -> [Int: JSONView] {
        var answers: [Int: JSONView] = [:]
        for _ in 0..<count {
            let answer = try #require(try await answer(), "the stream ended after \(answers.count) answers")
            answers[try #require(answer["id"]?.int64.map { Int($0) })] = answer
        }
        return answers
    }

    /// Whether the stream ends, with nothing more in it.
    func ends(within limit: Duration = .seconds(30)) async throws -> Bool {
        try await answer(within: limit) == nil
    }

    /// Whether the other end has sent its last byte.
    var hasEnded: Bool {
        receive()
        return input.withLock { $0.hasEnded }
    }

    /// Takes what has arrived off the socket, up to a megabyte.
    func receive() {
        var room = [UInt8](repeating: 0, count: 65_536)
        for _ in 0..<16 {
            let count = recv(descriptor, &room, room.count, Int32(MSG_DONTWAIT))
            if count > 0 {
                input.withLock { $0.bytes += room.prefix(count) }
            } else {
                if count == 0 || errno != EAGAIN { input.withLock { $0.hasEnded = true } }
                return
            }
        }
    }

    /// How many whole answers were received, which are thereby forgotten.
    func discardAnswers() -> Int {
        receive()
        var count = 0
        while takeFrame() != nil { count += 1 }
        return count
    }

    private func takeFrame() -> [UInt8]? {
        input.withLock { input in
            guard input.bytes.count >= 4 else { return nil }
            let length = input.bytes.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            guard input.bytes.count >= 4 + length else { return nil }
            let payload = Array(input.bytes[4..<4 + length])
            input.bytes.removeFirst(4 + length)
            return payload
        }
    }
}

extension JSONView {
    /// The kind of an error answer; nil for another.
    var errorKind: String? { self["error"]?["data"]?["kind"]?.string }
}
