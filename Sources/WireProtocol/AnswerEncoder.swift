public import MemoryModel
public import NIOCore
import StrictJSON

/// Writes answers as whole frames.
public struct AnswerEncoder: Sendable {
    /// The most bytes of an answer's payload; a page that would pass it ends early.
    public let maximumBytes: Int

    /// Room kept free for what follows the elements of a page.
    private static let tailBytes = 1_024

    /// Makes an encoder for answers of at most `maximumBytes`.
    public init(maximumBytes: Int = Limits.answerBytes) {
        self.maximumBytes = maximumBytes
    }

    /// The frame that answers `id` with `result`, or with an error when the result can't be cut to fit.
    public func answer(_ id: RPCIdentifier, _ result: MethodResult) -> [UInt8] {
        var writer = Self.begin(id)
        writer.key("result")
        write(result, to: &writer)
        writer.endObject()
        let count = writer.count - FrameEncoder.placeholder.count
        guard count <= maximumBytes else {
            return answer(id, Self.tooLong(result, count: count, maximum: maximumBytes))
        }
        return Self.seal(writer)
    }

    /// The members of the result of a `get` that found nothing.
    public static let noMemory = Array(#""memory":null"#.utf8)

    /// Appends a frame with a result whose members were encoded before; `id` is the request's, as JSON. False, and nothing
    /// appended, when it would be too long.
    public func append(
        _ members: [UInt8], servedFrom source: MethodResult.ServedFrom, answering id: UnsafeRawBufferPointer,
        to buffer: inout ByteBuffer
    ) -> Bool {
        let tail: StaticString =
            switch source {
            case .cache: #","servedFrom":"cache"}}"#
            case .store: #","servedFrom":"store"}}"#
            }
        let (head, middle): (StaticString, StaticString) = (#"{"jsonrpc":"2.0","id":"#, #","result":{"#)
        let count =
            head.utf8CodeUnitCount + id.count + middle.utf8CodeUnitCount + members.count + tail.utf8CodeUnitCount
        guard count <= maximumBytes else { return false }
        // In one go: each call of the buffer checks again that nobody else is at it.
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count + FrameDecoder.headerBytes) { target in
            var written = 0
            withUnsafeBytes(of: UInt32(count).bigEndian) { written += target.copy($0, at: written) }
            written += target.copy(UnsafeRawBufferPointer(head), at: written)
            written += target.copy(id, at: written)
            written += target.copy(UnsafeRawBufferPointer(middle), at: written)
            members.withUnsafeBytes { written += target.copy($0, at: written) }
            written += target.copy(UnsafeRawBufferPointer(tail), at: written)
            return written
        }
        return true
    }

    /// Room kept free for the request's id where it is not known yet.
    private static let identifierBytes = 65_536

    /// The members of a result as they are sent, without braces and without `servedFrom`: for ``MethodResult/encoded``.
    public func members(of result: MethodResult) -> [UInt8] {
        var writer = JSONWriter()
        let encoder = AnswerEncoder(maximumBytes: maximumBytes - Self.identifierBytes)
        encoder.write(result.served(from: nil), to: &writer)
        return Array(writer.bytes.dropFirst().dropLast())
    }

    /// The frame that answers `id` with `error`.
    public func answer(_ id: RPCIdentifier, _ error: StoreError) -> [UInt8] {
        var writer = Self.begin(id)
        writer.key("error")
        writer.beginObject()
        writer.key("code")
        writer.integer(error.kind.code)
        writer.key("message")
        writer.string(error.message)
        writer.key("data")
        writer.errorData(error)
        writer.endObject()
        writer.endObject()
        return Self.seal(writer)
    }

    private static func begin(_ id: RPCIdentifier) -> JSONWriter {
        var writer = JSONWriter(prefix: FrameEncoder.placeholder)
        writer.beginObject()
        writer.key("jsonrpc")
        writer.string("2.0")
        writer.key("id")
        writer.text(id.json)
        return writer
    }

    private static func seal(_ writer: consuming JSONWriter) -> [UInt8] {
        var frame = writer.bytes
        FrameEncoder.seal(&frame)
        return frame
    }

    private static func tooLong(_ result: MethodResult, count: Int, maximum: Int) -> StoreError {
        let message = "the answer would have \(count) bytes, and at most \(maximum) can be sent"
        if case .memories = result { return .invalid("ids", message + "; ask for fewer ids at once") }
        return StoreError(.unsupported, message + "; narrow the filters")
    }

    private func write(_ result: MethodResult, to writer: inout JSONWriter) {
        switch result {
        case .page(let page, let filter, let servedFrom):
            writer.beginObject()
            let written = writePart("memories", page.memories, to: &writer) { $0.memory($1) }
            let next =
                written < page.memories.count
                ? page.memories[..<written].last.map {
                    PagePosition(timestamp: $0.draft.timestamp, id: $0.draft.id)
                } : page.next
            writer.key("nextCursor")
            writer.optionalString(next.map { QueryCursor(position: $0, filter: filter).text })
            writer.servedFrom(servedFrom)
            writer.endObject()
        case .agents(let page):
            writer.beginObject()
            let written = writePart("agents", page.agents, to: &writer) { $0.agent($1) }
            let next =
                written < page.agents.count ? page.agents[..<written].last?.registration.agentID : page.next
            writer.key("nextCursor")
            writer.optionalString(next.map { AgentCursor(agent: $0).text })
            writer.endObject()
        case .insights(let insights):
            writer.beginObject()
            // The page gives way to the aggregates, which are over all that match and can't be cut.
            var aggregates = JSONWriter()
            aggregates.insightAggregates(insights)
            _ = writePart("memories", insights.memories, keeping: aggregates.count, to: &writer) { $0.memory($1) }
            writer.insightAggregates(insights)
            writer.endObject()
        case .encoded(let members, let servedFrom, _):
            writer.beginObject()
            writer.raw(members)
            writer.servedFrom(servedFrom)
            writer.endObject()
        default: writer.methodResult(result)
        }
    }

    /// Writes an array member with as many elements as fit, at least one; returns how many.
    private func writePart<Element>(
        _ name: StaticString, _ elements: [Element], keeping reserve: Int = 0, to writer: inout JSONWriter,
        _ write: (inout JSONWriter, Element) -> Void
    ) -> Int {
        writer.key(name)
        writer.beginArray()
        var written = 0
        for element in elements {
            let mark = writer.mark
            write(&writer, element)
            if written > 0, writer.count + reserve + Self.tailBytes > maximumBytes {
                writer.rewind(to: mark)
                break
            }
            written += 1
        }
        writer.endArray()
        return written
    }
}

extension UnsafeMutableRawBufferPointer {
    /// Copies `bytes`, for which there is room, to `offset`; returns how many they are.
    fileprivate func copy(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int {
        UnsafeMutableRawBufferPointer(rebasing: self[offset..<offset + bytes.count]).copyMemory(from: bytes)
        return bytes.count
    }
}

extension UnsafeRawBufferPointer {
    /// The text of a literal, which is there for as long as the program.
    fileprivate init(_ literal: StaticString) {
        self.init(start: literal.utf8Start, count: literal.utf8CodeUnitCount)
    }
}
