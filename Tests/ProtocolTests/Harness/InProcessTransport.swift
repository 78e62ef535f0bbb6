import DaemonFixture
import MemoryService
import MonotonicClock
import WireProtocol

/// Hands payloads to the request processor of this process.
struct InProcessTransport: Transport {
    let processor: RequestProcessor
    let caller: Caller

    func call(_ payload: [UInt8]) async throws -> [UInt8] {
        guard let answer = try await exchange([payload]).first else { throw TestFailure("no answer") }
        return answer
    }

    func exchange(_ payloads: [[UInt8]]) async throws -> [[UInt8]] {
        var answers: [[UInt8]] = []
        for payload in payloads {
            let frame: [UInt8]?
            switch processor.prepare(payload, from: caller.peer, receivedAt: .now) {
            case .answer(let answer): frame = answer
            case .ignore: frame = nil
            case .run(let request):
                let outcome = await processor.run(request, for: caller)
                processor.report(request, of: caller, outcome)
                frame = outcome.frame
            }
            if let frame { answers.append(try Self.payload(of: frame)) }
        }
        return answers
    }

    func close() {}

    private static func payload(of frame: [UInt8]) throws -> [UInt8] {
        let length = frame.prefix(4).reduce(0) { $0 << 8 | Int($1) }
        guard frame.count == length + 4 else { throw TestFailure("a frame of \(frame.count) bytes says \(length)") }
        return Array(frame.dropFirst(4))
    }
}
