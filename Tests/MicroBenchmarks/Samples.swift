import WireProtocol

/// What the paths are given: the same bytes in every run.
enum Samples {
    /// A record of about 1 KB as agents store them: talk with escapes and letters outside of ASCII, and tags.
    static let record = """
        {"id":"conv26.D4-12","agentId":"caroline","timestamp":"2023-06-27T10:42:30Z","context":{"speaker":"Caroline",\
        "text":"\(talk)","conversation":26,"session":4,"turn":"D4:12","imageCaption":"a photo of a stained glass window in \
        a church","imageQuery":"stained glass window caf\u{e9}"},"tags":["conversation","conv-26","session-4","image"],\
        "importance":7}
        """

    private static let talk = """
        Thanks, Melanie! This necklace is super special to me \u{2014} a gift from my grandma in my home country, Sweden. She \
        gave it to me when I was young, and it stands for love, faith and strength.\\n\\nIt's like a reminder of my roots and \
        all the love and support I get from my family. \\"Wear it when you are in doubt\\", she said, and I do: at the \
        adoption interview on Friday, at the school talk, on the stage of the r\u{e9}union. Did I tell you about the hike? \
        We went up with the kids, roasted marshmallows and told stories until the stars came out; then Tom fell asleep with \
        a stick in his hand. I would not give that evening for anything, and I will paint it when I am back.
        """

    /// 1,536 numbers as embeddings come, some 17 KB.
    static let floats = (0..<1_536).map { index in
        // Numbers between -0.05 and 0.05 by a linear congruential generator, written with seven decimals.
        let number = (index &* 1_103_515_245 &+ 12_345) & 0x7fff_ffff
        let digits = String(number % 500_000)
        return (number & 1 == 0 ? "-" : "") + "0.0" + String(repeating: "0", count: 6 - digits.count) + digits
    }.joined(separator: ",")

    /// A record with embeddings, and one with a string of as many bytes in their place.
    static let embedded = with("\"embeddings\":[\(floats)]", context: "{}")
    static let stringOfSameSize = with(
        "\"importance\":5", context: "{\"text\":\"\(String(repeating: "x", count: floats.utf8.count))\"}")

    private static func with(_ member: String, context: String) -> String {
        "{\"id\":\"embedded-1\",\"agentId\":\"caroline\",\"context\":\(context),\"tags\":[\"a\",\"b\"],\(member)}"
    }

    static let get = request("get", #"{"id":"conv26.D4-12"}"#)
    static let query = request(
        "query", #"{"agentId":"caroline","tags":["session-4"],"minImportance":5,"limit":10}"#)
    static let store = request("store", "{\"record\":\(record)}")

    /// The payload of a request.
    static func request(_ method: String, _ params: String) -> [UInt8] {
        Array("{\"jsonrpc\":\"2.0\",\"id\":1234,\"method\":\"\(method)\",\"params\":\(params)}".utf8)
    }

    /// What a request asks for, decoded.
    static func decode(_ payload: [UInt8]) throws -> MethodCall {
        let request = try RPCRequest(parsing: payload)
        guard let method = ProtocolMethod(rawValue: request.method) else { throw WrongResult(request.method) }
        blackHole(try request.deadlineMilliseconds(standard: 5_000))
        return try MethodCall(method, params: request.params)
    }
}
