import Testing

/// The members of a request: what is refused, what is answered with which `id`.
extension Scenario {
    private static func ping(_ members: String) -> String { #"{"jsonrpc":"2.0","method":"ping"\#(members)}"# }

    private static func id(_ name: String, _ id: String, _ reply: Reply = .equal("{}")) -> Scenario {
        payload(.requestID, "request id \(name)", ping(#","id":\#(id)"#), id: id, reply)
    }

    private static func badID(_ name: String, _ id: String) -> Scenario {
        payload(
            .requestID, "request id \(name) is refused", ping(#","id":\#(id)"#), id: "null", .error("invalid_request"))
    }

    private static func notRequest(_ name: String, _ text: String, id: String = "null") -> Scenario {
        payload(.invalidRequest, "no request: \(name)", text, id: id, .error("invalid_request"))
    }

    private static func deadlineMs(_ value: String, _ reply: Reply) -> Scenario {
        payload(.requestMembers, "deadlineMs \(value)", ping(#","id":1,"deadlineMs":\#(value)"#), reply)
    }

    private static func badDeadline(_ value: String) -> Scenario {
        payload(
            .paramsMember, "deadlineMs \(value) is refused", ping(#","id":1,"deadlineMs":\#(value)"#),
            .error("invalid_params", field: "deadlineMs"))
    }

    private static func badParams(_ value: String) -> Scenario {
        payload(
            .paramsMember, "params \(value) are refused", ping(#","id":1,"params":\#(value)"#),
            .error("invalid_params", field: "params"))
    }

    static let requests: [Scenario] = identifiers + envelopes + deadlines + notifications

    private static let identifiers: [Scenario] = [
        id("of text", #""a b""#), id("of empty text", #""""#), id("with escapes", #""\u0041\n\"\\\/é😀\ud83d\ude00""#),
        id("0", "0"), id("-0", "-0"), id("-1", "-1"), id("1.0", "1.0"), id("1e2", "1e2"),
        id("of the greatest 64-bit integer", "9223372036854775807"),
        id("of the least 64-bit integer", "-9223372036854775808"),
        id("beyond what a double tells apart", "9007199254740993"),
        badID("null", "null"), badID("true", "true"), badID("of an array", "[1]"), badID("of an object", "{}"),
        badID("with a fraction", "1.5"), badID("of 2^63", "9223372036854775808"), badID("of 1e300", "1e300"),
        badID("below -2^63", "-9223372036854775809"),
        id("is repeated by method_not_found", #""x""#),
    ]

    private static let envelopes: [Scenario] = [
        payload(
            .exampleFrames, "all members of a request", ping(#","id":7,"params":{},"deadlineMs":500"#), id: "7", .result
        ),
        payload(
            .requestMembers, "members in any order, with white space",
            "\n { \"id\" : 1 , \"params\":{ } ,\t\"method\":\"ping\",\r\n\"jsonrpc\":\"2.0\" } ", .result),
        payload(
            .requestMembers, "keys with escapes", #"{"\u006asonrpc":"2.0","\u0069d":1,"method":"p\u0069ng"}"#, .result),
        payload(
            .requestMembers, "a member of its own is refused", ping(#","id":"x","extra":1"#), id: #""x""#,
            .error("invalid_request")),
        payload(
            .requestMembers, "a member in another case is refused", ping(#","id":1,"deadlinems":5"#),
            .error("invalid_request")),
        payload(.requestMembers, "an empty member is refused", ping(#","id":1,"":0"#), .error("invalid_request")),
        payload(
            .noBatchArrays, "an array of requests", "[\(ping(#","id":1"#))]", id: "null", .error("invalid_request")),
        payload(.noBatchArrays, "an empty array", "[]", id: "null", .error("invalid_request")),
        notRequest("an empty object", "{}"), notRequest("a text", #""ping""#), notRequest("a number", "5"),
        notRequest("null", "null"), notRequest("true", "true"),
        notRequest("no jsonrpc", #"{"id":1,"method":"ping"}"#, id: "1"),
        notRequest("jsonrpc 1.0", #"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, id: "1"),
        notRequest("jsonrpc as a number", #"{"jsonrpc":2.0,"id":1,"method":"ping"}"#, id: "1"),
        notRequest("no method", #"{"jsonrpc":"2.0","id":"m"}"#, id: #""m""#),
        notRequest("a method that is no text", #"{"jsonrpc":"2.0","id":1,"method":5}"#, id: "1"),
        notRequest("a method null", #"{"jsonrpc":"2.0","id":1.0,"method":null}"#, id: "1.0"),
        notRequest("no method and no id", #"{"jsonrpc":"2.0"}"#),
        notRequest("no method and an id that is none", #"{"jsonrpc":"2.0","id":1.5}"#),
        notRequest("an unknown member before the id", #"{"extra":0,"jsonrpc":"2.0","method":"ping","id":3}"#, id: "3"),
        payload(
            .methodNotFound, "an unknown method", #"{"jsonrpc":"2.0","id":1,"method":"recall"}"#,
            .error("method_not_found")),
        payload(
            .methodNotFound, "an empty method", #"{"jsonrpc":"2.0","id":1,"method":""}"#, .error("method_not_found")),
        payload(
            .methodNotFound, "a method in another case", #"{"jsonrpc":"2.0","id":1,"method":"Ping"}"#,
            .error("method_not_found")),
        payload(
            .methodNotFound, "a method goes before its params",
            #"{"jsonrpc":"2.0","id":1,"method":"x","params":5,"deadlineMs":0}"#, .error("method_not_found")),
        payload(.paramsMember, "params left out", ping(#","id":1"#), .result),
        badParams("[]"), badParams("null"), badParams("5"), badParams(#""x""#), badParams("true"),
        longMethodName,
    ]

    private static let deadlines: [Scenario] = [
        deadlineMs("1", .result), deadlineMs("600000", .result), deadlineMs("5.0", .result), deadlineMs("6e5", .result),
        badDeadline("0"), badDeadline("-1"), badDeadline("600001"), badDeadline("1.5"), badDeadline("null"),
        badDeadline(#""5""#), badDeadline("true"), badDeadline("[5]"), badDeadline("{}"), badDeadline("1e300"),
        badDeadline("600000.5"),
    ]

    private static let notifications: [Scenario] = [
        payload(.notification, "a notification", ping(""), .nothing),
        payload(.notification, "a notification of an unknown method", #"{"jsonrpc":"2.0","method":"x"}"#, .nothing),
        payload(.notification, "a notification with bad params", ping(#","params":5"#), .nothing),
        payload(.notification, "a notification with a bad deadline", ping(#","deadlineMs":0"#), .nothing),
        payload(.notification, "a notification that fails", #"{"jsonrpc":"2.0","method":"get","params":{}}"#, .nothing),
    ]

    private static let longMethodName = Scenario(
        "a method of one endless character is quoted in short", .methodNotFound
    ) {
        world in
        let method = "e" + String(repeating: "\u{301}", count: 500_000)
        let answer = try await world.client.call(method)
        #expect(try answer.refusal().kind == "method_not_found")
        #expect(answer.byteCount < 1_000)
    }
}
