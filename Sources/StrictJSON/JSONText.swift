/// One valid JSON value as compact UTF-8 text: no white space between tokens, and only the escapes that must be.
///
/// Compact texts are what the project stores, measures and sends on without parsing them again.
public struct JSONText: Hashable, Sendable, CustomStringConvertible {
    /// The UTF-8 bytes.
    public let bytes: [UInt8]

    /// Wraps bytes that are known to be valid and compact.
    public init(trustedCompact bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Parses and compacts a text. `maximumDepth` bounds how deep its arrays and objects may nest.
    public init(parsing text: String, maximumDepth: Int = 64) throws(JSONSyntaxError) {
        self = try JSONDocument(parsing: Array(text.utf8), maximumDepth: maximumDepth).root.compacted()
    }

    /// The empty object.
    public static let emptyObject = JSONText(trustedCompact: Array("{}".utf8))

    /// The text.
    public var description: String { String(decoding: bytes, as: UTF8.self) }

    /// A view of the value, to look into.
    public var view: JSONView { JSONView(bytes: bytes, range: 0..<bytes.count) }

    /// The text that PostgreSQL's `jsonb` printed, made compact: it puts spaces after colons and commas and writes
    /// numbers without exponents, 309 digits for 1e308. `bytes` must be valid JSON, as `jsonb` guarantees.
    public init(compactingTrusted bytes: UnsafeRawBufferPointer) {
        self = JSONView(bytes: Array(bytes), range: 0..<bytes.count).compacted()
    }
}
