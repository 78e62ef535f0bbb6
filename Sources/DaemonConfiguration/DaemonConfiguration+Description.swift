/// Connection strings hold passwords, and whatever holds a configuration may be printed by a library, in a log of what it
/// runs for example. So none of these types shows its values; `dump()` does, without passwords.
extension DaemonConfiguration: CustomStringConvertible {
    /// The type's name.
    public var description: String { "DaemonConfiguration" }
}

extension DaemonConfiguration.Postgres: CustomStringConvertible {
    /// The type's name.
    public var description: String { "DaemonConfiguration.Postgres" }
}

extension DaemonConfiguration.Redis: CustomStringConvertible {
    /// The type's name.
    public var description: String { "DaemonConfiguration.Redis" }
}

extension DaemonConfiguration.Backups: CustomStringConvertible {
    /// The type's name.
    public var description: String { "DaemonConfiguration.Backups" }
}
