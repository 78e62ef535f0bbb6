import MemoryService
import MonotonicClock
import NIOCore
import WireProtocol

// Requests that are answered on the event loop itself, at once.
extension ConnectionHandler {
    /// Whether there is room for an answer that nothing else counts in beforehand.
    var mayRecall: Bool { flow.answerBytes < ServerLimits.unreadBytesBeforeTurns }

    /// Answers the next frame if it is a plain `get` of a memory that is known here; nothing of it takes a turn of its own.
    /// Returns when it did.
    func recallFrame() -> MonotonicInstant? {
        guard mayRecall, sequencer.isEmpty else { return nil }
        let caller = caller
        let before = unsent.bytes
        let answeredAt = decoder.take { payload -> MonotonicInstant? in
            guard payload.count <= ServerLimits.longestPlainPayloadBytes, let request = PlainGet(scanning: payload)
            else { return nil }
            return processor.recall(
                request, in: payload, for: caller, receivedAt: lastReadAt, appendingTo: &unsent.buffer)
        }
        guard let answeredAt else { return nil }
        hasRecalled = true
        frameSerial += 1
        flow.answerQueued(bytes: unsent.bytes - before)
        return answeredAt
    }
}

/// Answers that were queued in one turn of the event loop, to be written in one piece.
struct UnsentAnswers {
    /// The small ones.
    var buffer = ByteBuffer()

    /// Whether something was written and not flushed.
    var isUnflushed = false

    /// Larger frames are written as they are: copying them costs more than a further piece.
    private static let largestCopiedBytes = 16_384

    /// Room that a connection keeps for its next answers.
    private static let largestKeptBytes = 4_096

    /// Bytes that wait.
    var bytes: Int { buffer.readableBytes }

    /// Queues a frame; returns what has to be written now, to keep the order.
    mutating func append(_ frame: [UInt8]) -> ByteBuffer? {
        guard frame.count > Self.largestCopiedBytes else {
            buffer.writeBytes(frame)
            return nil
        }
        guard var whole = take() else { return ByteBuffer(bytes: frame) }
        whole.writeBytes(frame)
        return whole
    }

    /// Makes room when all was read, and gives back what is more than the usual.
    mutating func clearIfEmpty() {
        guard buffer.readableBytes == 0 else { return }
        if buffer.capacity > Self.largestKeptBytes { buffer = ByteBuffer() } else { buffer.clear() }
    }

    /// Takes out what waits.
    mutating func take() -> ByteBuffer? {
        guard buffer.readableBytes > 0 else { return nil }
        defer { buffer = ByteBuffer() }
        return buffer
    }
}
