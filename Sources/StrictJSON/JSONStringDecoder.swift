/// Turns the inside of a valid JSON string (between its quotes) into the UTF-8 bytes that it stands for.
enum JSONStringDecoder {
    /// The decoded bytes of `source`, which must be valid.
    static func bytes(_ source: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        guard ByteRun.hasEscape(source) else { return Array(source) }
        var decoded: [UInt8] = []
        decoded.reserveCapacity(source.count)
        var position = 0
        while position < source.count {
            let end = ByteRun.endOfEscapeFree(source, from: position)
            decoded.append(contentsOf: UnsafeBufferPointer(rebasing: source[position..<end]))
            position = end
            guard end < source.count else { break }
            if source[position + 1] == UInt8(ascii: "u") {
                position += appendScalar(source, at: position, to: &decoded)
            } else {
                decoded.append(simpleEscape(source[position + 1]))
                position += 2
            }
        }
        return decoded
    }

    /// The four hexadecimal digits at `position` as a UTF-16 code unit, or nil when they are none.
    static func codeUnit(_ source: UnsafeBufferPointer<UInt8>, at position: Int) -> UInt16? {
        var unit: UInt16 = 0
        for index in position..<position + 4 {
            guard let digit = hexadecimalDigit(source[index]) else { return nil }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }

    /// Appends the scalar that `\uXXXX`, or a pair of them, stands for; returns how many bytes it took.
    private static func appendScalar(
        _ source: UnsafeBufferPointer<UInt8>, at position: Int, to decoded: inout [UInt8]
    ) -> Int {
        let high = UInt32(codeUnit(source, at: position + 2) ?? 0xFFFD)
        var value = high
        var consumed = 6
        if 0xD800..<0xDC00 ~= high, position + 12 <= source.count {
            let low = UInt32(codeUnit(source, at: position + 8) ?? 0xFFFD)
            value = 0x10000 + (high - 0xD800) << 10 + (low &- 0xDC00)
            consumed = 12
        }
        if let encoded = UTF8.encode(Unicode.Scalar(value) ?? "\u{FFFD}") { decoded.append(contentsOf: encoded) }
        return consumed
    }

    private static func simpleEscape(_ letter: UInt8) -> UInt8 {
        switch letter {
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: letter
        }
    }

    private static func hexadecimalDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
