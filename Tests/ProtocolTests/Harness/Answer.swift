import DaemonFixture

/// One answer, its shape checked against the protocol: JSON-RPC 2.0 with a result or an error, and an error with the
/// code, the kind and the word on trying again that the table of errors has.
struct Answer: Sendable, CustomStringConvertible {
    /// An error as it was answered.
    struct Failure: Sendable, CustomStringConvertible {
        let kind: String
        let message: String
        let field: String?
        /// The member `data`.
        let data: JSONValue

        var description: String { "\(kind) \(field ?? "") \(message)" }
    }

    let id: JSONValue
    let result: JSONValue?
    let failure: Failure?
    /// How long the payload was.
    let byteCount: Int

    init(_ payload: [UInt8]) throws {
        let body = try JSONValue(parsing: payload)
        byteCount = payload.count
        guard body["jsonrpc"] == "2.0", let id = body["id"] else {
            throw TestFailure("no JSON-RPC 2.0: \(body.excerpt)")
        }
        self.id = id
        result = body["result"]
        failure = try body["error"].map(Failure.init)
        let expected = result == nil ? ["error", "id", "jsonrpc"] : ["id", "jsonrpc", "result"]
        guard body.keys == expected else { throw TestFailure("an answer with \(body.keys)") }
    }

    var description: String { failure?.description ?? result?.excerpt ?? "nothing" }

    /// The result; throws what the error says when it is one.
    func success() throws -> JSONValue {
        guard let result else { throw TestFailure("an error instead of a result: \(self)") }
        return result
    }

    /// The error; throws when it is a result.
    func refusal() throws -> Failure {
        guard let failure else { throw TestFailure("a result instead of an error: \(self)") }
        return failure
    }
}

extension Answer.Failure {
    /// The protocol's table of errors: code, kind, retryable.
    private static let table: [(code: Int, kind: String, retryable: Bool)] = [
        (-32700, "parse_error", false), (-32600, "invalid_request", false), (-32601, "method_not_found", false),
        (-32602, "invalid_params", false), (-32603, "internal", false), (-32001, "permission_denied", false),
        (-32002, "version_conflict", false), (-32003, "busy", true), (-32004, "store_unavailable", true),
        (-32005, "deadline_exceeded", true), (-32006, "frame_too_large", false), (-32007, "shutting_down", true),
        (-32008, "in_progress", true), (-32009, "unsupported", false), (-32010, "commit_unknown", true),
    ]

    /// The members of `data` that only one kind has.
    private static let ownMembers = [
        "internal": "requestId", "version_conflict": "currentVersion", "busy": "retryAfterMs", "commit_unknown": "ids",
    ]

    fileprivate init(_ error: JSONValue) throws {
        guard error.keys == ["code", "data", "message"], let code = error["code"]?.int,
            let row = Self.table.first(where: { $0.code == code }), let message = error["message"]?.string,
            let data = error["data"], data["kind"]?.string == row.kind, data["retryable"]?.bool == row.retryable
        else { throw TestFailure("an error that is not in the table: \(error)") }
        var members: Set = ["kind", "retryable"]
        if row.kind == "invalid_params" { members.insert("field") }
        if let own = Self.ownMembers[row.kind] { members.insert(own) }
        guard Set(data.keys).symmetricDifference(members).subtracting(["field"]).isEmpty, !message.isEmpty else {
            throw TestFailure("an error with other members than its kind has: \(error)")
        }
        (kind, field, self.message, self.data) = (row.kind, data["field"]?.string, message, data)
    }
}

extension JSONValue {
    /// The start of its text.
    var excerpt: String { String(description.prefix(600)) }
}
