import ArgumentParser
import BrainClient

/// A point in time as it is typed: an RFC 3339 timestamp, a date in UTC, `now`, or a span before now (`2h`).
enum TimeArgument: ExpressibleByArgument, Hashable {
    case instant(Timestamp)
    case date(Timestamp)
    case now
    case ago(SpanArgument)

    init?(argument: String) {
        if let date = Timestamp(date: argument) {
            self = .date(date)
        } else if let instant = Timestamp(rfc3339: argument) {
            self = .instant(instant)
        } else if argument == "now" {
            self = .now
        } else if let span = SpanArgument(argument: argument) {
            self = .ago(span)
        } else {
            return nil
        }
    }

    /// The instant that is meant; a date means its first.
    func resolved(now: Timestamp) -> Timestamp {
        switch self {
        case .instant(let instant), .date(let instant): instant
        case .now: now
        case .ago(let span): now.advanced(byMicroseconds: -span.microseconds)
        }
    }

    /// The instant that is meant as the end of a range; a date means its last.
    func resolvedAsEnd(now: Timestamp) -> Timestamp {
        if case .date(let day) = self { return day.advanced(byMicroseconds: Timestamp.microsecondsPerDay - 1) }
        return resolved(now: now)
    }

    /// Whether the instant depends on when it is asked for.
    var isRelative: Bool {
        switch self {
        case .instant, .date: false
        case .now, .ago: true
        }
    }
}
