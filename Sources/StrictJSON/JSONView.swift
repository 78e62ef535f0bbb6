/// A look at one value inside a validated JSON text. Nothing is decoded before it is asked for.
public struct JSONView: Sendable {
    let bytes: [UInt8]
    let range: Range<Int>

    /// What kind of value this is.
    public var kind: JSONKind { JSONKind(firstByte: bytes[range.lowerBound]) }

    /// The value's own bytes, as they stand in the text.
    public var rawBytes: ArraySlice<UInt8> { bytes[range] }

    /// Whether the value is `null`.
    public var isNull: Bool { kind == .null }

    /// The value as a boolean, or nil when it is none.
    public var boolean: Bool? { kind == .boolean ? bytes[range.lowerBound] == UInt8(ascii: "t") : nil }

    /// The value as a double, or nil when it is no number. Numbers too small become 0.
    public var double: Double? { kind == .number ? token(JSONNumber.double) : nil }

    /// The value as an integer, or nil when it is no number, has a fraction, or needs more than 64 bits. `5.0` is 5.
    public var int64: Int64? { kind == .number ? token(JSONNumber.int64) : nil }

    /// The value as a string, unescaped, or nil when it is none.
    public var string: String? {
        guard kind == .string else { return nil }
        return bytes.withUnsafeBufferPointer { Self.string($0, range) }
    }

    /// What a string at `quoted` stands for.
    static func string(_ bytes: UnsafeBufferPointer<UInt8>, _ quoted: Range<Int>) -> String {
        let inside = UnsafeBufferPointer(rebasing: bytes[quoted.lowerBound + 1..<quoted.upperBound - 1])
        guard inside.contains(UInt8(ascii: "\\")) else { return String(decoding: inside, as: UTF8.self) }
        return String(decoding: JSONStringDecoder.bytes(inside), as: UTF8.self)
    }

    /// The members of an object, in the order of the text; empty for other kinds.
    public var members: JSONMembers { JSONMembers(self) }

    /// The elements of an array; empty for other kinds.
    public var elements: JSONElements { JSONElements(self) }

    /// The value of the member `name` of an object, or nil. It looks at each member in turn.
    public subscript(name: String) -> JSONView? {
        for member in members where member.name.utf8.elementsEqual(name.utf8) { return member.value }
        return nil
    }

    /// How deep arrays and objects nest: 0 for a scalar, 1 for `{}`.
    public var nestingDepth: Int {
        bytes.withUnsafeBufferPointer { bytes in
            var depth = 0
            var deepest = 0
            var position = range.lowerBound
            while position < range.upperBound {
                switch bytes[position] {
                case UInt8(ascii: "{"), UInt8(ascii: "["):
                    depth += 1
                    deepest = max(deepest, depth)
                    position += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"):
                    depth -= 1
                    position += 1
                case UInt8(ascii: "\""): position = JSONScanner.endOfString(bytes, from: position)
                default: position += 1
                }
            }
            return deepest
        }
    }

    /// The value without white space between tokens and without needless escapes.
    public func compacted() -> JSONText {
        bytes.withUnsafeBufferPointer { bytes in
            var compactor = JSONCompactor(bytes)
            return JSONText(trustedCompact: compactor.compact(range))
        }
    }

    private func token<Value>(_ convert: (UnsafeBufferPointer<UInt8>) -> Value) -> Value {
        bytes.withUnsafeBufferPointer { convert(UnsafeBufferPointer(rebasing: $0[range])) }
    }
}

/// One member of an object.
public struct JSONMember: Sendable {
    /// The key, unescaped.
    public let name: String

    /// The value.
    public let value: JSONView
}

/// The members of an object, found one after the other.
public struct JSONMembers: Sequence, IteratorProtocol {
    private let view: JSONView
    private var position: Int

    init(_ view: JSONView) {
        self.view = view
        position = view.kind == .object ? view.range.lowerBound + 1 : view.range.upperBound
    }

    /// The next member, or nil at the end.
    public mutating func next() -> JSONMember? {
        guard position < view.range.upperBound else { return nil }
        guard let (name, value) = view.bytes.withUnsafeBufferPointer({ next(in: $0) }) else { return nil }
        return JSONMember(name: name, value: JSONView(bytes: view.bytes, range: value))
    }

    private mutating func next(in bytes: UnsafeBufferPointer<UInt8>) -> (name: String, value: Range<Int>)? {
        position = JSONScanner.skipWhitespace(bytes, from: position)
        if bytes[position] == UInt8(ascii: ",") { position = JSONScanner.skipWhitespace(bytes, from: position + 1) }
        guard bytes[position] == UInt8(ascii: "\"") else {
            position = view.range.upperBound
            return nil
        }
        let keyEnd = JSONScanner.endOfString(bytes, from: position)
        let name = JSONView.string(bytes, position..<keyEnd)
        let colon = JSONScanner.skipWhitespace(bytes, from: keyEnd)
        let start = JSONScanner.skipWhitespace(bytes, from: colon + 1)
        position = JSONScanner.endOfValue(bytes, from: start)
        return (name, start..<position)
    }
}

/// The elements of an array, found one after the other.
public struct JSONElements: Sequence, IteratorProtocol {
    private let view: JSONView
    private var position: Int

    init(_ view: JSONView) {
        self.view = view
        position = view.kind == .array ? view.range.lowerBound + 1 : view.range.upperBound
    }

    /// The next element, or nil at the end.
    public mutating func next() -> JSONView? {
        guard position < view.range.upperBound else { return nil }
        guard let range = view.bytes.withUnsafeBufferPointer({ next(in: $0) }) else { return nil }
        return JSONView(bytes: view.bytes, range: range)
    }

    private mutating func next(in bytes: UnsafeBufferPointer<UInt8>) -> Range<Int>? {
        position = JSONScanner.skipWhitespace(bytes, from: position)
        if bytes[position] == UInt8(ascii: ",") { position = JSONScanner.skipWhitespace(bytes, from: position + 1) }
        guard bytes[position] != UInt8(ascii: "]") else {
            position = view.range.upperBound
            return nil
        }
        let start = position
        position = JSONScanner.endOfValue(bytes, from: start)
        return start..<position
    }
}
