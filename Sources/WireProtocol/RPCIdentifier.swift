public import StrictJSON

/// The `id` of a request: a string or a 64-bit integer, kept byte for byte so that it is answered as it was given.
public struct RPCIdentifier: Hashable, Sendable {
    /// The id as JSON.
    public let json: JSONText

    /// The id of an answer to a request whose id could not be read.
    public static let null = RPCIdentifier(json: JSONText(trustedCompact: Array("null".utf8)))

    /// An integer id.
    public init(_ number: Int64) {
        json = JSONText(trustedCompact: Array(String(number).utf8))
    }

    /// The id that `view` holds; nil when it is neither a string nor a 64-bit integer.
    public init?(_ view: JSONView) {
        guard view.kind == .string || view.int64 != nil else { return nil }
        json = JSONText(trustedCompact: Array(view.rawBytes))
    }

    /// The id that was found as a plain integer or string.
    init(plain bytes: Slice<UnsafeRawBufferPointer>) {
        json = JSONText(trustedCompact: Array(bytes))
    }

    private init(json: JSONText) {
        self.json = json
    }
}
