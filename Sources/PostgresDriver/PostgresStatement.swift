/// A statement that is prepared once per connection, on first use, and run many times.
///
/// A connection keeps the ``PostgresLimits/preparedStatementsPerConnection`` most recently used statements.
public struct PostgresStatement: Sendable {
    /// The name under which the server keeps it: unique among statements, at most
    /// ``PostgresLimits/maximumStatementNameBytes`` bytes. Two texts under one name work, but are prepared anew at
    /// each change.
    public let name: String
    /// One SQL statement, its parameters written `$1`, `$2`, ….
    public let sql: String
    /// The types of `$1`, `$2`, …; values of other types are refused before anything is sent.
    public let parameterTypes: [PostgresType]
    /// Whether it can change what is stored. Decides what a lost answer means: say true when in doubt. Only bodies
    /// run with `.write` access may run it.
    public let isWrite: Bool

    /// Describes a statement; nothing is sent yet.
    public init(name: String, sql: String, parameterTypes: [PostgresType] = [], isWrite: Bool) {
        self.name = name
        self.sql = sql
        self.parameterTypes = parameterTypes
        self.isWrite = isWrite
    }
}
