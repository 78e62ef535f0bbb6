/// What a valid JSON number token stands for.
enum JSONNumber {
    /// The nearest double; infinite when the token is outside its range.
    static func double(_ token: UnsafeBufferPointer<UInt8>) -> Double {
        shortDouble(token) ?? Double(String(decoding: token, as: UTF8.self)) ?? .nan
    }

    /// Powers of ten that a double holds exactly.
    private static let exactPowers: [Double] = (0...22).map { exponent in
        (0..<exponent).reduce(1) { power, _ in power * 10 }
    }

    /// The nearest double where one division gives it: both numbers are exact, and a division rounds correctly (W. D.
    /// Clinger, "How to Read Floating Point Numbers Accurately", 1990). Nil for exponents and for more than 15 digits.
    private static func shortDouble(_ token: UnsafeBufferPointer<UInt8>) -> Double? {
        var position = 0
        return shortDouble(token, at: &position)
    }

    /// The same of a number inside valid JSON, whose end is found on the way: `position` moves there from its beginning. Nil,
    /// and `position` stays, also for what is no number.
    static func shortDouble(_ bytes: UnsafeBufferPointer<UInt8>, at position: inout Int) -> Double? {
        let isNegative = bytes[position] == UInt8(ascii: "-")
        let start = isNegative ? position + 1 : position
        var end = start
        var point: Int?
        var digits: Int64 = 0
        while end < bytes.count {
            let digit = bytes[end] &- UInt8(ascii: "0")
            if digit < 10 {
                digits = digits &* 10 &+ Int64(digit)
            } else if bytes[end] == UInt8(ascii: ".") {
                point = end
            } else {
                break
            }
            end += 1
        }
        if end < bytes.count, bytes[end] | 0x20 == UInt8(ascii: "e") { return nil }
        let count = end - start - (point == nil ? 0 : 1)
        guard 1...15 ~= count else { return nil }
        position = end
        let value = Double(digits) / exactPowers[point.map { end - $0 - 1 } ?? 0]
        return isNegative ? -value : value
    }

    /// The token as a 64-bit integer, or nil when it is none: `5`, `5.0` and `5e0` are one integer.
    ///
    /// It is read digit by digit, since a double would round `9007199254740993.0` and drop the fraction of
    /// `1.00000000000000000001`.
    static func int64(_ token: UnsafeBufferPointer<UInt8>) -> Int64? {
        if let short = shortInteger(token) { return short }
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

    /// The token's value when it is no more than a sign and digits that can't overflow.
    private static func shortInteger(_ token: UnsafeBufferPointer<UInt8>) -> Int64? {
        guard token.count <= 18 else { return nil }
        let isNegative = token.first == UInt8(ascii: "-")
        var value: Int64 = 0
        for index in (isNegative ? 1 : 0)..<token.count {
            let digit = token[index] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            value = value &* 10 &+ Int64(digit)
        }
        return isNegative ? -value : value
    }

    /// Appends the shortest text of the same double, without the `+` that Swift gives exponents.
    static func appendShortest(_ value: Double, to output: inout [UInt8]) {
        output.append(contentsOf: value.description.utf8.lazy.filter { $0 != UInt8(ascii: "+") })
    }

    /// The longest token that is passed on as it came.
    static let longestVerbatimToken = 40

    /// Whether `token` is not passed on as it came: when it is long or its exponent is large, PostgreSQL's `numeric` would
    /// print hundreds of digits for it, and refuses some.
    static func needsRewriting(_ token: UnsafeBufferPointer<UInt8>) -> Bool {
        if token.count > longestVerbatimToken { return true }
        return token.contains { $0 | 0x20 == UInt8(ascii: "e") } && !hasModestMagnitude(double(token))
    }

    /// Appends the shortest text of the double that `token` stands for.
    static func append(_ token: UnsafeBufferPointer<UInt8>, to output: inout [UInt8]) {
        appendShortest(double(token), to: &output)
    }

    private static func hasModestMagnitude(_ value: Double) -> Bool {
        (1e-30...1e30).contains(value.magnitude)
    }
}
