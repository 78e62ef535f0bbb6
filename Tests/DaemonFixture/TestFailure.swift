/// Why a test's surroundings did not do what the test needs of them.
public struct TestFailure: Error, CustomStringConvertible, Sendable {
    /// The reason, for people.
    public let description: String

    /// Makes a failure with its reason.
    public init(_ description: String) { self.description = description }
}
