/// The members of an object, found in one pass and looked up by names that are known beforehand.
///
/// Nothing is made of a name but for one that is not known, and a value is looked at when it is asked for.
package struct JSONObjectIndex: Sendable {
    private struct Entry {
        /// The name's place among those that are known.
        let name: Int
        let value: Range<Int>
    }

    private let source: JSONSource
    private let known: [StaticString]
    private var entries: [Entry] = []

    /// The first name that is not known. Members after it are not looked at.
    package private(set) var unknown: String?

    /// Reads the members of `object`; there are none in a value of another kind. The `known` names have neither quotes nor
    /// backslashes.
    package init(_ object: JSONView, known: [StaticString]) {
        source = object.source
        self.known = known
        entries.reserveCapacity(known.count)
        var walk = JSONWalk(object, ifIt: .object)
        source.bytes.withUnsafeBufferPointer { bytes in
            while unknown == nil, let (name, value) = walk.nextMember(source, bytes) {
                if let place = place(of: name, in: bytes) {
                    entries.append(Entry(name: place, value: value))
                } else {
                    unknown = JSONView.string(bytes, name)
                }
            }
        }
    }

    /// The value of the member `name`, which is a known one; nil when it is absent.
    package subscript(name: StaticString) -> JSONView? {
        for entry in entries where Self.isSame(name, known[entry.name]) {
            return JSONView(source: source, range: entry.value)
        }
        return nil
    }

    private func place(of quotedName: Range<Int>, in bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        let name = UnsafeBufferPointer(rebasing: bytes[quotedName.lowerBound + 1..<quotedName.upperBound - 1])
        if let place = known.firstIndex(where: { Self.isSame($0, name) }) { return place }
        // A name may be written with escapes.
        guard ByteRun.hasEscape(name) else { return nil }
        return JSONStringDecoder.bytes(name).withUnsafeBufferPointer { name in
            known.firstIndex { Self.isSame($0, name) }
        }
    }

    private static func isSame(_ left: StaticString, _ right: StaticString) -> Bool {
        // Most often it is the same literal.
        guard left.utf8CodeUnitCount == right.utf8CodeUnitCount else { return false }
        return left.utf8Start == right.utf8Start
            || isSame(left, UnsafeBufferPointer(start: right.utf8Start, count: right.utf8CodeUnitCount))
    }

    private static func isSame(_ left: StaticString, _ right: UnsafeBufferPointer<UInt8>) -> Bool {
        guard left.utf8CodeUnitCount == right.count else { return false }
        for index in 0..<right.count where left.utf8Start[index] != right[index] { return false }
        return true
    }
}
