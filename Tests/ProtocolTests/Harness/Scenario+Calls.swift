import DaemonFixture
import Testing

/// Scenarios of one call, written as data.
extension Scenario {
    /// A call is answered with exactly this result. `%` in the parameters becomes a name that nothing else has.
    static func answers(
        _ rule: Rule, _ name: String, method: String, _ params: String?, _ result: String
    ) -> Scenario {
        Scenario(name, rule) { world in
            let own = world.unique("x")
            let params = params?.replacing("%", with: own)
            let answer = try await world.client.result(method, params)
            #expect(answer == json(result.replacing("%", with: own)), "\(method) \(params ?? "")")
        }
    }

    /// A call is refused with `invalid_params` for `field`.
    static func invalid(
        _ rule: Rule, _ name: String, method: String, _ params: String, field: String
    ) -> Scenario {
        Scenario(name, rule, .invalidParams) { world in
            try await world.client.expectInvalid(field, method, params)
        }
    }

    /// A call succeeds, whatever it answers.
    static func accepted(_ rule: Rule, _ name: String, method: String, _ params: String) -> Scenario {
        Scenario(name, rule) { world in
            _ = try await world.client.result(method, params.replacing("%", with: world.unique("x")))
        }
    }
}

/// Scenarios of one record, written as its fields.
extension Scenario {
    /// A record with these fields, beside an agentId and an empty context unless they are among them, is stored, and
    /// then answered by get, getBatch and query with `answered`, where null stands for a member that is absent.
    static func kept(_ rule: Rule, _ name: String, _ fields: String, as answered: String) -> Scenario {
        Scenario(name, rule) { world in
            let client = world.client
            let record = Self.record(fields, agent: world.unique("keeper"))
            let stored = try await client.result("store", #"{"record":\#(record)}"#)
            let id = try #require(stored["id"]?.string)
            let agent = try #require(record["agentId"]?.string)
            let read = [
                try await client.result("get", #"{"id":"\#(id)"}"#)["memory"],
                try await client.result("getBatch", #"{"ids":["\#(id)"]}"#)["memories"]?[0],
                try await client.result("query", #"{"agentId":"\#(agent)"}"#)["memories"]?.array?.first {
                    $0["id"]?.string == id
                },
            ]
            for memory in read {
                let memory = try #require(memory)
                #expect(memory == read[0])
                for member in json(answered).members ?? [] {
                    #expect(
                        (memory[member.key] ?? .null) == member.value,
                        "\(member.key): \((memory[member.key] ?? .null).excerpt)")
                }
            }
        }
    }

    /// A record with these fields is refused for `field` (its path in the record) by store, by storeBatch, which then
    /// keeps none of its neighbours, and by storeContext where that has the field.
    static func refused(_ rule: Rule, _ name: String, _ fields: String, field: String) -> Scenario {
        Scenario(name, rule, .invalidParams, .errorData) { world in
            let client = world.client
            let agent = world.unique("refuser")
            let record = Self.record(fields, agent: agent)
            try await client.expectInvalid("record.\(field)", "store", #"{"record":\#(record)}"#)
            let good = #"{"agentId":"\#(agent)","context":{}}"#
            try await client.expectInvalid(
                "records[1].\(field)", "storeBatch", #"{"records":[\#(good),\#(record),\#(good)]}"#)
            let count = try await client.result("count", #"{"agentId":"\#(agent)"}"#)
            #expect(count == ["count": 0])
            let shared = ["agentId", "context", "tags", "importance", "expiresAt", "embeddings"]
            if record.keys.allSatisfy(shared.contains) {
                try await client.expectInvalid(field, "storeContext", record.description)
            }
        }
    }

    /// The fields of a record, with an agentId and a context added where they are not given.
    static func record(_ fields: String, agent: String) -> JSONValue {
        var record = json(fields)
        if record["agentId"] == nil { record["agentId"] = .string(agent) }
        if record["context"] == nil { record["context"] = [:] }
        return record
    }
}

/// Scenarios of one frame, written as its payload.
extension Scenario {
    /// What becomes of a payload.
    enum Reply: Sendable {
        /// It is answered with a result.
        case result

        /// It is answered with this result.
        case equal(String)

        /// It is answered with an error of this kind, and perhaps for this field.
        case error(String, field: String? = nil)

        /// It is not answered.
        case nothing
    }

    /// A payload, sent between two pings on one connection, is answered so, with that `id` as JSON text, letter by
    /// letter.
    static func payload(
        _ rule: Rule, _ name: String, _ payload: String, id: String = "1", _ reply: Reply
    ) -> Scenario {
        bytes(rule, name, Array(payload.utf8), id: id, reply)
    }

    /// The same for bytes that are no text.
    static func bytes(
        _ rule: Rule, _ name: String, _ payload: [UInt8], id: String = "1", _ reply: Reply
    ) -> Scenario {
        Scenario(name, rule, .errorsKeepConnection) { world in
            let before = Client.request("ping", id: #""before""#)
            let after = Client.request("ping", id: #""after""#)
            var answers = try await world.client.transport.exchange([before, payload, after])
            for ping in ["before", "after"] {
                let index = answers.firstIndex { (try? Answer($0))?.id == .string(ping) }
                answers.remove(at: try #require(index, "the ping \(ping) has no answer"))
            }
            guard case .nothing = reply else {
                #expect(answers.count == 1)
                let bytes = try #require(answers.first)
                let text = String(decoding: bytes, as: UTF8.self)
                #expect(text.hasPrefix(#"{"jsonrpc":"2.0","id":\#(id),"#), "\(text.prefix(300))")
                return try expect(try Answer(bytes), reply)
            }
            #expect(answers.isEmpty, "\(answers.first.map { String(decoding: $0, as: UTF8.self) } ?? "")")
        }
    }

    private static func expect(_ answer: Answer, _ reply: Reply) throws {
        switch reply {
        case .result: _ = try answer.success()
        case .equal(let result): #expect(try answer.success() == json(result))
        case .error(let kind, let field):
            let failure = try answer.refusal()
            #expect(failure.kind == kind, "\(failure)")
            #expect(failure.field == field, "\(failure)")
        case .nothing: break
        }
    }
}
