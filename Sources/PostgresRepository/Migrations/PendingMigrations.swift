/// A change of the schema that is due.
public struct PendingMigrations: Hashable, Sendable {
    /// The version of the schema as it is.
    public let current: Int

    /// The version that this program needs.
    public let new: Int
}
