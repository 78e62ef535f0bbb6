import Glibc

/// A label of a memory, compared code point by code point: never normalised or folded.
public struct Tag: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The label as it was sent.
    public let value: String

    /// Wraps a text of 1 to 128 code points without control characters (U+0000–1F, U+7F–9F); nil for any other.
    public init?(_ value: String) {
        var text = value
        guard text.withUTF8(Self.isValid) else { return nil }
        self.value = value
    }

    /// Whether a text in UTF-8 follows the rule.
    private static func isValid(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        // A code point takes at most four bytes.
        guard text.count <= 4 * maximumLength else { return false }
        var count = 0
        var previous: UInt8 = 0
        for byte in text {
            // Each code point has one byte that continues no other; U+0080 to U+009F are C2 80 to C2 9F.
            if byte & 0xC0 != 0x80 { count += 1 }
            if byte < 0x20 || byte == 0x7F || previous == 0xC2 && byte < 0xA0 { return false }
            previous = byte
        }
        return 1...maximumLength ~= count
    }

    /// The most code points of a tag.
    public static let maximumLength = 128

    /// The rule, for error messages.
    public static let rule = "must have 1 to 128 code points, none of them a control character (U+0000-1F, U+7F-9F)"

    /// The distinct tags of a list, sorted: the form in which they are kept and answered.
    public static func normalized(_ tags: [Tag]) -> [Tag] {
        var normalized: [Tag] = []
        normalized.reserveCapacity(tags.count)
        // Each goes to its place among those before it, which is at the end when they came sorted.
        for tag in tags {
            var (low, high) = (0, normalized.count)
            var middle = max(high - 1, 0)
            while low < high {
                if normalized[middle] < tag { low = middle + 1 } else { high = middle }
                middle = (low + high) / 2
            }
            if low == normalized.count || normalized[low] != tag { normalized.insert(tag, at: low) }
        }
        return normalized
    }

    /// The label.
    public var description: String { value }

    // Swift compares strings by canonical equivalence; tags are compared by their bytes.

    /// Whether the code points are the same.
    public static func == (left: Tag, right: Tag) -> Bool {
        var (left, right) = (left.value, right.value)
        return left.withUTF8 { left in
            right.withUTF8 { right in left.count == right.count && order(left, right) == 0 }
        }
    }

    /// Code point order, which in UTF-8 is byte order.
    public static func < (left: Tag, right: Tag) -> Bool {
        var (left, right) = (left.value, right.value)
        return left.withUTF8 { left in
            right.withUTF8 { right in
                let order = order(left, right)
                return order != 0 ? order < 0 : left.count < right.count
            }
        }
    }

    /// How the first bytes, as many as both have, are ordered: below, at or above zero.
    private static func order(_ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>) -> Int32 {
        guard let first = left.baseAddress, let second = right.baseAddress else { return 0 }
        return memcmp(first, second, min(left.count, right.count))
    }

    /// Hashes the bytes.
    public func hash(into hasher: inout Hasher) {
        var value = value
        value.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        hasher.combine(0xFF as UInt8)
    }
}
