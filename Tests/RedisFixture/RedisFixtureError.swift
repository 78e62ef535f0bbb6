/// Why a Redis for tests is not to be had.
public struct RedisFixtureError: Error, CustomStringConvertible {
    /// What is wrong, for whoever reads the test's output.
    public let description: String

    init(_ description: String) { self.description = description }
}
