import BrainClient
import Glibc

/// How long ago, or how far ahead, an instant is, in a few words.
enum RelativeTime {
    private static let units: [(seconds: Int64, name: String)] = [
        (31_557_600, "year"), (2_629_800, "month"), (86_400, "day"), (3_600, "h"), (60, "min"), (1, "s"),
    ]

    /// Such as "3 min ago", "in 2 days" or "just now".
    static func describe(_ time: Timestamp, now: Timestamp) -> String {
        let seconds = (now.microseconds - time.microseconds) / 1_000_000
        guard let unit = units.first(where: { abs(seconds) >= $0.seconds }) else { return "just now" }
        let amount = "\(quantity(abs(seconds) / unit.seconds, unit.name))"
        return seconds > 0 ? "\(amount) ago" : "in \(amount)"
    }

    /// A span in its two greatest units, such as "3 h 12 min".
    static func span(seconds: Int64) -> String {
        guard let index = units.firstIndex(where: { seconds >= $0.seconds }) else { return "0 s" }
        let unit = units[index]
        let first = quantity(seconds / unit.seconds, unit.name)
        guard index + 1 < units.count else { return first }
        let next = units[index + 1]
        let rest = seconds % unit.seconds / next.seconds
        return rest == 0 ? first : "\(first) \(quantity(rest, next.name))"
    }

    /// The exact instant, as a person reads it.
    static func exact(_ time: Timestamp) -> String {
        let text = time.description
        return "\(text.prefix(10)) \(text.dropFirst(11).prefix(8)) UTC"
    }

    private static func quantity(_ count: Int64, _ unit: String) -> String {
        let isWord = !["s", "min", "h"].contains(unit)
        return "\(count) \(unit)\(isWord && count != 1 ? "s" : "")"
    }
}

extension Timestamp {
    /// The present instant by the system's clock.
    static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        let microseconds = Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
        return Timestamp(microseconds: microseconds) ?? .earliest
    }
}
