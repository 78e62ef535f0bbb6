/// Why a PostgreSQL for tests is not to be had.
public struct FixtureError: Error, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}
