import ArgumentParser

/// A length of time as it is typed: `90s`, `15m`, `1h`, `2d`, `1w`, or several of them, `1h30m`.
struct SpanArgument: ExpressibleByArgument, Hashable {
    let microseconds: Int64

    private static let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800]

    /// The longest span, far over the years that a timestamp can hold.
    private static let maximumSeconds: Int64 = 10_000 * 366 * 86_400

    init?(argument: String) {
        var rest = Substring(argument)
        var seconds: Int64 = 0
        repeat {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(digits.count)
            guard let amount = Int64(digits), let unit = rest.popFirst().flatMap({ Self.units[$0] }) else { return nil }
            let (product, overflow) = amount.multipliedReportingOverflow(by: unit)
            guard !overflow, product <= Self.maximumSeconds, seconds + product <= Self.maximumSeconds else {
                return nil
            }
            seconds += product
        } while !rest.isEmpty
        microseconds = seconds * 1_000_000
    }
}
