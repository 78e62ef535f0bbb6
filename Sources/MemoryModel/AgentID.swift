/// The name of an agent: `[A-Za-z0-9][A-Za-z0-9._:@/-]{0,127}`.
public struct AgentID: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The id as it is sent.
    public let value: String

    /// Wraps a text that follows the rule; nil for any other.
    public init?(_ value: String) {
        guard ASCIIName.isValid(value, Self.isSign) else { return nil }
        self.value = value
    }

    private static func isSign(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "@"), UInt8(ascii: "/"),
            UInt8(ascii: "-"):
            true
        default: false
        }
    }

    /// The rule, for error messages.
    public static let rule = "must match [A-Za-z0-9][A-Za-z0-9._:@/-]{0,127}"

    /// The id.
    public var description: String { value }

    /// Code point order, which is byte order in ASCII.
    public static func < (left: AgentID, right: AgentID) -> Bool {
        // Of ASCII alone, Swift's order of strings is that of their bytes, and compares many at once.
        left.value < right.value
    }
}
