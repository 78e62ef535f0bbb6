/// A five-character SQLSTATE, the code by which PostgreSQL names every error.
///
/// Source: PostgreSQL documentation, appendix A "PostgreSQL Error Codes". What a code means for a caller is decided
/// in one place, `SQLState+Classification.swift`.
public struct SQLState: Hashable, Sendable, CustomStringConvertible {
    /// The five characters, e.g. `23505`.
    public let code: String

    /// Makes a state from its five characters.
    ///
    /// - Parameter code: anything but five ASCII letters or digits becomes `XX000` (internal error).
    public init(_ code: String) {
        let isWellFormed =
            code.utf8.count == 5
            && code.utf8.allSatisfy { (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) }
        self.code = isWellFormed ? code : "XX000"
    }

    /// The first two characters: the class that related codes share.
    public var classCode: Substring { code.prefix(2) }

    /// The code.
    public var description: String { code }
}

extension SQLState {
    /// `0A000`: also what a cached plan answers when the shape of its result has changed.
    public static let featureNotSupported = SQLState("0A000")
    /// `22P05`: a character that the server's encoding cannot hold.
    public static let untranslatableCharacter = SQLState("22P05")
    /// `23502`
    public static let notNullViolation = SQLState("23502")
    /// `23503`
    public static let foreignKeyViolation = SQLState("23503")
    /// `23505`
    public static let uniqueViolation = SQLState("23505")
    /// `23514`
    public static let checkViolation = SQLState("23514")
    /// `25006`: a write on a standby, or with default_transaction_read_only.
    public static let readOnlyTransaction = SQLState("25006")
    /// `25P02`: an earlier statement of this transaction failed.
    public static let inFailedTransaction = SQLState("25P02")
    /// `26000`: the server does not know this prepared statement.
    public static let invalidStatementName = SQLState("26000")
    /// `40001`
    public static let serializationFailure = SQLState("40001")
    /// `40P01`
    public static let deadlockDetected = SQLState("40P01")
    /// `42P01`
    public static let undefinedTable = SQLState("42P01")
    /// `53100`
    public static let diskFull = SQLState("53100")
    /// `53300`
    public static let tooManyConnections = SQLState("53300")
    /// `55P03`
    public static let lockNotAvailable = SQLState("55P03")
    /// `57014`
    public static let queryCanceled = SQLState("57014")
    /// `57P01`: the server, or this backend, is being shut down by an administrator.
    public static let adminShutdown = SQLState("57P01")
    /// `57P02`: another backend crashed and the server resets.
    public static let crashShutdown = SQLState("57P02")
    /// `57P03`: the server is starting up or shutting down.
    public static let cannotConnectNow = SQLState("57P03")
}
