import MemoryModel
import NIOCore
import StrictJSON
import WireProtocol

/// What libFuzzer calls with each input (https://llvm.org/docs/LibFuzzer.html): a stream of bytes as a client might send it.
/// The first byte of the input is not part of the stream: it says in pieces of which size the stream arrives.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let input = UnsafeBufferPointer(start: start, count: count)
    guard let first = input.first else { return 0 }
    let stream = Array(input.dropFirst())
    let whole = Harness.frames(of: stream, inPiecesOf: max(stream.count, 1))
    let pieces = Harness.frames(of: stream, inPiecesOf: Int(first % 16) + 1)
    precondition(whole == pieces, "how a stream is cut must not matter")
    for frame in whole { Harness.check(frame) }
    // Most inputs are no frames; as a payload each says something.
    Harness.check(stream)
    return 0
}

/// The invariants: nothing crashes, and what is accepted means the same after every step it takes through the daemon.
enum Harness {
    private static let maximumFrameBytes = 1 << 20

    /// The frames of a stream that arrives in pieces; a frame that is too large ends them.
    static func frames(of stream: [UInt8], inPiecesOf size: Int) -> [[UInt8]] {
        var decoder = FrameDecoder(maximumFrameBytes: maximumFrameBytes)
        var frames: [[UInt8]] = []
        for start in stride(from: 0, to: stream.count, by: size) {
            let piece = stream[start..<min(start + size, stream.count)]
            var buffer = ByteBuffer(bytes: piece)
            decoder.append(&buffer)
            loop: while true {
                switch decoder.next() {
                case .frame(let payload): frames.append(payload)
                case .needsMore: break loop
                case .tooLarge(let declared):
                    precondition(declared > maximumFrameBytes && decoder.bufferedBytes == 0, "nothing is kept")
                    return frames
                }
            }
            precondition(decoder.bufferedBytes <= stream.count, "no more is kept than came")
        }
        return frames
    }

    static func check(_ payload: [UInt8]) {
        if let root = try? JSONDocument(parsing: payload).root { checkJSON(root) }
        checkRequest(payload)
        if let answer = try? RPCAnswer(parsing: payload), case .success(let result) = answer.outcome {
            _ = try? MemoryLookup(answer: result)
            _ = try? QueryPage(answer: result)
        }
    }

    /// Compaction is idempotent, and what it gives means the same.
    private static func checkJSON(_ root: JSONView) {
        let compact = root.compacted()
        guard let again = try? JSONDocument(parsing: compact.bytes).root else {
            preconditionFailure("a compact text is valid")
        }
        precondition(again.compacted() == compact, "compaction is idempotent")
        precondition(areEqual(root, again), "compaction keeps the meaning")
        precondition(root.nestingDepth == again.nestingDepth && root.nestingDepth <= 64, "and the depth")
    }

    private static func areEqual(_ left: JSONView, _ right: JSONView) -> Bool {
        guard left.kind == right.kind else { return false }
        switch left.kind {
        case .null: return true
        case .boolean: return left.boolean == right.boolean
        case .number: return left.double == right.double
        case .string: return left.string.map { Array($0.utf8) } == right.string.map { Array($0.utf8) }
        case .array:
            let (left, right) = (Array(left.elements), Array(right.elements))
            return left.count == right.count && zip(left, right).allSatisfy { areEqual($0, $1) }
        case .object:
            let (left, right) = (Array(left.members), Array(right.members))
            return left.count == right.count
                && zip(left, right).allSatisfy {
                    Array($0.name.utf8) == Array($1.name.utf8) && areEqual($0.value, $1.value)
                }
        }
    }

    private static func checkRequest(_ payload: [UInt8]) {
        let request: RPCRequest
        do {
            request = try RPCRequest(parsing: payload)
        } catch {
            precondition([.parseError, .invalidRequest].contains(error.error.kind), "only these have no request")
            return checkAnswer(AnswerEncoder().answer(error.id, error.error))
        }
        do {
            _ = try request.deadlineMilliseconds(standard: 5_000)
            guard let method = ProtocolMethod(rawValue: request.method) else { return }
            try checkCall(try MethodCall(method, params: request.params), id: request.id ?? .null)
        } catch {
            precondition(error.kind == .invalidParams && error.field != nil, "a refusal names its field")
            precondition(error.message.utf8.count < 2_048, "and quotes in bounds")
            checkAnswer(AnswerEncoder().answer(request.id ?? .null, error))
        }
    }

    /// What is stored is answered so that storing the answer again stores the same.
    private static func checkCall(_ call: MethodCall, id: RPCIdentifier) throws(StoreError) {
        guard case .store(let record, _) = call else { return }
        var generator = SystemRandomNumberGenerator()
        let draft = MemoryDraft(
            id: record.id ?? MemoryID(uuidVersion7At: .earliest, using: &generator), agentID: record.agentID,
            timestamp: record.timestamp ?? .earliest, context: record.context, embeddings: record.embeddings,
            tags: record.tags, importance: record.importance, expiresAt: record.expiresAt)
        let memory = MemoryRecord(draft: draft, version: 1, createdAt: .earliest, updatedAt: .latest)
        let frame = AnswerEncoder().answer(id, .memory(memory, servedFrom: .store))
        guard let answer = try? RPCAnswer(parsing: Array(frame.dropFirst(4))),
            case .success(let result) = answer.outcome,
            let lookup = try? MemoryLookup(answer: result)
        else { preconditionFailure("an answer can be read") }
        precondition(lookup.memory == memory, "and gives back what was stored")
    }

    private static func checkAnswer(_ frame: [UInt8]) {
        guard (try? RPCAnswer(parsing: Array(frame.dropFirst(4)))) != nil else {
            preconditionFailure("an answer can be read")
        }
    }
}
