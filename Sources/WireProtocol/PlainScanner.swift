/// Reads plain JSON tokens from the front of bytes.
struct PlainScanner {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { position == bytes.count }

    /// Takes a punctuation mark, and a space after it.
    mutating func take(_ mark: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: mark) else { return false }
        position += 1
        if position < bytes.count, bytes[position] == UInt8(ascii: " ") { position += 1 }
        return true
    }

    /// Takes a string of printable ASCII without escapes; where its text is.
    mutating func string() -> Range<Int>? {
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { return nil }
        let start = position + 1
        var end = start
        while end < bytes.count {
            switch bytes[end] {
            case UInt8(ascii: "\""):
                position = end + 1
                return start..<end
            case UInt8(ascii: "\\"), 0..<0x20, 0x7F...: return nil
            default: end += 1
            }
        }
        return nil
    }

    /// The same with its quotes.
    mutating func quotedString() -> Range<Int>? {
        string().map { $0.lowerBound - 1..<$0.upperBound + 1 }
    }

    /// Takes an integer of at most 18 digits, not negative.
    mutating func integer() -> Range<Int>? {
        let start = position
        var end = start
        while end < bytes.count, bytes[end] &- UInt8(ascii: "0") < 10 { end += 1 }
        guard end > start, end - start <= 18, bytes[start] != UInt8(ascii: "0") || end - start == 1 else { return nil }
        position = end
        return start..<end
    }

    func text(_ range: Range<Int>, is word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard range.count == count else { return false }
        for index in 0..<count where bytes[range.lowerBound + index] != word.utf8Start[index] { return false }
        return true
    }

    /// Passes over a value of any kind, whose end it finds by quotes and brackets alone: that the value is as JSON should be
    /// is not looked at.
    mutating func skipValue() -> Bool {
        var depth = 0
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                guard skipString() else { return false }
                if depth == 0 { return true }
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                position += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                // At no depth it is the end of what holds the value.
                if depth == 0 { return true }
                depth -= 1
                position += 1
                if depth == 0 { return true }
            case UInt8(ascii: ",") where depth == 0: return true
            default: position += 1
            }
        }
        return false
    }

    private mutating func skipString() -> Bool {
        position += 1
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                position += 1
                return true
            case UInt8(ascii: "\\"): position += 2
            default: position += 1
            }
        }
        return false
    }
}
