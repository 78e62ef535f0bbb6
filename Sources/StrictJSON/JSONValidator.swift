/// One strict pass over a JSON text, without building anything.
///
/// It accepts RFC 8259 in UTF-8 and refuses besides: a byte order mark, duplicate keys (compared after unescaping), nesting
/// deeper than a limit, U+0000, lone surrogates, and numbers outside the range of a double. These are what PostgreSQL's
/// `jsonb` would refuse or silently change.
struct JSONValidator {
    /// A key of an object that is still open: its bytes between the quotes.
    private struct Key {
        var start: Int
        var end: Int
        var hasEscape: Bool
    }

    private let bytes: UnsafeBufferPointer<UInt8>
    private let maximumDepth: Int
    private var position = 0
    private var depth = 0

    /// Those of the objects that are open; beyond `keyCount` stand old ones, to be written over.
    private var keys: [Key] = []
    private var keyCount = 0

    /// The deepest level reached since the innermost container that is open began.
    private var deepest = 0
    /// How many places were read that compaction might write otherwise.
    private var looseEnds = 0
    /// The containers near the top; complete once the text was found valid.
    private(set) var outline = JSONOutline()

    /// The member of the outermost object to remember, or nil.
    private let watchedKey: StaticString?

    /// Where the value of the watched member is, once it was read in full.
    private(set) var watchedValue: Range<Int>?

    /// Objects with more members than this are checked for duplicates by sorting, at their end.
    private static let linearSearchLimit = 16

