import DaemonFixture
import Testing

/// Tags, of records and of filters, and capabilities, which follow the same rules.
extension Scenario {
    private static func tags(_ name: String, _ sent: String, _ answered: String? = nil) -> Scenario {
        tags(name, .recordTags, sent, answered)
    }

    private static func tags(_ name: String, _ rule: Rule, _ sent: String, _ answered: String? = nil) -> Scenario {
        Scenario("tags \(name)", rule, .registrationLimits) { world in
            let answered = answered ?? sent
            try await kept(rule, "", #"{"tags":\#(sent)}"#, as: #"{"tags":\#(answered)}"#).run(world)
            let agent = world.unique("able")
            try await world.client.result("registerAgent", #"{"agentId":"\#(agent)","capabilities":\#(sent)}"#)
            let listed = try #require(try await world.client.listing(of: agent))
            #expect(listed["capabilities"] == json(answered))
        }
    }

    private static func badTags(_ name: String, _ value: String, at place: String = "") -> Scenario {
        Scenario("tags \(name) are refused", .recordTags, .registrationLimits, .errorData, .invalidParams) { world in
            try await refused(.recordTags, "", #"{"tags":\#(value)}"#, field: "tags" + place).run(world)
            for method in ["query", "queryContext", "count", "getCrossAgentInsights"] {
                try await world.client.expectInvalid("tags" + place, method, #"{"tags":\#(value)}"#)
            }
            try await world.client.expectInvalid(
                "capabilities" + place, "registerAgent", #"{"agentId":"a","capabilities":\#(value)}"#)
        }
    }

    private static func list(_ count: Int, _ tag: (Int) -> String) -> String {
        "[\((0..<count).map { "\"\(tag($0))\"" }.joined(separator: ","))]"
    }

    static let recordTags: [Scenario] = [
        tags("none", "[]"), kept(.recordTags, "tags are none by default", "{}", as: #"{"tags":[]}"#),
        tags("are sorted and distinct", #"["b","a","b","a"]"#, #"["a","b"]"#),
        tags("64", list(64) { "t\($0 + 10)" }), tags("64 of which all are one", list(64) { _ in "one" }, #"["one"]"#),
        badTags("65", list(65) { "t\($0)" }), badTags("65 of which all are one", list(65) { _ in "one" }),
        tags("of one code point", #"["\ud83d\ude00"]"#),
        tags("of 128 bytes", list(1) { _ in String(repeating: "x", count: 128) }),
        tags("of 128 code points of four bytes", list(1) { _ in String(repeating: "😀", count: 128) }),
        tags("of 128 code points that make 64 letters", list(1) { _ in String(repeating: #"e\u0301"#, count: 64) }),
        badTags("of 129 bytes", list(1) { _ in String(repeating: "x", count: 129) }, at: "[0]"),
        badTags("of 129 code points", list(1) { _ in String(repeating: "😀", count: 129) }, at: "[0]"),
        badTags(
            "of 130 code points that make 65 letters", list(1) { _ in String(repeating: #"e\u0301"#, count: 65) },
            at: "[0]"),
        badTags("of no character", #"["a",""]"#, at: "[1]"),
        badTags("with U+0001", #"["\u0001"]"#, at: "[0]"), badTags("with U+001F", #"["a\u001f"]"#, at: "[0]"),
        badTags("with a newline", #"["a\nb"]"#, at: "[0]"), badTags("with U+007F", #"["a","b\u007f"]"#, at: "[1]"),
        badTags("with U+0080", #"["\u0080"]"#, at: "[0]"), badTags("with U+0085", #"["\u0085"]"#, at: "[0]"),
        badTags("with U+009F", #"["\u009f"]"#, at: "[0]"),
        tags("with U+0020, U+007E and U+00A0", #"["\u0020","\u007e","\u00a0"]"#),
        tags("with U+2028, U+FEFF and U+FFFF", #"["\u2028","\ufeff","\uffff"]"#),
        tags("with quotes", #"["\"","'","\\","{","}",","]"#, #"["\"","'",",","\\","{","}"]"#),
        tags("that SQL might take for something else", #"["%","NULL","_","null","{}"]"#),
        tags(
            "are sorted by code points", .codePoints,
            #"["\uff5e","z","\ud83d\ude00","Z","\u00e9","a","aa","A b","10","9"]"#,
            #"["10","9","A b","Z","a","aa","z","\u00e9","\uff5e","\ud83d\ude00"]"#),
        tags(
            "that differ in normalisation stay apart", .codePoints, #"["\u00e9","e\u0301","\u212b","\u00c5"]"#,
            #"["e\u0301","\u00c5","\u00e9","\u212b"]"#),
        tags("that differ in case stay apart", .codePoints, #"["TAG","Tag","tag"]"#),
        badTags("as a text", #""a""#), badTags("null", "null"), badTags("as an object", "{}"),
        badTags("with a number", "[1]", at: "[0]"),
        badTags("with null", #"["a","b",null]"#, at: "[2]"), badTags("with an array", #"[["a"]]"#, at: "[0]"),
        tagsInFilters,
    ]

    private static let tagsInFilters = Scenario("filters compare tags code point by code point", .codePoints, .tagMode)
    { world in
        let agent = world.unique("folder")
        for (id, tag) in [
            ("nfc", #"\u00e9"#), ("nfd", #"e\u0301"#), ("upper", "TAG"), ("lower", "tag"), ("like", "t_g"),
        ] {
            try await world.client.result(
                "store", #"{"record":{"id":"\#(agent)-\#(id)","agentId":"\#(agent)","context":{},"tags":["\#(tag)"]}}"#)
        }
        for (tag, id) in [
            (#"\u00e9"#, "nfc"), (#"e\u0301"#, "nfd"), ("TAG", "upper"), ("tag", "lower"), ("t_g", "like"),
        ] {
            let found = try await world.client.ids(#"{"agentId":"\#(agent)","tags":["\#(tag)"]}"#)
            #expect(found == ["\(agent)-\(id)"])
        }
        #expect(try await world.client.ids(#"{"agentId":"\#(agent)","tags":["Tag","t%","e"]}"#).isEmpty)
    }
}

extension Client {
    /// An agent as `listAgents` lists it; nil when it does not.
    func listing(of agent: String) async throws -> JSONValue? {
        var cursor = JSONValue.null
        repeat {
            let page = try await result("listAgents", #"{"limit":1000,"cursor":\#(cursor)}"#)
            if let found = page["agents"]?.array?.first(where: { $0["agentId"]?.string == agent }) { return found }
            cursor = page["nextCursor"] ?? .null
        } while !cursor.isNull
        return nil
    }
}
