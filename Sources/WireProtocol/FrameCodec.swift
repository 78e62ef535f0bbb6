public import NIOCore

/// Cuts a stream of bytes into frames: a 4-byte unsigned big-endian length, then so many bytes.
///
/// It holds what came, never more: nothing is allocated by the length that a frame declares, and a declared length over
/// the limit is refused as soon as its four bytes are there.
public struct FrameDecoder: Sendable {
    /// What the bytes so far amount to.
    public enum Step: Equatable, Sendable {
        /// One whole frame's payload.
        case frame([UInt8])

        /// A frame is not complete yet, or none has begun.
        case needsMore

        /// A frame declares more than the limit. Nothing after it can be read.
        case tooLarge(declared: UInt32)
    }

    /// The most bytes of a payload.
    public let maximumFrameBytes: Int

    private var buffer = ByteBuffer()
    private var isBroken = false

    /// Read bytes are kept in front of unread ones up to here, so that many small frames don't move the rest each time.
    private static let longestReadPrefix = 262_144

    /// How many bytes announce a payload's length.
    public static let headerBytes = 4

    /// Makes a decoder that refuses payloads over `maximumFrameBytes`.
    public init(maximumFrameBytes: Int) {
        self.maximumFrameBytes = maximumFrameBytes
    }

    /// Whether a frame has begun and is not complete.
    public var isInsideFrame: Bool { buffer.readableBytes > 0 && !isBroken }

    /// How many bytes wait for the rest of their frame.
    public var bufferedBytes: Int { buffer.readableBytes }

    /// Takes bytes that arrived.
    public mutating func append(_ bytes: inout ByteBuffer) {
        guard !isBroken else { return }
        if buffer.readableBytes == 0 {
            // Nothing waits: take the arrived buffer as it is instead of copying it.
            swap(&buffer, &bytes)
            bytes.clear()
        } else {
            buffer.writeBuffer(&bytes)
        }
    }

    /// Takes out the next frame if it is there and `read`, which is shown its payload, makes something of it.
    public mutating func take<Value>(_ read: (UnsafeRawBufferPointer) -> Value?) -> Value? {
        guard !isBroken, let declared = buffer.getInteger(at: buffer.readerIndex, as: UInt32.self),
            declared <= UInt32(maximumFrameBytes), buffer.readableBytes >= Self.headerBytes + Int(declared)
        else { return nil }
        let end = Self.headerBytes + Int(declared)
        let value = buffer.withUnsafeReadableBytes { bytes in
            read(UnsafeRawBufferPointer(rebasing: bytes[Self.headerBytes..<end]))
        }
        if value != nil { consume(end) }
        return value
    }

    private mutating func consume(_ count: Int) {
        buffer.moveReaderIndex(forwardBy: count)
        // A drained buffer is given back, so that one large frame does not keep its room for ever.
        if buffer.readableBytes == 0 {
            buffer = ByteBuffer()
        } else if buffer.readerIndex > Self.longestReadPrefix {
            buffer.discardReadBytes()
        }
    }

    /// The next frame, if it is there. Call again until it needs more.
    public mutating func next() -> Step {
        guard !isBroken else { return .needsMore }
        guard let declared = buffer.getInteger(at: buffer.readerIndex, as: UInt32.self) else { return .needsMore }
        guard declared <= UInt32(maximumFrameBytes) else {
            isBroken = true
            buffer = ByteBuffer()
            return .tooLarge(declared: declared)
        }
        guard buffer.readableBytes >= Self.headerBytes + Int(declared) else { return .needsMore }
        buffer.moveReaderIndex(forwardBy: Self.headerBytes)
        let payload = buffer.getBytes(at: buffer.readerIndex, length: Int(declared)) ?? []
        consume(Int(declared))
        return .frame(payload)
    }
}

/// Puts a payload into a frame.
public enum FrameEncoder {
    /// Four bytes to be replaced by the payload's length: begin a writer with them, then call `seal`.
    public static let placeholder: [UInt8] = [0, 0, 0, 0]

    /// Writes the length of what follows the first four bytes into them.
    public static func seal(_ frame: inout [UInt8]) {
        let length = UInt32(frame.count - FrameDecoder.headerBytes)
        for index in 0..<FrameDecoder.headerBytes {
            frame[index] = UInt8(truncatingIfNeeded: length >> (24 - 8 * UInt32(index)))
        }
    }

    /// A whole frame around `payload`.
    public static func frame(_ payload: [UInt8]) -> [UInt8] {
        var frame = placeholder + payload
        seal(&frame)
        return frame
    }
}
