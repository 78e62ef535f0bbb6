/// The name of one memory: `[A-Za-z0-9][A-Za-z0-9._-]{0,127}`, unique in the store.
public struct MemoryID: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The id as it is sent.
    public let value: String

    /// Wraps a text that follows the rule; nil for any other.
    public init?(_ value: String) {
        guard ASCIIName.isValid(value, also: "._-") else { return nil }
        self.value = value
    }

    /// The rule, for error messages.
    public static let rule = "must match [A-Za-z0-9][A-Za-z0-9._-]{0,127}"

    /// A UUID of version 7 (RFC 9562, section 5.7): its first 48 bits are `now` in milliseconds, so ids made later sort
    /// later; 74 of the others are random.
    public init(uuidVersion7At now: Timestamp, using generator: inout some RandomNumberGenerator) {
        let milliseconds = UInt64(bitPattern: now.microseconds.flooredDivision(by: 1_000)) & 0xFFFF_FFFF_FFFF
        let high = milliseconds << 16 | 0x7000 | generator.next() & 0x0FFF
        let low = 0x8000_0000_0000_0000 | generator.next() >> 2
        let digits = Self.hexadecimal(high) + Self.hexadecimal(low)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if [8, 12, 16, 20].contains(index) { text.append("-") }
            text.append(digit)
        }
        value = text
    }

    private static func hexadecimal(_ bits: UInt64) -> String {
        let digits = String(bits, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// The id.
    public var description: String { value }

    /// Code point order, which is byte order in ASCII.
    public static func < (left: MemoryID, right: MemoryID) -> Bool {
        left.value.utf8.lexicographicallyPrecedes(right.value.utf8)
    }
}
