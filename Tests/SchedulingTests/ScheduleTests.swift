import Foundation
import Scheduling
import MemoryModel
import Testing

@Suite struct ScheduleTests {
    @Test(
        "what is read is written the same",
        arguments: [
            "off", "every 1s", "every 90s", "every 1m", "every 2h", "every 366d", "daily 03:00", "weekly sun 23:59",
            "monthly 28 00:00",
        ])
    func roundTrip(text: String) {
        #expect(Schedule(text)?.description == text)
    }

    @Test(
        "what is no schedule",
        arguments: [
            "", "Off", "every", "every 0s", "every 60", "every -5s", "every 367d", "every 99999999999s", "every 1w",
            "daily", "daily 24:00", "daily 3:5", "daily 03:60", "weekly 03:00", "weekly sunday 03:00",
            "monthly 29 03:00",
            "monthly 0 03:00", "daily  03:00", "daily 03:00 ", "every ٣s", "daily 03:00:00",
        ])
    func refused(text: String) {
        #expect(Schedule(text) == nil)
    }

    @Test func intervalsAreWrittenInTheirLargestUnit() {
        #expect(Schedule("every 3600s")?.description == "every 1h")
        #expect(Schedule("every 90m")?.description == "every 90m")
    }

    /// A schedule, the instant after which a run is wanted, the time zone, and when it comes.
    static let cases: [(String, String, String, String?)] = [
        ("off", "2026-03-01T00:00:00Z", "UTC", nil),
        ("every 90s", "2026-03-01T00:00:00.250000Z", "UTC", "2026-03-01T00:01:30.250000Z"),
        ("daily 03:00", "2026-03-01T02:59:59.900000Z", "UTC", "2026-03-01T03:00:00.000000Z"),
        ("daily 03:00", "2026-03-01T03:00:00Z", "UTC", "2026-03-02T03:00:00.000000Z"),
        ("daily 03:00", "2026-03-01T03:00:00.500000Z", "UTC", "2026-03-02T03:00:00.000000Z"),
        ("weekly sun 04:00", "2026-11-26T00:00:00Z", "UTC", "2026-11-29T04:00:00.000000Z"),
        ("weekly sun 04:00", "2026-11-29T04:00:00Z", "UTC", "2026-12-06T04:00:00.000000Z"),
        ("monthly 1 00:30", "2026-01-31T12:00:00Z", "UTC", "2026-02-01T00:30:00.000000Z"),
        ("daily 03:00", "2026-07-01T00:00:00Z", "Europe/Berlin", "2026-07-01T01:00:00.000000Z"),
        // The night in which 02:30 does not exist, and the one in which it comes twice.
        ("daily 02:30", "2026-03-28T12:00:00Z", "Europe/Berlin", "2026-03-29T01:00:00.000000Z"),
        ("daily 02:30", "2026-10-24T12:00:00Z", "Europe/Berlin", "2026-10-25T00:30:00.000000Z"),
        ("daily 02:30", "2026-10-25T00:30:00Z", "Europe/Berlin", "2026-10-26T01:30:00.000000Z"),
    ]

    @Test("the next run", arguments: cases)
    func next(text: String, after: String, zone: String, expected: String?) throws {
        let schedule = try #require(Schedule(text))
        let instant = try #require(Timestamp(rfc3339: after))
        let zone = try #require(TimeZone(identifier: zone))
        #expect(schedule.next(after: instant, in: zone, jitter: 0)?.description == expected)
    }

    @Test("jitter puts off, by a tenth of an interval or a minute at most")
    func jitter() throws {
        let zone = try #require(TimeZone(identifier: "UTC"))
        let instant = try #require(Timestamp(rfc3339: "2026-03-01T00:00:00Z"))
        for (text, most) in [("every 60s", Int64(6)), ("every 1d", 60), ("daily 03:00", 60)] {
            let schedule = try #require(Schedule(text))
            let planned = try #require(schedule.next(after: instant, in: zone, jitter: 0))
            let latest = try #require(schedule.next(after: instant, in: zone, jitter: 1))
            #expect(latest.microseconds - planned.microseconds == most * 1_000_000, "\(text)")
        }
    }
}
