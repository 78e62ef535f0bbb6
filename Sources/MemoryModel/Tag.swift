/// A label of a memory, compared code point by code point: never normalised or folded.
public struct Tag: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The label as it was sent.
    public let value: String

    /// Wraps a text of 1 to 128 code points without control characters (U+0000–1F, U+7F–9F); nil for any other.
    public init?(_ value: String) {
        var count = 0
        for scalar in value.unicodeScalars {
            count += 1
            if count > Self.maximumLength || Self.isControl(scalar) { return nil }
        }
        guard count > 0 else { return nil }
        self.value = value
    }

    /// The most code points of a tag.
    public static let maximumLength = 128

    /// The rule, for error messages.
    public static let rule = "must have 1 to 128 code points, none of them a control character (U+0000-1F, U+7F-9F)"

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || 0x7F...0x9F ~= scalar.value
    }

    /// The distinct tags of a list, sorted: the form in which they are kept and answered.
    public static func normalized(_ tags: some Sequence<Tag>) -> [Tag] {
        var normalized: [Tag] = []
        for tag in tags.sorted() where normalized.last != tag { normalized.append(tag) }
        return normalized
    }

    /// The label.
    public var description: String { value }

    // Swift compares strings by canonical equivalence; tags are compared by their bytes.

    /// Whether the code points are the same.
    public static func == (left: Tag, right: Tag) -> Bool {
        left.value.utf8.elementsEqual(right.value.utf8)
    }

    /// Code point order, which in UTF-8 is byte order.
    public static func < (left: Tag, right: Tag) -> Bool {
        left.value.utf8.lexicographicallyPrecedes(right.value.utf8)
    }

    /// Hashes the bytes.
    public func hash(into hasher: inout Hasher) {
        var value = value
        value.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        hasher.combine(0xFF as UInt8)
    }
}
