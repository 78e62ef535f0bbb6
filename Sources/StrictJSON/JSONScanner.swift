/// Finds the ends of things in JSON that was validated before; on anything else its answers mean nothing.
enum JSONScanner {
    typealias Bytes = UnsafeBufferPointer<UInt8>

    /// Whether a byte is white space between JSON's tokens (RFC 8259, section 2).
    static func isWhitespace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
    }

    /// The first position at or after `position` that holds no white space.
    static func skipWhitespace(_ bytes: Bytes, from position: Int) -> Int {
        var position = position
        while position < bytes.count, isWhitespace(bytes[position]) { position += 1 }
        return position
    }

    /// The position after the value that begins at `position`.
    static func endOfValue(_ bytes: Bytes, from position: Int) -> Int {
        switch bytes[position] {
        case UInt8(ascii: "\""): endOfString(bytes, from: position)
        case UInt8(ascii: "{"), UInt8(ascii: "["): endOfContainer(bytes, from: position)
        default: endOfScalar(bytes, from: position)
        }
    }

    /// The position after the closing quote of the string that begins at `position`.
    static func endOfString(_ bytes: Bytes, from position: Int) -> Int {
        var position = position + 1
        while true {
            position = ByteRun.endOfText(bytes, from: position)
            if bytes[position] == UInt8(ascii: "\"") { return position + 1 }
            position += 2
        }
    }

    private static func endOfScalar(_ bytes: Bytes, from position: Int) -> Int {
        var position = position
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]"), 0x20, 0x0A, 0x0D, 0x09: return position
            default: position += 1
            }
        }
        return position
    }

    /// The position after the closing bracket of the array or object that begins at `position`.
    static func endOfContainer(_ bytes: Bytes, from position: Int) -> Int {
        var position = position
        var depth = 0
        while true {
            switch bytes[position] {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                position += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                position += 1
                if depth == 0 { return position }
            case UInt8(ascii: "\""): position = endOfString(bytes, from: position)
            default: position += 1
            }
        }
    }
}
