import NIOCore
import TestSupport
import Testing
import WireProtocol

@Suite("Frames", .serialized)
struct FrameTests {
    private static let payloads: [[UInt8]] = [
        Array("{}".utf8), [], Array("{\"a\":1}".utf8), [UInt8](repeating: 0x61, count: 300), [0],
    ]

    private static let stream = payloads.flatMap { FrameEncoder.frame($0) }

    /// Appends `bytes`, and takes what there is.
    private static func feed(_ decoder: inout FrameDecoder, _ bytes: some Sequence<UInt8>) -> [FrameDecoder.Step] {
        var buffer = ByteBuffer(bytes: bytes)
        decoder.append(&buffer)
        var steps: [FrameDecoder.Step] = []
        while true {
            let step = decoder.next()
            if step == .needsMore { return steps }
            steps.append(step)
        }
    }

    @Test("fed byte by byte, each frame comes with its last byte")
    func dripFed() {
        var decoder = FrameDecoder(maximumFrameBytes: 1_000)
        var ends: [Int] = []
        var frames: [[UInt8]] = []
        for (index, byte) in Self.stream.enumerated() {
            for step in Self.feed(&decoder, [byte]) {
                guard case .frame(let payload) = step else { return fail("\(step)") }
                frames.append(payload)
                ends.append(index + 1)
            }
            #expect(decoder.isInsideFrame == !(ends.last == index + 1))
        }
        #expect(frames == Self.payloads)
        #expect(ends == Self.payloads.indices.map { Self.payloads[...$0].reduce(0) { $0 + $1.count + 4 } })
        #expect(decoder.bufferedBytes == 0)
    }

    @Test("coalesced frames come one after the other")
    func coalesced() {
        var decoder = FrameDecoder(maximumFrameBytes: 1_000)
        #expect(Self.feed(&decoder, Self.stream + Self.stream) == (Self.payloads + Self.payloads).map { .frame($0) })
        #expect(!decoder.isInsideFrame && decoder.bufferedBytes == 0)
    }

    @Test("split at every position, the frames are the same")
    func split() {
        for position in 0...Self.stream.count {
            var decoder = FrameDecoder(maximumFrameBytes: 1_000)
            var steps = Self.feed(&decoder, Self.stream[..<position])
            steps += Self.feed(&decoder, Self.stream[position...])
            #expect(steps == Self.payloads.map { .frame($0) }, "split at \(position)")
        }
    }

    @Test("split anywhere, many times", arguments: UInt64(1)...5)
    func randomSplits(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var payloads: [[UInt8]] = []
        for _ in 0..<400 {
            let count =
                generator.oneIn(10)
                ? Int.random(in: 0...100_000, using: &generator) : Int.random(in: 0...60, using: &generator)
            payloads.append([UInt8](repeating: UInt8.random(in: 0...255, using: &generator), count: count))
        }
        var rest = payloads.flatMap { FrameEncoder.frame($0) }[...]
        var decoder = FrameDecoder(maximumFrameBytes: 100_000)
        var frames: [[UInt8]] = []
        while !rest.isEmpty {
            let count = Int.random(in: 1...(generator.oneIn(3) ? 200_000 : 50), using: &generator)
            for step in Self.feed(&decoder, rest.prefix(count)) {
                if case .frame(let payload) = step { frames.append(payload) }
            }
            rest = rest.dropFirst(count)
        }
        #expect(frames == payloads)
    }

    @Test("frames can be left in the decoder and taken later")
    func takenLater() {
        var decoder = FrameDecoder(maximumFrameBytes: 10)
        var first = ByteBuffer(bytes: FrameEncoder.frame([1]) + FrameEncoder.frame([2]) + [0, 0])
        decoder.append(&first)
        #expect(decoder.next() == .frame([1]))
        #expect(decoder.bufferedBytes == 7 && decoder.isInsideFrame)
        var second = ByteBuffer(bytes: [0, 1, 3])
        decoder.append(&second)
        #expect([decoder.next(), decoder.next(), decoder.next()] == [.frame([2]), .frame([3]), .needsMore])
    }

    @Test("the limit itself passes, one more does not")
    func limit() {
        var decoder = FrameDecoder(maximumFrameBytes: 10)
        let exact = [UInt8](repeating: 7, count: 10)
        #expect(Self.feed(&decoder, FrameEncoder.frame(exact)) == [.frame(exact)])
        #expect(Self.feed(&decoder, [0, 0, 0, 11]) == [.tooLarge(declared: 11)])
    }

    @Test(
        "a length over the limit is refused with its fourth byte, and nothing after it is read",
        arguments: [
            UInt32(11), 256, 65_536, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF,
        ])
    func tooLarge(declared: UInt32) {
        var decoder = FrameDecoder(maximumFrameBytes: 10)
        let header = (0..<4).map { UInt8(truncatingIfNeeded: declared >> (24 - 8 * UInt32($0))) }
        #expect(Self.feed(&decoder, FrameEncoder.frame([1]) + header.prefix(3)) == [.frame([1])])
        #expect(Self.feed(&decoder, [header[3]]) == [.tooLarge(declared: declared)])
        #expect(!decoder.isInsideFrame && decoder.bufferedBytes == 0)
        for _ in 0..<100 { #expect(Self.feed(&decoder, FrameEncoder.frame([1])) == []) }
        #expect(decoder.bufferedBytes == 0)
    }

    @Test("a declared length allocates nothing")
    func boundedMemory() {
        var decoder = FrameDecoder(maximumFrameBytes: .max >> 32)
        #expect(Self.feed(&decoder, [0x7F, 0xFF, 0xFF, 0xFF]) == [])
        #expect(decoder.bufferedBytes == 4)
        #expect(Self.feed(&decoder, [1, 2, 3]) == [])
        #expect(decoder.bufferedBytes == 7)
    }

    @Test("the encoder writes the length of what follows")
    func encoder() {
        #expect(FrameEncoder.frame([]) == [0, 0, 0, 0])
        #expect(FrameEncoder.frame([9, 8]) == [0, 0, 0, 2, 9, 8])
        #expect(FrameEncoder.frame([UInt8](repeating: 0, count: 0x010203)).prefix(4) == [0, 1, 2, 3])
        var frame = FrameEncoder.placeholder + [5]
        FrameEncoder.seal(&frame)
        #expect(frame == [0, 0, 0, 1, 5])
    }
}
