import Glibc

/// Requests and answers as bytes: the readers make a million of them, so they look for a few words instead of parsing.
/// An answer ends with a NUL, for the sake of strstr(3).
enum WireText {
    static func name(_ key: Int) -> String { "k\(key)" }

    static func agent(_ key: Int) -> String { "agent\(key % 4)" }

    /// A frame of JSON text.
    static func frame(_ json: String) -> [UInt8] {
        let payload = Array(json.utf8)
        return withUnsafeBytes(of: UInt32(payload.count).bigEndian) { Array($0) } + payload
    }

    static func get(_ key: Int, id: Int) -> [UInt8] {
        frame(#"{"jsonrpc":"2.0","id":\#(id),"method":"get","params":{"id":"\#(name(key))"}}"#)
    }

    /// Every key of one agent; with `byTags`, by both tags that a key may have.
    static func query(agent: String, byTags: Bool, id: Int) -> [UInt8] {
        let tags = byTags ? #","tags":["t0","t1"]"# : ""
        return frame(
            #"{"jsonrpc":"2.0","id":\#(id),"method":"query","params":{"agentId":"\#(agent)","limit":1000\#(tags)}}"#)
    }

    /// A write. The tag changes, so that queries by tag gain and lose the key.
    static func store(_ key: Int, id: Int) -> [UInt8] {
        frame(
            #"{"jsonrpc":"2.0","id":\#(id),"method":"store","params":{"record":{"id":"\#(name(key))","#
                + #""agentId":"\#(agent(key))","tags":["t\#(id % 2)"],"context":{"key":\#(key)}}}}"#)
    }

    /// The integer that follows `word`, from `start` on; and where it ends.
    static func integer(after word: StaticString, in payload: [UInt8], from start: Int = 0) -> (value: Int, end: Int)? {
        guard start < payload.count, let begin = end(of: word, in: payload, from: start) else { return nil }
        var end = begin
        var value = 0
        while case let digit = Int(payload[end]) - 48, (0...9).contains(digit) {
            value = value * 10 + digit
            end += 1
        }
        return (value, end)
    }

    static func contains(_ word: StaticString, _ payload: [UInt8]) -> Bool { end(of: word, in: payload) != nil }

    private static func end(of word: StaticString, in payload: [UInt8], from start: Int = 0) -> Int? {
        payload.withUnsafeBytes { bytes in
            guard let base = bytes.bindMemory(to: CChar.self).baseAddress,
                let wanted = UnsafeRawPointer(word.utf8Start).bindMemory(to: CChar.self, capacity: 1) as UnsafePointer?,
                let found = strstr(base + start, wanted)
            else { return nil }
            return UnsafePointer(found) - base + word.utf8CodeUnitCount
        }
    }
}
