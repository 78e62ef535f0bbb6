/// A `timestamptz` as PostgreSQL knows it: an instant to the microsecond, or one of the two infinities.
public enum PostgresTimestamp: Hashable, Sendable {
    /// Microseconds since 1970-01-01T00:00:00Z, negative before.
    case instant(microsecondsSinceUnixEpoch: Int64)
    /// `infinity`: after every instant.
    case infinity
    /// `-infinity`: before every instant.
    case negativeInfinity

    /// The microseconds since the Unix epoch, nil for an infinity.
    public var microsecondsSinceUnixEpoch: Int64? {
        if case .instant(let microseconds) = self { microseconds } else { nil }
    }
}

extension PostgresTimestamp {
    /// PostgreSQL counts from 2000-01-01T00:00:00Z.
    static let epochOffset: Int64 = 946_684_800_000_000

    /// The number on the wire; nil where the instant is outside what 64 bits can say.
    var wireValue: Int64? {
        switch self {
        case .infinity: return .max
        case .negativeInfinity: return .min
        case .instant(let microseconds):
            let (value, overflow) = microseconds.subtractingReportingOverflow(Self.epochOffset)
            return overflow || value == .min || value == .max ? nil : value
        }
    }

    init?(wireValue: Int64) {
        switch wireValue {
        case .max: self = .infinity
        case .min: self = .negativeInfinity
        default:
            let (value, overflow) = wireValue.addingReportingOverflow(Self.epochOffset)
            guard !overflow else { return nil }
            self = .instant(microsecondsSinceUnixEpoch: value)
        }
    }
}
