/// One member of an object.
public struct JSONMember: Sendable {
    let source: JSONSource
    let quotedName: Range<Int>
    let valueRange: Range<Int>

    /// The key, unescaped.
    public var name: String {
        source.bytes.withUnsafeBufferPointer { JSONView.string($0, quotedName) }
    }

    /// The value.
    public var value: JSONView { JSONView(source: source, range: valueRange) }
}

/// The members of an object, found one after the other.
public struct JSONMembers: Sequence, IteratorProtocol {
    private let source: JSONSource
    private var walk: JSONWalk

    init(_ view: JSONView) {
        source = view.source
        walk = JSONWalk(view, ifIt: .object)
    }

    /// The next member, or nil at the end.
    public mutating func next() -> JSONMember? {
        guard let (name, value) = source.bytes.withUnsafeBufferPointer({ walk.nextMember(source, $0) }) else {
            return nil
        }
        return JSONMember(source: source, quotedName: name, valueRange: value)
    }
}

/// The elements of an array, found one after the other.
public struct JSONElements: Sequence, IteratorProtocol {
    private let source: JSONSource
    private var walk: JSONWalk

    init(_ view: JSONView) {
        source = view.source
        walk = JSONWalk(view, ifIt: .array)
    }

    /// The next element, or nil at the end.
    public mutating func next() -> JSONView? {
        guard let range = source.bytes.withUnsafeBufferPointer({ walk.nextElement(source, $0) }) else { return nil }
        return JSONView(source: source, range: range)
    }
}

/// Steps from one part of a container to the next.
struct JSONWalk {
    private var position: Int
    private let end: Int

    /// Begins at the first part of `view`, or at its end when it is of another kind.
    init(_ view: JSONView, ifIt kind: JSONKind) {
        end = view.range.upperBound
        position = view.kind == kind ? view.range.lowerBound + 1 : end
    }

    /// Where the next member's key, with its quotes, and its value are; nil at the end.
    mutating func nextMember(
        _ source: JSONSource, _ bytes: UnsafeBufferPointer<UInt8>
    ) -> (name: Range<Int>, value: Range<Int>)? {
        guard let start = nextStart(bytes) else { return nil }
        let nameEnd = JSONScanner.endOfString(bytes, from: start)
        let colon = JSONScanner.skipWhitespace(bytes, from: nameEnd)
        let value = JSONScanner.skipWhitespace(bytes, from: colon + 1)
        position = source.endOfValue(bytes, from: value)
        return (start..<nameEnd, value..<position)
    }

    /// Where the next element is; nil at the end.
    mutating func nextElement(_ source: JSONSource, _ bytes: UnsafeBufferPointer<UInt8>) -> Range<Int>? {
        guard let start = nextStart(bytes) else { return nil }
        position = source.endOfValue(bytes, from: start)
        return start..<position
    }

    /// Where the next element is, and its value if it is a number and that shows on the way to its end; nil at the end.
    mutating func nextNumber(
        _ source: JSONSource, _ bytes: UnsafeBufferPointer<UInt8>
    ) -> (range: Range<Int>, short: Double?)? {
        guard let start = nextStart(bytes) else { return nil }
        let short = JSONNumber.shortDouble(bytes, at: &position)
        if short == nil { position = source.endOfValue(bytes, from: start) }
        return (start..<position, short)
    }

    /// The position of the next part, past the comma before it; nil at the closing bracket.
    private mutating func nextStart(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        guard position < end else { return nil }
        position = JSONScanner.skipWhitespace(bytes, from: position)
        if bytes[position] == UInt8(ascii: ",") { position = JSONScanner.skipWhitespace(bytes, from: position + 1) }
        switch bytes[position] {
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
            position = end
            return nil
        default: return position
        }
    }
}
