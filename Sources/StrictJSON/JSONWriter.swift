/// Appends JSON to a byte array, compactly, placing the commas.
///
/// Each call writes one token or value; the caller opens and closes containers and writes a key before each member's value.
public struct JSONWriter: Sendable {
    /// What was written so far.
    public private(set) var bytes: [UInt8]

    private var needsComma = false

    /// Begins after `prefix`, which is kept as it is.
    public init(prefix: [UInt8] = [], reserving capacity: Int = 256) {
        bytes = prefix
        bytes.reserveCapacity(capacity)
    }

    /// How many bytes were written, the prefix included.
    public var count: Int { bytes.count }

    /// Opens an object.
    public mutating func beginObject() { open(UInt8(ascii: "{")) }

    /// Closes the innermost object.
    public mutating func endObject() { close(UInt8(ascii: "}")) }

    /// Opens an array.
    public mutating func beginArray() { open(UInt8(ascii: "[")) }

    /// Closes the innermost array.
    public mutating func endArray() { close(UInt8(ascii: "]")) }

    /// Writes a member's key; its value comes next. The name has neither quotes, backslashes nor control characters.
    public mutating func key(_ name: StaticString) {
        let hasComma = needsComma
        let name = UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        bytes.append(addingCapacity: name.count + 4) { span in
            if hasComma { span.append(UInt8(ascii: ",")) }
            span.append(UInt8(ascii: "\""))
            span.append(copying: name)
            span.append(UInt8(ascii: "\""))
            span.append(UInt8(ascii: ":"))
        }
        needsComma = false
    }

    /// Writes a member's key that may be any text; its value comes next.
    public mutating func key(named name: String) {
        string(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// Writes a string.
    public mutating func string(_ value: String) {
        separate()
        var value = value
        value.withUTF8 { JSONStringEncoder.append($0, to: &bytes) }
    }

    /// Writes a string that `write` appends, without quotes, and in which nothing has to be escaped.
    package mutating func plainString(_ write: (inout [UInt8]) -> Void) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        write(&bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    /// Writes an integer.
    public mutating func integer(_ value: some BinaryInteger) {
        separate()
        bytes.append(contentsOf: String(value).utf8)
    }

    /// Writes an integer.
    public mutating func integer(_ value: Int64) {
        separate()
        // Versions, counts and importances are mostly single digits.
        if 0..<10 ~= value { return bytes.append(UInt8(ascii: "0") + UInt8(value)) }
        var text = String(value)
        text.withUTF8 { bytes.append(contentsOf: $0) }
    }

    /// Writes a double with the fewest digits that give it back, in the form that compaction leaves alone. A value that
    /// is not finite, which JSON can't say, becomes null.
    public mutating func double(_ value: Double) {
        guard value.isFinite else { return null() }
        separate()
        JSONNumber.appendShortest(value, to: &bytes)
    }

    /// Writes a float32 with the fewest digits that give it back as a float32. One that is not finite becomes null.
    public mutating func float(_ value: Float) {
        guard value.isFinite else { return null() }
        separate()
        bytes.append(contentsOf: value.description.utf8)
    }

    /// Writes true or false.
    public mutating func boolean(_ value: Bool) { raw(value ? "true" : "false") }

    /// Writes null.
    public mutating func null() { raw("null") }

    /// Writes a value that is JSON already.
    public mutating func text(_ value: JSONText) { raw(value.bytes) }

    /// Writes bytes that are one valid JSON value.
    public mutating func raw(_ value: [UInt8]) {
        separate()
        bytes.append(contentsOf: value)
    }

    /// Writes bytes that are one valid JSON value.
    public mutating func raw(_ value: some Sequence<UInt8>) {
        separate()
        bytes.append(contentsOf: value)
    }

    /// A place in what was written, to go back to.
    public struct Mark: Sendable {
        fileprivate let count: Int
        fileprivate let needsComma: Bool
    }

    /// The place reached so far.
    public var mark: Mark { Mark(count: bytes.count, needsComma: needsComma) }

    /// Takes back what was written after `mark`, which is of this writer.
    public mutating func rewind(to mark: Mark) {
        bytes.removeSubrange(mark.count...)
        needsComma = mark.needsComma
    }

    private mutating func raw(_ word: StaticString) {
        raw(UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
    }

    private mutating func open(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        needsComma = false
    }

    private mutating func close(_ bracket: UInt8) {
        bytes.append(bracket)
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }
}
