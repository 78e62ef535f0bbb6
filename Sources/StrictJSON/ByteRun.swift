/// Steps over runs of bytes that mean nothing, eight at a time (Henry S. Warren, "Hacker's Delight", section 6-1).
enum ByteRun {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let tops: UInt64 = 0x8080_8080_8080_8080
    private static let quotes = ones &* UInt64(UInt8(ascii: "\""))
    private static let backslashes = ones &* UInt64(UInt8(ascii: "\\"))
    private static let spaces = ones &* 0x20

    /// A position at or after `position`, before which there is no quote and no backslash.
    static func endOfText(_ bytes: UnsafeBufferPointer<UInt8>, from position: Int) -> Int {
        skip(bytes, from: position) { word in zeros(word ^ quotes) | zeros(word ^ backslashes) }
    }

    /// A position at or after `position`, before which there are no quotes, backslashes and control characters.
    static func endOfUnescaped(_ bytes: UnsafeBufferPointer<UInt8>, from position: Int) -> Int {
        skip(bytes, from: position) { word in
            zeros(word ^ quotes) | zeros(word ^ backslashes) | ((word &- spaces) & ~word & tops)
        }
    }

    /// A position at or after `position`, before which there is only ASCII without quotes, backslashes and control
    /// characters.
    static func endOfPlainText(_ bytes: UnsafeBufferPointer<UInt8>, from position: Int) -> Int {
        skip(bytes, from: position) { word in
            zeros(word ^ quotes) | zeros(word ^ backslashes) | ((word &- spaces) & ~word & tops) | (word & tops)
        }
    }

    /// Not zero if a byte of `word` is.
    private static func zeros(_ word: UInt64) -> UInt64 { (word &- ones) & ~word & tops }

    private static func skip(
        _ bytes: UnsafeBufferPointer<UInt8>, from position: Int, _ stops: (UInt64) -> UInt64
    ) -> Int {
        let raw = UnsafeRawBufferPointer(bytes)
        var position = position
        while position + 8 <= raw.count, stops(raw.loadUnaligned(fromByteOffset: position, as: UInt64.self)) == 0 {
            position += 8
        }
        return position
    }
}
