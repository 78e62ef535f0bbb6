/// One thing that is wrong with the configuration.
public struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What kind of mistake it is.
    public enum Kind: Sendable, Equatable {
        /// The file can't be read.
        case unreadableFile
        /// The file is not YAML, or not a mapping of keys to values.
        case malformedFile
        /// There is no such key, flag or variable, or the argument is no flag.
        case unknownKey
        /// The key has been given before.
        case duplicateKey
        /// The key is there without a value.
        case missingValue
        /// The value is not of the key's type, or not one of the allowed ones.
        case badValue
        /// The number is outside its range.
        case outOfRange
        /// A user or group that this machine does not know, or could not look up.
        case unknownAccount
        /// Each value is good, but together they are not, or one that is needed is not given.
        case contradiction
    }

    /// What kind of mistake it is.
    public let kind: Kind
    /// The dotted key, or the name that was given in its place; nil when no key is concerned.
    public let key: String?
    /// Where it is.
    public let source: ConfigurationSource
    /// What came and what is allowed, for a person. Holds no password.
    public let message: String

    init(_ kind: Kind, key: String? = nil, _ source: ConfigurationSource, _ message: String) {
        self.kind = kind
        self.key = key
        self.source = source
        self.message = message
    }

    /// One line: `FILE:LINE: key: message`.
    public var description: String {
        ([source.description] + (key.map { [ScalarText.printable($0)] } ?? []) + [message]).joined(separator: ": ")
    }
}

/// Everything found wrong with a configuration; never empty. The daemon exits with 78 (`EX_CONFIG`, sysexits.h).
public struct ConfigurationErrors: Error, Sendable, Equatable, CustomStringConvertible {
    /// The mistakes, in the order flags, environment, credentials, file.
    public let errors: [ConfigurationError]

    init(_ errors: [ConfigurationError]) { self.errors = errors }

    init(_ error: ConfigurationError) { self.errors = [error] }

    /// One line for each mistake.
    public var description: String { errors.map(\.description).joined(separator: "\n") }
}
