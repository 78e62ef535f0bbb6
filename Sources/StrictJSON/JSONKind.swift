/// The six kinds of JSON value.
public enum JSONKind: String, Hashable, Sendable {
    case null, boolean, number, string, array, object

    /// The kind of a valid value, told from its first byte.
    init(firstByte byte: UInt8) {
        switch byte {
        case UInt8(ascii: "n"): self = .null
        case UInt8(ascii: "t"), UInt8(ascii: "f"): self = .boolean
        case UInt8(ascii: "\""): self = .string
        case UInt8(ascii: "["): self = .array
        case UInt8(ascii: "{"): self = .object
        default: self = .number
        }
    }

    /// The kind with its article, for messages: "an object".
    public var phrase: String {
        switch self {
        case .null: "null"
        case .array, .object: "an \(rawValue)"
        case .boolean, .number, .string: "a \(rawValue)"
        }
    }
}
