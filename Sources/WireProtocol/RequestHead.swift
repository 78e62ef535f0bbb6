/// What must be known of a request to refuse it: read without decoding it, so that refusing costs next to nothing.
///
/// Of a plain payload only (see ``PlainGet``). Whether the rest of it is valid is not looked at: it may be turned away before it is
/// found faulty.
public struct RequestHead: Sendable {
    /// What the answer has to name.
    public let id: RPCIdentifier

    /// What is asked.
    public let method: ProtocolMethod

    /// Reads a payload as far as need be; nil when it is a notification, or anything but a plain request.
    public init?(scanning bytes: UnsafeRawBufferPointer) {
        var scanner = PlainScanner(bytes)
        guard scanner.take("{") else { return nil }
        var id, method: Range<Int>?
        var hasVersion = false
        repeat {
            guard let name = scanner.string(), scanner.take(":") else { return nil }
            if scanner.text(name, is: "jsonrpc") {
                guard let version = scanner.string(), scanner.text(version, is: "2.0") else { return nil }
                hasVersion = true
            } else if scanner.text(name, is: "id") {
                id = scanner.integer() ?? scanner.quotedString()
                if id == nil { return nil }
            } else if scanner.text(name, is: "method") {
                method = scanner.string()
                if method == nil { return nil }
            } else {
                guard scanner.text(name, is: "params") || scanner.text(name, is: "deadlineMs"), scanner.skipValue()
                else {
                    return nil
                }
            }
        } while !(hasVersion && id != nil && method != nil) && scanner.take(",")
        guard hasVersion, let id, let method,
            let known = ProtocolMethod(
                rawValue: String(decoding: UnsafeRawBufferPointer(rebasing: bytes[method]), as: UTF8.self))
        else { return nil }
        self.id = RPCIdentifier(plain: bytes[id])
        self.method = known
    }
}
