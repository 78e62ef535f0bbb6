import Scheduling

/// One row of the table of configuration keys: everything there is to know about a key.
///
/// Parsing, `--dump-config`, the example file and the flags' help all read this row, so a key is described once.
public struct ConfigurationKey: Sendable {
    /// What a key's text must look like.
    public enum ValueType: Sendable, Equatable {
        /// The name of a user of this machine, not looked up before it is needed.
        case user
        /// A path of the file system, any text without control characters.
        case path
        /// A PostgreSQL connection string, as a URI or as `keyword=value` pairs.
        case connectionString
        /// The URL of a Redis.
        case redisURL
        /// A prefix of names: printable ASCII without spaces, of limited length.
        case prefix(maximumBytes: Int)
        /// A name that may be part of a file's: letters, digits, dots, underscores and dashes; empty for none.
        case name(maximumBytes: Int)
        /// The name of a group of this machine, or its number; empty for none.
        case group
        /// A decimal integer within a range.
        case integer(ClosedRange<Int>)
        /// A file mode, three or four octal digits.
        case octal(ClosedRange<Int>)
        /// One of several words.
        case choice([String])
        /// When a worker runs.
        case schedule
        /// A list of access rules.
        case rules
    }

    /// The dotted name, `limits.max_frame_bytes`.
    public let name: String
    /// The type, with its range or allowed words.
    public let type: ValueType
    /// What one of it is (`bytes`, `milliseconds`, …), nil where the value counts nothing.
    public let unit: String?
    /// The default, written as in the configuration file.
    public let defaultText: String
    /// The value that the example file sets; nil leaves the default there, commented out.
    public let exampleText: String?
    /// Whether a reload may change the value without a restart.
    public let isReloadable: Bool
    /// Whether the value may hold a password, which neither dumps nor messages may show.
    public let isSecret: Bool
    /// What the key does, for an operator: one paragraph each; one that starts with a space is kept as it is.
    public let documentation: [String]

    init(
        _ name: String, _ type: ValueType, unit: String? = nil, default defaultText: String = "",
        example: String? = nil, reloadable: Bool = false, secret: Bool = false, _ documentation: String...
    ) {
        self.name = name
        self.type = type
        self.unit = unit
        self.defaultText = defaultText
        self.exampleText = example
        self.isReloadable = reloadable
        self.isSecret = secret
        self.documentation = documentation
    }

    /// The key's flag, `--limits-max-frame-bytes`.
    public var flag: String {
        "--" + String(name.map { $0 == "." || $0 == "_" ? "-" : $0 })
    }

    /// The key's environment variable, `BRAIN_LIMITS_MAX_FRAME_BYTES`.
    public var environmentVariable: String {
        "BRAIN_" + String(name.uppercased().map { $0 == "." ? "_" : $0 })
    }

    /// Whether the key takes a list.
    public var isList: Bool { type == .rules }

    /// The type in words, `integer`.
    public var typeDescription: String {
        switch type {
        case .user: "string, a user"
        case .path: "string, a path"
        case .connectionString: "string, a PostgreSQL connection string"
        case .redisURL: "string, a Redis URL"
        case .prefix, .name: "string"
        case .group: "string, a group"
        case .integer: "integer"
        case .octal: "string, octal digits"
        case .choice: "string"
        case .schedule: "string, a schedule"
        case .rules: "list of strings, one rule each"
        }
    }

    /// What values are allowed, in words that follow "allowed: ".
    public var allowedDescription: String {
        switch type {
        case .user: return "the name of a user"
        case .path: return "any text without control characters"
        case .connectionString: return "a postgresql:// URI, keyword=value pairs, or empty"
        case .redisURL: return "unix:///PATH, redis://HOST:PORT, with user:password@ and a database, or empty"
        case .prefix(let maximum):
            return
                "at most \(maximum) printable ASCII characters without spaces, not beginning with memory: or cache:, or empty"
        case .name(let maximum):
            return "at most \(maximum) letters, digits, dots, underscores and dashes, or empty"
        case .group: return "the name or number of a group, or empty"
        case .integer(let range):
            return "an integer from \(range.lowerBound) to \(range.upperBound)" + (unit.map { " (\($0))" } ?? "")
        case .octal(let range):
            return "octal digits from \(ConfigurationValue.octalText(range.lowerBound))"
                + " to \(ConfigurationValue.octalText(range.upperBound))"
        case .choice(let words): return "one of " + words.joined(separator: ", ")
        case .schedule: return Schedule.forms
        case .rules: return "\"SUBJECT read:AGENTS write:AGENTS\""
        }
    }
}
