import DaemonFixture
import Glibc
import Testing

/// The machine's clock, which the daemon reads as well, in the form of the protocol's answers: such texts sort as the
/// instants do.
enum WallClock {
    /// The instant so many microseconds from now.
    static func instant(afterMicroseconds offset: Int = 0) -> String {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return text(microseconds: time.tv_sec * 1_000_000 + time.tv_nsec / 1_000 + offset)
    }

    /// The instant so many microseconds after the beginning of 1970.
    static func text(microseconds: Int) -> String {
        var seconds = microseconds / 1_000_000
        var parts = tm()
        gmtime_r(&seconds, &parts)
        let fields = [
            (Int(parts.tm_year) + 1_900, 4, "-"), (Int(parts.tm_mon) + 1, 2, "-"), (Int(parts.tm_mday), 2, "T"),
            (Int(parts.tm_hour), 2, ":"), (Int(parts.tm_min), 2, ":"), (Int(parts.tm_sec), 2, "."),
            (microseconds % 1_000_000, 6, "Z"),
        ]
        return fields.map { value, width, end in
            let digits = String(value)
            return String(repeating: "0", count: width - digits.count) + digits + end
        }.joined()
    }

    /// Waits until the clock has reached `instant`.
    static func pass(_ instant: String) async throws {
        let isPast = try await OwnThread.run { OwnThread.poll(within: .seconds(30)) { Self.instant() >= instant } }
        #expect(isPast)
    }
}
