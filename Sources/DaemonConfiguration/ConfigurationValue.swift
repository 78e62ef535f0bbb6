import MemoryModel

/// A value that has passed its key's checks.
enum ConfigurationValue: Sendable, Equatable {
    /// An access rule as it was written, and parsed.
    struct Rule: Sendable, Equatable {
        let text: String
        let rule: AccessRule
    }

    /// A text, a path, a word, or a connection string.
    case text(String)
    /// An integer within its key's range.
    case integer(Int)
    /// A file mode.
    case octal(Int)
    /// A group as it was written, and its number; nil for none.
    case group(String, UInt32?)
    /// The access rules in their order.
    case rules([Rule])

    /// A file mode as four octal digits.
    static func octalText(_ mode: Int) -> String {
        let digits = String(mode, radix: 8)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