    init(_ bytes: UnsafeBufferPointer<UInt8>, maximumDepth: Int, watching watchedKey: StaticString? = nil) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
        self.watchedKey = watchedKey
    }

    /// What is kept of a container while it is open.
    private struct Opening {
        /// Its place in the outline, if it has one.
        let place: Int?
        /// The deepest level reached before it, and the loose ends met.
        let deepest: Int
        let looseEnds: Int
    }

    /// Reads the whole text: one value, and nothing but white space around it. Returns the value's range.
    mutating func validate() throws(JSONSyntaxError) -> Range<Int> {
        skipWhitespace()
        let start = position
        try value()
        let end = position
        skipWhitespace()
        if position < bytes.count { throw unexpected("the end of the text") }
        return start..<end
    }

    // MARK: Values

    private mutating func value() throws(JSONSyntaxError) {
        guard position < bytes.count else { throw unexpected("a value") }
        switch bytes[position] {
        case UInt8(ascii: "{"): try object()
        case UInt8(ascii: "["): try array()
        case UInt8(ascii: "\""): _ = try string()
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try number()
        case UInt8(ascii: "t"): try literal("true")
        case UInt8(ascii: "f"): try literal("false")
        case UInt8(ascii: "n"): try literal("null")
        default: throw unexpected("a value")
        }
    }

    private mutating func object() throws(JSONSyntaxError) {
        let opening = try open()
        let firstKey = keyCount
        var kinds: UInt64 = 0
        if take(UInt8(ascii: "}")) { return close(opening) }
        repeat {
            skipWhitespace()
            guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { throw unexpected("a key") }
            let key = try string()
            try remember(key, from: firstKey, &kinds)
            skipWhitespace()
            guard take(UInt8(ascii: ":")) else { throw unexpected("':'") }
            skipWhitespace()
            let start = position
            try value()
            if depth == 1, let watchedKey, watchedValue == nil, matches(key, watchedKey) {
                watchedValue = start..<position
            }
            skipWhitespace()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else { throw unexpected("',' or '}'") }
        if keyCount - firstKey > Self.linearSearchLimit { try rejectDuplicates(from: firstKey) }
        keyCount = firstKey
        close(opening)
    }

    private mutating func array() throws(JSONSyntaxError) {
        let opening = try open()
        if take(UInt8(ascii: "]")) { return close(opening) }
        repeat {
            skipWhitespace()
            try value()
            skipWhitespace()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "]")) else { throw unexpected("',' or ']'") }
        close(opening)
    }

    /// Takes the opening bracket at the position, and white space after it.
    private mutating func open() throws(JSONSyntaxError) -> Opening {
        depth += 1
        if depth > maximumDepth {
            throw JSONSyntaxError("nested deeper than \(maximumDepth) levels", at: position)
        }
        let opening = Opening(
            place: outline.open(at: position, level: depth), deepest: deepest, looseEnds: looseEnds)
        deepest = depth
        position += 1
        skipWhitespace()
        return opening
    }

    /// Ends the innermost container, whose closing bracket was taken.
    private mutating func close(_ opening: Opening) {
        if let place = opening.place {
            outline.close(
                place, end: position, nestingDepth: deepest - depth + 1, isCompact: looseEnds == opening.looseEnds)
        }
        deepest = max(deepest, opening.deepest)
        depth -= 1
    }

    private mutating func literal(_ word: StaticString) throws(JSONSyntaxError) {
        let end = position + word.utf8CodeUnitCount
        guard end <= bytes.count else { throw unexpected("'\(word)'") }
        for index in 0..<word.utf8CodeUnitCount where bytes[position + index] != word.utf8Start[index] {
            throw unexpected("'\(word)'")
        }
        position = end
    }

    // MARK: Numbers

    private mutating func number() throws(JSONSyntaxError) {
        let start = position
        _ = take(UInt8(ascii: "-"))
        let integerStart = position
        if !take(UInt8(ascii: "0")) {
            guard digits() > 0 else { throw unexpected("a digit") }
        }
        let integerDigits = position - integerStart
        if take(UInt8(ascii: ".")) {
            guard digits() > 0 else { throw unexpected("a digit") }
        }
        var hasExponent = false
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            hasExponent = true
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            guard digits() > 0 else { throw unexpected("a digit") }
        }
        if hasExponent || position - start > JSONNumber.longestVerbatimToken { looseEnds += 1 }
        // Up to 308 digits and no exponent can't overflow a double; anything else is asked of the converter.
        if hasExponent || integerDigits > 308 {
            let token = UnsafeBufferPointer(rebasing: bytes[start..<position])
            guard JSONNumber.double(token).isFinite else {
                throw JSONSyntaxError("number outside the range of a double", at: start)
            }
        }
    }

    private mutating func digits() -> Int {
        let start = position
        var end = start
        while end < bytes.count, bytes[end] &- UInt8(ascii: "0") < 10 { end += 1 }
        position = end
        return end - start
    }

    // MARK: Strings

    private mutating func string() throws(JSONSyntaxError) -> Key {
        let start = position + 1
        var hasEscape = false
        position = ByteRun.endOfPlainText(bytes, from: start)
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                position += 1
                return Key(start: start, end: position - 1, hasEscape: hasEscape)
            case UInt8(ascii: "\\"):
                hasEscape = true
                try escape()
            case 0..<0x20:
                throw JSONSyntaxError("unescaped control character", at: position)
            default:
                repeat { try multibyteScalar() } while position < bytes.count && bytes[position] >= 0x80
            }
            position = ByteRun.endOfPlainText(bytes, from: position)
        }
        throw JSONSyntaxError("unterminated string", at: start - 1)
    }

    private mutating func escape() throws(JSONSyntaxError) {
        let start = position
        guard position + 1 < bytes.count else { throw JSONSyntaxError("unterminated string", at: start) }
        switch bytes[position + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"),
            UInt8(ascii: "r"), UInt8(ascii: "t"):
            // As the encoder writes them.
            position += 2
        case UInt8(ascii: "/"):
            looseEnds += 1
            position += 2
        case UInt8(ascii: "u"):
            looseEnds += 1
            let unit = try codeUnit()
            switch unit {
            case 0: throw JSONSyntaxError("U+0000 in a string", at: start)
            case 0xD800..<0xDC00:
                guard position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
                    bytes[position + 1] == UInt8(ascii: "u"), 0xDC00..<0xE000 ~= (try codeUnit())
                else { throw JSONSyntaxError("lone surrogate in a string", at: start) }
            case 0xDC00..<0xE000: throw JSONSyntaxError("lone surrogate in a string", at: start)
            default: break
            }
        default:
            throw JSONSyntaxError("unknown escape in a string", at: start)
        }
    }

    /// Reads `\uXXXX` at the position.
    private mutating func codeUnit() throws(JSONSyntaxError) -> UInt16 {
        let start = position
        guard position + 6 <= bytes.count else { throw JSONSyntaxError("unterminated string", at: start) }
        guard let unit = JSONStringDecoder.codeUnit(bytes, at: position + 2) else {
            throw JSONSyntaxError("malformed \\u escape", at: start)
        }
        position += 6
        return unit
    }

    /// Reads one scalar of two to four bytes (Unicode 15, table 3-7: well-formed UTF-8 byte sequences).
    private mutating func multibyteScalar() throws(JSONSyntaxError) {
        let first = bytes[position]
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch first {
        case 0xC2...0xDF: length = 2
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: length = 3
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: length = 4
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: throw JSONSyntaxError("not UTF-8", at: position)
        }
        guard position + length <= bytes.count, second ~= bytes[position + 1] else {
            throw JSONSyntaxError("not UTF-8", at: position)
        }
        for index in (position + 2)..<max(position + length, position + 2) where bytes[index] & 0xC0 != 0x80 {
            throw JSONSyntaxError("not UTF-8", at: position)
        }
        position += length
    }

    // MARK: Keys

    /// Adds a key to those of the object whose first is at `firstKey`. `kinds` has a bit for each kind of key that the
    /// object has: most keys are of another kind than those before them, and need no comparison.
    private mutating func remember(_ key: Key, from firstKey: Int, _ kinds: inout UInt64) throws(JSONSyntaxError) {
        let kind = kind(of: key)
        if kinds & kind != 0, keyCount - firstKey < Self.linearSearchLimit {
            for index in firstKey..<keyCount where isSame(keys[index], key) {
                throw JSONSyntaxError("duplicate key", at: key.start - 1)
            }
        }
        kinds |= kind
        if keyCount < keys.count {
            keys[keyCount] = key
        } else {
            if keys.isEmpty { keys.reserveCapacity(Self.linearSearchLimit) }
            keys.append(key)
        }
        keyCount += 1
    }

    /// The bit of the keys that are as long as `key` and begin and end like it; every bit for one that has to be unescaped
    /// first.
    private func kind(of key: Key) -> UInt64 {
        if key.hasEscape { return .max }
        // Of an empty key these are its quotes.
        let ends = Int(bytes[key.start]) &+ 5 &* Int(bytes[key.end - 1])
        return 1 &<< UInt64(truncatingIfNeeded: ends &+ 11 &* (key.end - key.start))
    }

    private func isSame(_ left: Key, _ right: Key) -> Bool {
        if left.hasEscape || right.hasEscape { return decoded(left) == decoded(right) }
        let count = left.end - left.start
        guard count == right.end - right.start else { return false }
        for index in 0..<count where bytes[left.start + index] != bytes[right.start + index] { return false }
        return true
    }

    private func rejectDuplicates(from firstKey: Int) throws(JSONSyntaxError) {
        let sorted = keys[firstKey..<keyCount].sorted { compare($0, $1) < 0 }
        for index in 1..<sorted.count where compare(sorted[index - 1], sorted[index]) == 0 {
            throw JSONSyntaxError("duplicate key", at: max(sorted[index - 1].start, sorted[index].start) - 1)
        }
    }

    private func compare(_ left: Key, _ right: Key) -> Int {
        if left.hasEscape || right.hasEscape {
            let (left, right) = (decoded(left), decoded(right))
            return left == right ? 0 : left.lexicographicallyPrecedes(right) ? -1 : 1
        }
        let (leftCount, rightCount) = (left.end - left.start, right.end - right.start)
        for index in 0..<min(leftCount, rightCount) {
            let difference = Int(bytes[left.start + index]) - Int(bytes[right.start + index])
            if difference != 0 { return difference }
        }
        return leftCount - rightCount
    }

    private func matches(_ key: Key, _ name: StaticString) -> Bool {
        let name = UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        if key.hasEscape { return decoded(key).elementsEqual(name) }
        return key.end - key.start == name.count && bytes[key.start..<key.end].elementsEqual(name)
    }

    private func decoded(_ key: Key) -> [UInt8] {
        JSONStringDecoder.bytes(UnsafeBufferPointer(rebasing: bytes[key.start..<key.end]))
    }

    // MARK: Bytes

    @inline(__always)
    private mutating func skipWhitespace() {
        // What most often comes instead is above all of it.
        if position < bytes.count, bytes[position] <= 0x20 { skipRunOfWhitespace() }
    }

    private mutating func skipRunOfWhitespace() {
        let start = position
        position = JSONScanner.skipWhitespace(bytes, from: position)
        if position > start { looseEnds += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private func unexpected(_ expected: String) -> JSONSyntaxError {
        guard position < bytes.count else {
            return JSONSyntaxError("the text ends where \(expected) was expected", at: position)
        }
        return JSONSyntaxError("expected \(expected)", at: position)
    }
}
