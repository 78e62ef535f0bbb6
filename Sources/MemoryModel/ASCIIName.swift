/// The rule that memory ids and agent ids share: a letter or digit, then up to 127 letters, digits or listed signs.
enum ASCIIName {
    static let maximumLength = 128

    static func isValid(_ text: String, also signs: StaticString) -> Bool {
        let bytes = text.utf8
        guard let first = bytes.first, isAlphanumeric(first), bytes.count <= maximumLength else { return false }
        return bytes.allSatisfy { isAlphanumeric($0) || signs.contains($0) }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}

extension StaticString {
    fileprivate func contains(_ byte: UInt8) -> Bool {
        UnsafeBufferPointer(start: utf8Start, count: utf8CodeUnitCount).contains(byte)
    }
}
