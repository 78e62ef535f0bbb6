/// The name of one memory: `[A-Za-z0-9][A-Za-z0-9._-]{0,127}`, unique in the store.
public struct MemoryID: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The id as it is sent.
    public let value: String

    /// Wraps a text that follows the rule; nil for any other.
    public init?(_ value: String) {
        guard ASCIIName.isValid(value, Self.isSign) else { return nil }
        self.value = value
    }

    private static func isSign(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
    }

    /// The rule, for error messages.
    public static let rule = "must match [A-Za-z0-9][A-Za-z0-9._-]{0,127}"

    /// A UUID of version 7 (RFC 9562, section 5.7): its first 48 bits are `now` in milliseconds, so ids made later sort
    /// later; 74 of the others are random.
    public init(uuidVersion7At now: Timestamp, using generator: inout some RandomNumberGenerator) {
        let milliseconds = UInt64(bitPattern: now.microseconds.flooredDivision(by: 1_000)) & 0xFFFF_FFFF_FFFF
        let high = milliseconds << 16 | 0x7000 | generator.next() & 0x0FFF
        let low = 0x8000_0000_0000_0000 | generator.next() >> 2
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for shift in stride(from: 60, through: 0, by: -4) {
            text.append(Self.digit(high >> UInt64(shift)))
            if shift == 32 || shift == 16 { text.append(UInt8(ascii: "-")) }
        }
        text.append(UInt8(ascii: "-"))
        for shift in stride(from: 60, through: 0, by: -4) {
            text.append(Self.digit(low >> UInt64(shift)))
            if shift == 48 { text.append(UInt8(ascii: "-")) }
        }
        value = String(decoding: text, as: UTF8.self)
    }

    /// The lowest four bits as a hexadecimal digit.
    private static func digit(_ bits: UInt64) -> UInt8 {
        let value = UInt8(truncatingIfNeeded: bits & 0xF)
        return value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    /// The id.
    public var description: String { value }

    /// Code point order, which is byte order in ASCII.
    public static func < (left: MemoryID, right: MemoryID) -> Bool {
        // Of ASCII alone, Swift's order of strings is that of their bytes, and compares many at once.
        left.value < right.value
    }
}
