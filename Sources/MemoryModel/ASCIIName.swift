/// The rule that memory ids and agent ids share: a letter or digit, then up to 127 letters, digits or certain signs.
enum ASCIIName {
    static let maximumLength = 128

    /// Whether `text` follows the rule; `isSign` tells the signs.
    @inline(__always)
    static func isValid(_ text: String, _ isSign: (UInt8) -> Bool) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            guard let first = bytes.first, isAlphanumeric(first), bytes.count <= maximumLength else { return false }
            return bytes.allSatisfy { isAlphanumeric($0) || isSign($0) }
        }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        // With the bit that tells small letters from capitals set, both are small; no sign becomes a letter by it.
        (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte &- UInt8(ascii: "0") < 10
    }
}
