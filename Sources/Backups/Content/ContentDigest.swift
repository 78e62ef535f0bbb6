/// A hash of a table's rows that does not depend on their order: the sum, modulo 2^128, of the rows' hashes.
///
/// It tells apart what differs by accident: a lost, repeated or changed row, a flipped bit. It is no defence against
/// somebody who chooses rows to collide; `SHA256SUMS` stands for the files.
struct ContentDigest: Hashable, Sendable {
    private var sum: UInt128 = 0

    /// Adds a row.
    mutating func add(_ row: RowHash) {
        sum &+= row.value
    }

    /// 32 hexadecimal digits.
    var hexadecimal: String {
        let digits = String(sum, radix: 16)
        return String(repeating: "0", count: 32 - digits.count) + digits
    }
}

/// A 128-bit hash of the bytes of one row, given in pieces.
///
/// Two lanes of 64 bits take in eight bytes at a time, each by a step that is a bijection of the lane (xor or add,
/// multiply by an odd number, rotate), so that rows of the same length which differ in one word never agree in a lane.
/// The end mixes in the length and spreads each lane over all of its bits, as the sum of rows needs.
struct RowHash: Sendable {
    private var first: UInt64 = 0x6a09_e667_f3bc_c908
    private var second: UInt64 = 0xbb67_ae85_84ca_a73b
    /// The bytes that do not fill a word yet, the first in the lowest place.
    private var pending: UInt64 = 0
    private var pendingBytes = 0
    /// How many bytes there were.
    private(set) var length = 0

    /// Takes the next bytes.
    @inline(__always)
    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        length += bytes.count
        var index = 0
        while pendingBytes > 0, index < bytes.count {
            append(bytes[index])
            index += 1
        }
        while index &+ 8 <= bytes.count {
            mix(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)))
            index &+= 8
        }
        while index < bytes.count {
            append(bytes[index])
            index += 1
        }
    }

    /// Whether the row so far is just these two bytes.
    func isPair(_ one: UInt8, _ two: UInt8) -> Bool {
        length == 2 && pending == UInt64(one) | UInt64(two) << 8
    }

    /// The hash of all bytes so far.
    var value: UInt128 {
        var end = self
        end.mix(end.pending)
        end.mix(UInt64(end.length))
        return UInt128(Self.spread(end.first ^ end.second << 32)) << 64
            | UInt128(Self.spread(end.second ^ end.first >> 32))
    }

    @inline(__always)
    private mutating func append(_ byte: UInt8) {
        pending |= UInt64(byte) << UInt64(pendingBytes &* 8)
        pendingBytes &+= 1
        if pendingBytes == 8 {
            mix(pending)
            pending = 0
            pendingBytes = 0
        }
    }

    @inline(__always)
    private mutating func mix(_ word: UInt64) {
        first = (first ^ word) &* 0x9e37_79b9_7f4a_7c15
        first = first << 29 | first >> 35
        second = (second &+ word) &* 0xc2b2_ae3d_27d4_eb4f
        second = second << 37 | second >> 27
    }

    private static func spread(_ lane: UInt64) -> UInt64 {
        var bits = lane
        bits = (bits ^ bits >> 32) &* 0xd6e8_feb8_6659_fd93
        bits = (bits ^ bits >> 32) &* 0xa076_1d64_78bd_642f
        return bits ^ bits >> 32
    }
}
