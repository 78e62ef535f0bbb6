/// A URL that does not say where a Redis is.
public struct RedisURLError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong. Quotes nothing of the URL, which may hold a password.
    public let description: String

    init(_ description: String) { self.description = description }
}
