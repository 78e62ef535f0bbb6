extension Timestamp: CustomStringConvertible {
    /// Microseconds in a day.
    public static let microsecondsPerDay: Int64 = 86_400_000_000

    /// Reads an RFC 3339 date and time (section 5.6), such as `2026-01-02T03:04:05.678901+01:00`.
    ///
    /// Digits past the microsecond are rounded, half up. Nil for anything else: a leap second (`:60`), a day that does not
    /// exist, an instant outside the years 0001 to 9999 in UTC.
    public init?(rfc3339 text: String) {
        var text = text
        guard let timestamp = text.withUTF8({ Timestamp(rfc3339: $0) }) else { return nil }
        self = timestamp
    }

    /// The same of a text in UTF-8.
    package init?(rfc3339 text: UnsafeBufferPointer<UInt8>) {
        var reader = DigitReader(text)
        guard let date = reader.date(), reader.take("T") || reader.take("t"),
            let hour = reader.number(digits: 2, in: 0...23), reader.take(":"),
            let minute = reader.number(digits: 2, in: 0...59), reader.take(":"),
            let second = reader.number(digits: 2, in: 0...59), let fraction = reader.fraction(),
            let offset = reader.offsetInMinutes(), reader.isAtEnd
        else { return nil }
        let minutes = Int64(date.daysSinceEpoch) * 1_440 + Int64(hour * 60 + minute - offset)
        self.init(microseconds: (minutes * 60 + Int64(second)) * 1_000_000 + fraction)
    }

    /// Reads a date, such as `2026-01-02`, as its first instant in UTC.
    public init?(date text: String) {
        var text = text
        guard let timestamp = text.withUTF8({ Timestamp(date: $0) }) else { return nil }
        self = timestamp
    }

    /// The same of a text in UTF-8.
    package init?(date text: UnsafeBufferPointer<UInt8>) {
        var reader = DigitReader(text)
        guard let date = reader.date(), reader.isAtEnd else { return nil }
        self.init(microseconds: Int64(date.daysSinceEpoch) * Self.microsecondsPerDay)
    }

    /// The instant in UTC with six digits and `Z`: `2026-01-02T02:04:05.678901Z`.
    public var description: String {
        var text: [UInt8] = []
        append(to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Appends the description.
    package func append(to text: inout [UInt8]) {
        let days = microseconds.flooredDivision(by: Self.microsecondsPerDay)
        let time = microseconds - days * Self.microsecondsPerDay
        let date = CivilDate(daysSinceEpoch: Int(days))
        let (seconds, fraction) = time.quotientAndRemainder(dividingBy: 1_000_000)
        text.append(addingCapacity: 27) { span in
            span.append(pair: date.year / 100)
            span.append(pair: date.year % 100)
            span.append(UInt8(ascii: "-"))
            span.append(pair: date.month)
            span.append(UInt8(ascii: "-"))
            span.append(pair: date.day)
            span.append(UInt8(ascii: "T"))
            span.append(pair: Int(seconds / 3_600))
            span.append(UInt8(ascii: ":"))
            span.append(pair: Int(seconds / 60 % 60))
            span.append(UInt8(ascii: ":"))
            span.append(pair: Int(seconds % 60))
            span.append(UInt8(ascii: "."))
            span.append(pair: Int(fraction / 10_000))
            span.append(pair: Int(fraction / 100 % 100))
            span.append(pair: Int(fraction % 100))
            span.append(UInt8(ascii: "Z"))
        }
    }
}

extension OutputSpan<UInt8> {
    /// Appends a number below 100 as two digits.
    fileprivate mutating func append(pair number: Int) {
        append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / 10))
        append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number % 10))
    }
}

/// Reads the fixed-width fields of a timestamp one after the other.
private struct DigitReader {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0

    init(_ text: UnsafeBufferPointer<UInt8>) {
        bytes = text
    }

    var isAtEnd: Bool { position == bytes.count }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    mutating func number(digits: Int, in range: ClosedRange<Int>) -> Int? {
        var number = 0
        for _ in 0..<digits {
            guard let digit = digit() else { return nil }
            number = number * 10 + digit
        }
        return range.contains(number) ? number : nil
    }

    mutating func date() -> CivilDate? {
        guard let year = number(digits: 4, in: 1...9999), take("-"), let month = number(digits: 2, in: 1...12),
            take("-"), let day = number(digits: 2, in: 1...31)
        else { return nil }
        return CivilDate(year: year, month: month, day: day)
    }

    /// The fraction of a second in microseconds, up to 1,000,000 after rounding; 0 when there is none.
    mutating func fraction() -> Int64? {
        guard take(".") else { return 0 }
        guard position < bytes.count, let first = digit() else { return nil }
        var microseconds = Int64(first)
        var count = 1
        var roundsUp = false
        while let next = digit() {
            count += 1
            if count <= 6 { microseconds = microseconds * 10 + Int64(next) }
            if count == 7 { roundsUp = next >= 5 }
        }
        for _ in count..<max(count, 6) { microseconds *= 10 }
        return roundsUp ? microseconds + 1 : microseconds
    }

    mutating func offsetInMinutes() -> Int? {
        if take("Z") || take("z") { return 0 }
        let isNegative = take("-")
        guard isNegative || take("+"), let hours = number(digits: 2, in: 0...23), take(":"),
            let minutes = number(digits: 2, in: 0...59)
        else { return nil }
        return (hours * 60 + minutes) * (isNegative ? -1 : 1)
    }

    private mutating func digit() -> Int? {
        guard position < bytes.count, bytes[position] &- UInt8(ascii: "0") < 10 else { return nil }
        position += 1
        return Int(bytes[position - 1] - UInt8(ascii: "0"))
    }
}
