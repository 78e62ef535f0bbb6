import Foundation
public import MemoryModel

/// When a worker runs: never by itself, at an interval, or at calendar times of the machine's time zone.
public enum Schedule: Hashable, Sendable {
    /// Only when asked for.
    case off

    /// So long after the beginning of the run before; 1 second to 366 days.
    case every(seconds: Int)

    /// Every day at a time.
    case daily(TimeOfDay)

    /// Every week; 1 is Sunday.
    case weekly(weekday: Int, TimeOfDay)

    /// Every month on a day from 1 to 28, which every month has.
    case monthly(day: Int, TimeOfDay)

    /// Hours and minutes.
    public struct TimeOfDay: Hashable, Sendable {
        /// 0 to 23.
        public var hour: Int

        /// 0 to 59.
        public var minute: Int

        /// Makes a time of day of its parts.
        public init(hour: Int, minute: Int) {
            self.hour = hour
            self.minute = minute
        }
    }

    /// How much later than planned a run may be put: so many of a machine's jobs begin on the minute or the hour, and every
    /// daemon that was started together would work together. An interval is stretched by up to a tenth, and no more than
    /// a minute; a calendar time is put off by up to a minute.
    static let longestDelayMicroseconds: Int64 = 60_000_000

    /// When to run next after a run that began at `instant`; nil: never.
    ///
    /// `jitter`, from 0 to 1, says how far in its range the delay lies. A time that the clock skips in spring comes with
    /// the hour after it; one that comes twice in autumn counts once.
    public func next(after instant: Timestamp, in zone: TimeZone, jitter: Double) -> Timestamp? {
        let planned: Timestamp
        var range = Self.longestDelayMicroseconds
        switch self {
        case .off: return nil
        case .every(let seconds):
            planned = instant.advanced(byMicroseconds: Int64(seconds) * 1_000_000)
            range = min(range, Int64(seconds) * 100_000)
        case .daily(let time): planned = Self.next(DateComponents(time), after: instant, in: zone)
        case .weekly(let weekday, let time):
            var components = DateComponents(time)
            components.weekday = weekday
            planned = Self.next(components, after: instant, in: zone)
        case .monthly(let day, let time):
            var components = DateComponents(time)
            components.day = day
            planned = Self.next(components, after: instant, in: zone)
        }
        return planned.advanced(byMicroseconds: Int64(Double(range) * min(max(jitter, 0), 1)))
    }

    private static func next(_ components: DateComponents, after instant: Timestamp, in zone: TimeZone) -> Timestamp {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        // From the whole second on: what comes back has no fraction, and must not lie before the instant.
        let seconds = Double(instant.microseconds / 1_000_000)
        let date = calendar.nextDate(
            after: Date(timeIntervalSince1970: seconds), matching: components, matchingPolicy: .nextTime)
        let next = date.flatMap { Timestamp(microseconds: Int64($0.timeIntervalSince1970) * 1_000_000) }
        // Only at the end of time is there none.
        return next ?? .latest
    }
}

extension DateComponents {
    fileprivate init(_ time: Schedule.TimeOfDay) {
        self.init(hour: time.hour, minute: time.minute, second: 0)
    }
}
