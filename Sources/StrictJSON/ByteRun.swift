/// Finds the next byte that means something, eight bytes at a time (Henry S. Warren, "Hacker's Delight", section 6-1).
///
/// In a word read with its first byte lowest, the lowest bit that a search sets is exact: a borrow reaches only the bytes
/// above one that was found.
enum ByteRun {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let tops: UInt64 = 0x8080_8080_8080_8080
    private static let quotes: UInt64 = 0x2222_2222_2222_2222
    private static let backslashes: UInt64 = 0x5C5C_5C5C_5C5C_5C5C
    private static let spaces: UInt64 = 0x2020_2020_2020_2020

    /// The position of the first quote or backslash at or after `position`, or the end.
    static func endOfText(_ bytes: UnsafeBufferPointer<UInt8>, from position: Int) -> Int {
        find(bytes, from: position) { word in zeros(word ^ quotes) | zeros(word ^ backslashes) }
    }

    /// The position of the first backslash at or after `position`, or the end.
    static func endOfEscapeFree(_ bytes: UnsafeBufferPointer<UInt8>, from position: Int) -> Int {
        find(bytes, from: position) { word in zeros(word ^ backslashes) }
    }

    /// Whether a backslash is in `bytes`.
    static func hasEscape(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        endOfEscapeFree(bytes, from: 0) < bytes.count
    }

    /// The position of the first quote, backslash or control character at or after `position`, or the end.
    static func endOfUnescaped(_ bytes: UnsafeBufferPointer<UInt8>, from position: Int) -> Int {
        find(bytes, from: position) { word in
            zeros(word ^ quotes) | zeros(word ^ backslashes) | ((word &- spaces) & ~word & tops)
        }
    }

    /// The position of the first quote, backslash, control character or byte that is not ASCII at or after `position`, or
    /// the end.
    static func endOfPlainText(_ bytes: UnsafeBufferPointer<UInt8>, from position: Int) -> Int {
        find(bytes, from: position) { word in
            zeros(word ^ quotes) | zeros(word ^ backslashes) | ((word &- spaces) & ~word & tops) | (word & tops)
        }
    }

    /// Not zero if a byte of `word` is.
    private static func zeros(_ word: UInt64) -> UInt64 { (word &- ones) & ~word & tops }

    @inline(__always)
    private static func find(
        _ bytes: UnsafeBufferPointer<UInt8>, from position: Int, _ stops: (UInt64) -> UInt64
    ) -> Int {
        let raw = UnsafeRawBufferPointer(bytes)
        let count = raw.count
        var position = position
        while position + 8 <= count {
            let found = stops(UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: position, as: UInt64.self)))
            if found != 0 { return position + found.trailingZeroBitCount >> 3 }
            position += 8
        }
        guard position < count else { return position }
        return min(position + stops(lastWord(raw, from: position)).trailingZeroBitCount >> 3, count)
    }

    /// The fewer than eight bytes from `position` to the end, with zeros after them.
    private static func lastWord(_ raw: UnsafeRawBufferPointer, from position: Int) -> UInt64 {
        let count = raw.count
        if count >= 8 {
            let word = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self))
            return word >> UInt64(8 * (8 - (count - position)))
        }
        var word: UInt64 = 0
        for index in position..<count { word |= UInt64(raw[index]) << UInt64(8 * (index - position)) }
        return word
    }
}
