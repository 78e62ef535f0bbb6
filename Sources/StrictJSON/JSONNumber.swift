/// What a valid JSON number token stands for.
enum JSONNumber {
    /// The nearest double; infinite when the token is outside its range.
    static func double(_ token: UnsafeBufferPointer<UInt8>) -> Double {
        Double(String(decoding: token, as: UTF8.self)) ?? .nan
    }

    /// The token as a 64-bit integer, or nil when it is none: `5`, `5.0` and `5e0` are one integer.
    ///
    /// It is read digit by digit, since a double would round `9007199254740993.0` and drop the fraction of
    /// `1.00000000000000000001`.
    static func int64(_ token: UnsafeBufferPointer<UInt8>) -> Int64? {
        let mantissa = token.prefix { $0 | 0x20 != UInt8(ascii: "e") }
        let fraction = mantissa.drop { $0 != UInt8(ascii: ".") }.dropFirst()
        if mantissa.count == token.count, fraction.isEmpty { return Int64(String(decoding: token, as: UTF8.self)) }
        var digits = mantissa.filter { $0 != UInt8(ascii: ".") }
        var exponent = -fraction.count
        while digits.last == UInt8(ascii: "0") {
            digits.removeLast()
            exponent += 1
        }
        guard digits.last.map({ $0 != UInt8(ascii: "-") }) ?? false else { return 0 }
        let written = token.dropFirst(mantissa.count + 1)
        if !written.isEmpty {
            // More digits than an Int holds are far from any 64-bit integer.
            guard let power = Int(String(decoding: written, as: UTF8.self)) else { return nil }
            let (sum, overflow) = exponent.addingReportingOverflow(power)
            guard !overflow else { return nil }
            exponent = sum
        }
        guard 0..<19 ~= exponent else { return nil }
        digits.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: exponent))
        return Int64(String(decoding: digits, as: UTF8.self))
    }

    /// Appends the shortest text of the same double, without the `+` that Swift gives exponents.
    static func appendShortest(_ value: Double, to output: inout [UInt8]) {
        output.append(contentsOf: value.description.utf8.lazy.filter { $0 != UInt8(ascii: "+") })
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
            appendShortest(double(token), to: &output)
        }
    }

    private static func hasModestMagnitude(_ value: Double) -> Bool {
        (1e-30...1e30).contains(value.magnitude)
    }
}
