/// One answer of the daemon.
public struct WireAnswer: Sendable, CustomStringConvertible {
    /// All of it.
    public let body: JSONValue

    /// The bytes of its payload.
    public let payload: [UInt8]

    /// When its last byte arrived.
    public let arrivedAt: ContinuousClock.Instant

    /// How long it took, from when the request's last byte was handed to the kernel; nil for an answer to no call.
    public internal(set) var elapsed: Duration?

    /// Reads an answer's payload; throws ``JSONMistake``.
    public init(payload: [UInt8], arrivedAt: ContinuousClock.Instant) throws {
        body = try JSONValue(parsing: payload)
        self.payload = payload
        self.arrivedAt = arrivedAt
    }

    /// The `id` it carries.
    public var id: JSONValue? { body["id"] }

    /// The result; nil when it is an error.
    public var result: JSONValue? { body["result"] }

    /// The error; nil when it is a result.
    public var error: JSONValue? { body["error"] }

    /// The kind of the error, such as `busy`; nil when it is a result.
    public var kind: String? { error?["data"]?["kind"]?.string }

    /// The number of the error.
    public var code: Int? { error?["code"]?.int }

    /// The field at fault.
    public var field: String? { error?["data"]?["field"]?.string }

    /// What the error says.
    public var message: String? { error?["message"]?.string }

    /// The start of its text.
    public var description: String { String(body.description.prefix(2_000)) }

    /// A member of the result.
    public subscript(key: String) -> JSONValue? { result?[key] }

    /// The result; throws a `TestFailure` that shows the error when it is one.
    public func success() throws -> JSONValue {
        guard let result else { throw TestFailure("an error: \(self)") }
        return result
    }
}
