extension Schedule: CustomStringConvertible {
    /// What a text may be, for messages: "off, every 60s, daily 03:00, …".
    public static let forms =
        "off, every N (s, m, h or d), daily HH:MM, weekly DAY HH:MM (sun to sat), or monthly N HH:MM (1 to 28)"

    /// The longest interval: a leap year.
    private static let longestInterval = 366 * 86_400
    private static let weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
    private static let units: [(letter: Character, seconds: Int)] = [
        ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1),
    ]

    /// Reads one of the ``forms``; nil when it is none.
    public init?(_ text: String) {
        let words = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        switch (words.first, words.count) {
        case ("off", 1): self = .off
        case ("every", 2):
            guard let seconds = Self.seconds(words[1]) else { return nil }
            self = .every(seconds: seconds)
        case ("daily", 2):
            guard let time = TimeOfDay(words[1]) else { return nil }
            self = .daily(time)
        case ("weekly", 3):
            guard let day = Self.weekdays.firstIndex(of: words[1]), let time = TimeOfDay(words[2]) else { return nil }
            self = .weekly(weekday: day + 1, time)
        case ("monthly", 3):
            guard let day = Self.number(words[1]), (1...28).contains(day), let time = TimeOfDay(words[2]) else {
                return nil
            }
            self = .monthly(day: day, time)
        default: return nil
        }
    }

    /// The text that is read as this schedule.
    public var description: String {
        switch self {
        case .off: return "off"
        case .every(let seconds):
            let unit = Self.units.first { seconds.isMultiple(of: $0.seconds) }
            return "every \(seconds / (unit?.seconds ?? 1))\(unit?.letter ?? "s")"
        case .daily(let time): return "daily \(time)"
        case .weekly(let weekday, let time): return "weekly \(Self.weekdays[weekday - 1]) \(time)"
        case .monthly(let day, let time): return "monthly \(day) \(time)"
        }
    }

    private static func seconds(_ text: String) -> Int? {
        guard let letter = text.last, let unit = units.first(where: { $0.letter == letter }),
            let count = number(String(text.dropLast())), count <= longestInterval
        else { return nil }
        let seconds = count * unit.seconds
        return (1...longestInterval).contains(seconds) ? seconds : nil
    }

    fileprivate static func number(_ text: String) -> Int? {
        guard !text.isEmpty, text.utf8.count <= 9, text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int(text)
    }
}

extension Schedule.TimeOfDay: CustomStringConvertible {
    /// Reads `HH:MM`.
    public init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, parts[1].count == 2, let hour = Schedule.number(parts[0]),
            let minute = Schedule.number(parts[1]), hour < 24, minute < 60
        else { return nil }
        self.init(hour: hour, minute: minute)
    }

    /// `HH:MM`.
    public var description: String {
        (hour < 10 ? "0\(hour)" : "\(hour)") + (minute < 10 ? ":0\(minute)" : ":\(minute)")
    }
}
