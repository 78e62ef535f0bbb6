public import MemoryModel

/// A `get` of one memory that is written as plainly as most are, read in one pass over its bytes: an integer or a simple
/// string for its id, no `deadlineMs`, no escapes, white space at most after a comma or a colon.
///
/// Whatever else a payload is, a fault included, is left to ``RPCRequest``.
public struct PlainGet: Sendable {
    /// Where the request's id is in the payload, as JSON.
    public private(set) var id = 0..<0

    /// Where the memory's id is, without quotes.
    private var memory = 0..<0

    /// Reads a payload; nil when it is anything else.
    public init?(scanning bytes: UnsafeRawBufferPointer) {
        var scanner = PlainScanner(bytes)
        guard scanner.take("{") else { return nil }
        var seen: Members = 0
        repeat {
            guard let name = scanner.string(), scanner.take(":") else { return nil }
            let member: Members
            if scanner.text(name, is: "jsonrpc") {
                guard let version = scanner.string(), scanner.text(version, is: "2.0") else { return nil }
                member = 1
            } else if scanner.text(name, is: "id") {
                guard let value = scanner.integer() ?? scanner.quotedString() else { return nil }
                id = value
                member = 2
            } else if scanner.text(name, is: "method") {
                guard let method = scanner.string(), scanner.text(method, is: "get") else { return nil }
                member = 4
            } else if scanner.text(name, is: "params") {
                guard scanner.take("{"), let key = scanner.string(), scanner.text(key, is: "id"), scanner.take(":"),
                    let value = scanner.string(), scanner.take("}")
                else { return nil }
                memory = value
                member = 8
            } else {
                return nil
            }
            guard seen & member == 0 else { return nil }
            seen |= member
        } while scanner.take(",")
        guard seen == 15, scanner.take("}"), scanner.isAtEnd else { return nil }
    }

    /// Which members of the request were there, a bit each.
    private typealias Members = UInt8

    /// The memory's id in the payload that was scanned; nil when it breaks the rule for ids.
    public func memoryID(in bytes: UnsafeRawBufferPointer) -> MemoryID? {
        MemoryID(String(decoding: UnsafeRawBufferPointer(rebasing: bytes[memory]), as: UTF8.self))
    }
}
