import Dispatch
import Foundation
import Synchronization

/// A client of the wire protocol that shares no code with the product: a socket, frames and JSON.
///
/// A thread reads, a serial queue writes, and answers find their calls by `id`. What belongs to no call is kept for
/// ``receive(within:)``. Any number of calls may be under way at once.
public final class WireClient: Sendable {
    private struct State {
        var calls: [String: OneShot<WireAnswer>] = [:]
        var sentAt: [String: ContinuousClock.Instant] = [:]
        var strays: [WireAnswer] = []
        var receivers: [OneShot<WireAnswer?>] = []
        var end: Result<Void, any Error>?
        var lastID = 0
    }

    /// A call under way.
    public struct Pending: Sendable {
        /// The `id` it was sent with.
        public let id: JSONValue
        let answer: OneShot<WireAnswer>

        /// Waits for the answer; throws `UnixSocket.Closed` when the connection ends first.
        public func answer(within limit: Duration = .seconds(30)) async throws -> WireAnswer {
            let id = id
            return try await answer.value(within: limit) { TestFailure("no answer to \(id) within \(limit)") }
        }
    }

    private let socket: UnixSocket
    private let writer = DispatchQueue(label: "wire client writer")
    private let state = Mutex(State())
    private let reader = OneShot<Void>()

    /// Connects; throws `TestFailure` when nothing listens at `path`.
    public static func connect(to path: String) async throws -> WireClient {
        try await OwnThread.run { WireClient(try UnixSocket(path: path)) }
    }

    private init(_ socket: UnixSocket) {
        self.socket = socket
        // The thread lives as long as the connection, and so keeps the descriptor open until it is done with it.
        Thread.detachNewThread { [weak self, reader] in
            Self.read(socket) { self?.take($0) }
            reader.fulfil(.success(()))
        }
    }

    deinit {
        socket.shutdownBoth()
        let socket = socket
        let reader = reader
        let writer = writer
        Task {
            try? await reader.value(within: .seconds(10)) { UnixSocket.Closed() }
            writer.async { socket.close() }
        }
    }

    // MARK: Calls

    /// Sends a request and waits for its answer.
    ///
    /// - Parameters:
    ///   - id: of the request; nil: the next integer.
    ///   - deadline: milliseconds; nil leaves `deadlineMs` out.
    ///   - limit: how long to wait; the protocol's deadline is the daemon's affair.
    @discardableResult
    public func call(
        _ method: String, _ params: JSONValue? = nil, id: JSONValue? = nil, deadlineMs deadline: Int? = nil,
        within limit: Duration = .seconds(30)
    ) async throws -> WireAnswer {
        try await begin(method, params, id: id, deadlineMs: deadline).answer(within: limit)
    }

    /// Sends a request, after those sent before, and does not wait.
    public func begin(
        _ method: String, _ params: JSONValue? = nil, id: JSONValue? = nil, deadlineMs deadline: Int? = nil
    ) -> Pending {
        let id =
            id
            ?? state.withLock { state in
                state.lastID += 1
                return .int(state.lastID)
            }
        var request: JSONValue = ["jsonrpc": "2.0", "id": id, "method": .string(method)]
        if let params { request["params"] = params }
        if let deadline { request["deadlineMs"] = .int(deadline) }
        let key = id.description
        let answer = OneShot<WireAnswer>()
        let end = state.withLock { state in
            state.calls[key] = answer
            return state.end
        }
        if end != nil { answer.fulfil(.failure(UnixSocket.Closed())) }
        let frame = UnixSocket.frame(request.bytes)
        writer.async { [self] in
            // Noted before, since the answer may be there before this thread is back.
            state.withLock { $0.sentAt[key] = .now }
            do { try socket.send(frame, within: .seconds(600)) } catch { finish(.failure(error)) }
        }
        return Pending(id: id, answer: answer)
    }

    // MARK: Raw bytes

    /// Sends bytes as they are, after what was sent before, and waits until the kernel has taken them.
    public func send(raw bytes: [UInt8], within limit: Duration = .seconds(30)) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            writer.async { [self] in continuation.resume(with: Result { try socket.send(bytes, within: limit) }) }
        }
    }

    /// Sends a payload as one frame.
    public func send(frame payload: [UInt8], within limit: Duration = .seconds(30)) async throws {
        try await send(raw: UnixSocket.frame(payload), within: limit)
    }

    /// Sends text as one frame.
    public func send(frame text: String, within limit: Duration = .seconds(30)) async throws {
        try await send(frame: Array(text.utf8), within: limit)
    }

    /// The next answer that belongs to no call; nil when the daemon has closed the connection.
    public func receive(within limit: Duration = .seconds(30)) async throws -> WireAnswer? {
        let receiver = OneShot<WireAnswer?>()
        state.withLock { state in
            if !state.strays.isEmpty {
                receiver.fulfil(.success(state.strays.removeFirst()))
            } else if let end = state.end {
                receiver.fulfil(end.map { nil })
            } else {
                state.receivers.append(receiver)
            }
        }
        return try await receiver.value(within: limit) { TestFailure("nothing arrived within \(limit)") }
    }

    /// Everything that belongs to no call, until the daemon closes the connection.
    public func receiveUntilEnd(within limit: Duration = .seconds(30)) async throws -> [WireAnswer] {
        let end = ContinuousClock.now + limit
        var answers: [WireAnswer] = []
        while let answer = try await receive(within: ContinuousClock.now.duration(to: end)) { answers.append(answer) }
        return answers
    }

    /// Ends the stream of requests; answers still come.
    public func shutdownWriting() { writer.async { [self] in socket.shutdownWriting() } }

    /// Breaks the connection off.
    public func close() { socket.shutdownBoth() }

    // MARK: Reading

    private static func read(_ socket: UnixSocket, _ take: (Result<WireAnswer?, any Error>) -> Void) {
        do {
            while let payload = try socket.receiveFrame(within: .seconds(3_600)) {
                let arrivedAt = ContinuousClock.now
                take(.success(try WireAnswer(payload: payload, arrivedAt: arrivedAt)))
            }
            take(.success(nil))
        } catch {
            take(.failure(error))
        }
    }

    private func take(_ event: Result<WireAnswer?, any Error>) {
        switch event {
        case .success(let answer?): deliver(answer)
        case .success(nil): finish(.success(()))
        case .failure(let error): finish(.failure(error))
        }
    }

    private func deliver(_ answer: WireAnswer) {
        let key = (answer.id ?? .null).description
        state.withLock { state in
            if let call = state.calls.removeValue(forKey: key) {
                var answer = answer
                answer.elapsed = state.sentAt.removeValue(forKey: key)?.duration(to: answer.arrivedAt)
                call.fulfil(.success(answer))
            } else if !state.receivers.isEmpty {
                state.receivers.removeFirst().fulfil(.success(answer))
            } else {
                state.strays.append(answer)
            }
        }
    }

    private func finish(_ end: Result<Void, any Error>) {
        state.withLock { state in
            guard state.end == nil else { return }
            state.end = end
            for call in state.calls.values { call.fulfil(.failure(UnixSocket.Closed())) }
            for receiver in state.receivers { receiver.fulfil(end.map { nil }) }
            state.calls = [:]
            state.receivers = []
        }
    }
}
