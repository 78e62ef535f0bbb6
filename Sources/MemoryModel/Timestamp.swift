/// An instant in UTC, to the microsecond, in the years 0001 to 9999.
public struct Timestamp: Hashable, Sendable, Comparable {
    /// Microseconds since 1970-01-01T00:00:00Z; negative before.
    public let microseconds: Int64

    /// Wraps a count of microseconds since 1970-01-01T00:00:00Z; nil outside the years 0001 to 9999.
    public init?(microseconds: Int64) {
        guard (Self.earliest.microseconds...Self.latest.microseconds).contains(microseconds) else { return nil }
        self.microseconds = microseconds
    }

    private init(unchecked microseconds: Int64) {
        self.microseconds = microseconds
    }

    /// 0001-01-01T00:00:00.000000Z.
    public static let earliest = Timestamp(unchecked: -62_135_596_800_000_000)

    /// 9999-12-31T23:59:59.999999Z.
    public static let latest = Timestamp(unchecked: 253_402_300_799_999_999)

    /// The instant `duration` later, no later than `latest` and no earlier than `earliest`.
    public func advanced(byMicroseconds duration: Int64) -> Timestamp {
        let (sum, overflow) = microseconds.addingReportingOverflow(duration)
        if overflow { return duration > 0 ? .latest : .earliest }
        return Timestamp(unchecked: min(max(sum, Self.earliest.microseconds), Self.latest.microseconds))
    }

    /// Earlier instants come first.
    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.microseconds < right.microseconds
    }
}

extension Int64 {
    /// The quotient rounded towards negative infinity.
    func flooredDivision(by divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
