import DaemonFixture
import Testing

/// Calls methods as one user and reads the answers. Parameters are JSON text, so that a case can write any number or
/// escape it likes.
struct Client: Sendable {
    let transport: any Transport

    /// The deadline of calls that are not about deadlines: long enough for a busy machine.
    static let patience = 60_000

    /// The payload of a request.
    static func request(
        _ method: String, _ params: String? = nil, id: String? = "1", deadlineMs: Int? = patience
    ) -> [UInt8] {
        var members = [#""jsonrpc":"2.0""#]
        if let id { members.append(#""id":\#(id)"#) }
        members.append(#""method":"\#(method)""#)
        if let params { members.append(#""params":\#(params)"#) }
        if let deadlineMs { members.append(#""deadlineMs":\#(deadlineMs)"#) }
        return Array("{\(members.joined(separator: ","))}".utf8)
    }

    /// The answer to a call.
    func call(_ method: String, _ params: String? = nil, deadlineMs: Int? = patience) async throws -> Answer {
        let answer = try Answer(try await transport.call(Self.request(method, params, deadlineMs: deadlineMs)))
        #expect(answer.id == 1)
        return answer
    }

    /// The result of a call; throws when it fails.
    @discardableResult
    func result(_ method: String, _ params: String? = nil) async throws -> JSONValue {
        try await call(method, params).success()
    }

    /// The error of a call; throws when it succeeds.
    func refusal(_ method: String, _ params: String? = nil, deadlineMs: Int? = patience) async throws
        -> Answer.Failure
    {
        try await call(method, params, deadlineMs: deadlineMs).refusal()
    }

    /// Every answer to payloads sent without waiting.
    func exchange(_ payloads: [[UInt8]]) async throws -> [Answer] {
        try await transport.exchange(payloads).map { try Answer($0) }
    }

    /// Fails the test unless the call is refused with `invalid_params` for `field`.
    func expectInvalid(
        _ field: String, _ method: String, _ params: String, _ location: SourceLocation = #_sourceLocation
    ) async throws {
        let answer = try await call(method, params)
        let isRefusedSo = answer.failure?.kind == "invalid_params" && answer.failure?.field == field
        #expect(
            isRefusedSo, "\(method) \(params.prefix(300)): not invalid_params for \(field), but \(answer)",
            sourceLocation: location)
    }

    /// Fails the test unless the call is refused with this kind of error.
    func expectRefused(
        _ kind: String, _ method: String, _ params: String? = nil, deadlineMs: Int? = patience,
        _ location: SourceLocation = #_sourceLocation
    ) async throws {
        let answer = try await call(method, params, deadlineMs: deadlineMs)
        #expect(answer.failure?.kind == kind, "\(method) \(params ?? ""): \(answer)", sourceLocation: location)
    }

    // MARK: What scenarios often do

    /// The memory with that id as `get` answers it; nil when there is none.
    func memory(_ id: String?) async throws -> JSONValue? {
        guard let id else { throw TestFailure("no id") }
        let result = try await result("get", #"{"id":"\#(id)"}"#)
        #expect(result.keys == ["memory", "servedFrom"])
        #expect(["store", "cache"].contains(result["servedFrom"]?.string))
        guard let memory = result["memory"], !memory.isNull else { return nil }
        return memory
    }

    /// A page of memories. Who served it is left out: apart from that, answers are equal.
    func page(_ method: String, _ params: String) async throws -> JSONValue {
        var page = try await result(method, params)
        #expect(["store", "cache"].contains(page["servedFrom"]?.string))
        page["servedFrom"] = "either"
        return page
    }

    /// The ids of all memories that match, page after page.
    func ids(_ filters: String, limit: Int = 1_000) async throws -> [String] {
        var ids: [String] = []
        var cursor = JSONValue.null
        repeat {
            var params = try JSONValue(parsing: filters)
            params["limit"] = .int(limit)
            params["cursor"] = cursor
            let page = try await result("query", params.description)
            ids += page["memories"].ids
            cursor = page["nextCursor"] ?? .null
        } while !cursor.isNull
        return ids
    }
}

extension JSONValue? {
    /// The ids of an array of records.
    var ids: [String] { self?.array?.compactMap { $0["id"]?.string } ?? [] }

    /// The elements of an array of strings.
    var strings: [String] { self?.array?.compactMap(\.string) ?? [] }
}

/// The value of JSON text that the test itself wrote.
func json(_ text: String, _ location: SourceLocation = #_sourceLocation) -> JSONValue {
    do {
        return try JSONValue(parsing: text)
    } catch {
        Issue.record("\(error): \(text.prefix(200))", sourceLocation: location)
        return .null
    }
}
