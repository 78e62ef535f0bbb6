/// What a valid JSON number token stands for.
enum JSONNumber {
    /// The nearest double; infinite when the token is outside its range.
    static func double(_ token: UnsafeBufferPointer<UInt8>) -> Double {
        Double(String(decoding: token, as: UTF8.self)) ?? .nan
    }

    /// The token as a 64-bit integer, or nil when it is none: `5`, `5.0` and `5e0` are one integer.
    static func int64(_ token: UnsafeBufferPointer<UInt8>) -> Int64? {
        let isPlain = !token.contains { $0 == UInt8(ascii: ".") || $0 | 0x20 == UInt8(ascii: "e") }
        if isPlain { return Int64(String(decoding: token, as: UTF8.self)) }
        return Int64(exactly: double(token))
    }

    /// The longest token that is passed on as it came.
    static let longestVerbatimToken = 40

    /// Appends `token` as it came, or, when it is long or its exponent is large, as the shortest text of the same double:
    /// PostgreSQL's `numeric` would print hundreds of digits for such a number, and refuses some.
    static func append(_ token: UnsafeBufferPointer<UInt8>, to output: inout [UInt8]) {
        let hasExponent = token.contains { $0 | 0x20 == UInt8(ascii: "e") }
        if token.count <= longestVerbatimToken, !hasExponent || hasModestMagnitude(double(token)) {
            output.append(contentsOf: token)
        } else {
            output.append(contentsOf: double(token).description.utf8.filter { $0 != UInt8(ascii: "+") })
        }
    }

    private static func hasModestMagnitude(_ value: Double) -> Bool {
        (1e-30...1e30).contains(value.magnitude)
    }
}
