/// A look at one value inside a validated JSON text. Nothing is decoded before it is asked for.
public struct JSONView: Sendable {
    let source: JSONSource
    let range: Range<Int>

    var bytes: [UInt8] { source.bytes }

    init(source: JSONSource, range: Range<Int>) {
        self.source = source
        self.range = range
    }

    /// A view of a text that was validated elsewhere.
    init(bytes: [UInt8], range: Range<Int>) {
        self.init(source: JSONSource(bytes), range: range)
    }

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

    /// What `body` makes of the value as a string, unescaped, in UTF-8; nil when it is none.
    package func withText<Value>(_ body: (UnsafeBufferPointer<UInt8>) -> Value) -> Value? {
        guard kind == .string else { return nil }
        return bytes.withUnsafeBufferPointer { bytes in
            let inside = UnsafeBufferPointer(rebasing: bytes[range.lowerBound + 1..<range.upperBound - 1])
            guard ByteRun.hasEscape(inside) else { return body(inside) }
            return JSONStringDecoder.bytes(inside).withUnsafeBufferPointer(body)
        }
    }

    /// Whether the value is a string that stands for `text`.
    package func isText(_ text: StaticString) -> Bool {
        let text = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        return withText { $0.elementsEqual(text) } ?? false
    }

    /// What a string at `quoted` stands for.
    static func string(_ bytes: UnsafeBufferPointer<UInt8>, _ quoted: Range<Int>) -> String {
        let inside = UnsafeBufferPointer(rebasing: bytes[quoted.lowerBound + 1..<quoted.upperBound - 1])
        guard ByteRun.hasEscape(inside) else { return String(decoding: inside, as: UTF8.self) }
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
        if let container = source.container(at: range.lowerBound) { return container.nestingDepth }
        return bytes.withUnsafeBufferPointer { bytes in
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
        if let container = source.container(at: range.lowerBound), container.isCompact {
            return JSONText(trustedCompact: Array(rawBytes))
        }
        return bytes.withUnsafeBufferPointer { bytes in
            var compactor = JSONCompactor(bytes)
            return JSONText(trustedCompact: compactor.compact(range))
        }
    }

    private func token<Value>(_ convert: (UnsafeBufferPointer<UInt8>) -> Value) -> Value {
        bytes.withUnsafeBufferPointer { convert(UnsafeBufferPointer(rebasing: $0[range])) }
    }
}
