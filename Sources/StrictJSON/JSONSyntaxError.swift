/// Why a text is not JSON as the wire protocol wants it (RFC 8259, UTF-8, and the stricter rules of `JSONValidator`).
public struct JSONSyntaxError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, as a phrase without the position.
    public let reason: String

    /// Where, in bytes from the beginning of the text.
    public let offset: Int

    /// Makes an error for the byte at `offset`.
    public init(_ reason: String, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    /// The reason and the position, for a person.
    public var description: String { "\(reason) at byte \(offset)" }
}
