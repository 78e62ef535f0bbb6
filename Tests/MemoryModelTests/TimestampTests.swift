import MemoryModel
import TestSupport
import Testing

@Suite("Timestamps", .serialized)
struct TimestampTests {
    static let valid: [(text: String, canonical: String)] = [
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000000Z"),
        ("2026-01-02t03:04:05z", "2026-01-02T03:04:05.000000Z"),
        ("2026-01-02T03:04:05.678901+01:00", "2026-01-02T02:04:05.678901Z"),
        ("2026-01-02T03:04:05-00:00", "2026-01-02T03:04:05.000000Z"),
        ("2026-01-01T00:30:00+23:59", "2025-12-31T00:31:00.000000Z"),
        ("2025-12-31T23:30:00-23:59", "2026-01-01T23:29:00.000000Z"),
        ("2026-03-01T00:00:00+00:01", "2026-02-28T23:59:00.000000Z"),
        ("2024-02-28T23:59:59-00:01", "2024-02-29T00:00:59.000000Z"),
        // Leap days.
        ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000000Z"),
        ("2000-02-29T00:00:00Z", "2000-02-29T00:00:00.000000Z"),
        ("0004-02-29T00:00:00Z", "0004-02-29T00:00:00.000000Z"),
        // Fractions: any number of digits, rounded half up at the seventh.
        ("2026-01-02T03:04:05.5Z", "2026-01-02T03:04:05.500000Z"),
        ("2026-01-02T03:04:05.05Z", "2026-01-02T03:04:05.050000Z"),
        ("2026-01-02T03:04:05.000000499Z", "2026-01-02T03:04:05.000000Z"),
        ("2026-01-02T03:04:05.0000005Z", "2026-01-02T03:04:05.000001Z"),
        ("2026-01-02T03:04:05.1234564999999999999999Z", "2026-01-02T03:04:05.123456Z"),
        ("2026-01-02T03:04:05.1234565Z", "2026-01-02T03:04:05.123457Z"),
        ("2026-01-02T03:04:05.9999994Z", "2026-01-02T03:04:05.999999Z"),
        ("2026-01-02T03:04:05.9999995Z", "2026-01-02T03:04:06.000000Z"),
        ("2026-12-31T23:59:59.9999995Z", "2027-01-01T00:00:00.000000Z"),
        ("2024-02-28T23:59:59.99999999Z", "2024-02-29T00:00:00.000000Z"),
        ("1969-12-31T23:59:59.9999995Z", "1970-01-01T00:00:00.000000Z"),
        ("1969-12-31T23:59:59.0000005Z", "1969-12-31T23:59:59.000001Z"),
        // The limits.
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"),
        ("0001-01-01T01:00:00+01:00", "0001-01-01T00:00:00.000000Z"),
        ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
        ("9999-12-31T22:59:59.9999994-01:00", "9999-12-31T23:59:59.999999Z"),
    ]

    @Test("RFC 3339 is read and answered in UTC with six digits", arguments: valid)
    func reads(text: String, canonical: String) throws {
        let timestamp = try #require(Timestamp(rfc3339: text))
        #expect(timestamp.description == canonical)
        #expect(Timestamp(rfc3339: canonical) == timestamp)
    }

    static let invalid: [String] = [
        // No such day or time.
        "2023-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2026-04-31T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-13-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-32T00:00:00Z", "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z",
        "2026-01-01T00:00:60Z", "2016-12-31T23:59:60Z", "2026-01-01T00:00:61Z",
        // Outside the years, also after the offset or the rounding.
        "0000-12-31T23:59:59Z", "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01",
        "9999-12-31T23:59:59.9999995Z",
        "10000-01-01T00:00:00Z", "-0001-01-01T00:00:00Z",
        // Not RFC 3339.
        "", "Z", "2026-01-01", "2026-01-01T00:00:00", "2026-01-01 00:00:00Z", "2026-01-01T00:00Z", "20260101T000000Z",
        "2026-1-1T0:0:0Z", "26-01-01T00:00:00Z", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00,5Z",
        "2026-01-01T00:00:00.5",
        "2026-01-01T00:00:00+01", "2026-01-01T00:00:00+0100", "2026-01-01T00:00:00+1:00", "2026-01-01T00:00:00+24:00",
        "2026-01-01T00:00:00+00:60", "2026-01-01T00:00:00±00:00", "2026-01-01T00:00:00ZZ", " 2026-01-01T00:00:00Z",
        "2026-01-01T00:00:00Z ", "2026-01-01T00:00:00 Z", "2026-01-01T00:00:00Z\0", "2026/01/01T00:00:00Z",
        "２０26-01-01T00:00:00Z", "2026-01-01T00:00:00.5 Z", "2026-01-01T00:00:0٣Z", "1767225600", "now",
    ]

    @Test("anything else is not", arguments: invalid)
    func refuses(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    @Test("instants are microseconds since 1970")
    func microseconds() throws {
        let cases: [(String, Int64)] = [
            ("1970-01-01T00:00:00Z", 0), ("1969-12-31T23:59:59.999999Z", -1),
            ("2000-03-01T00:00:00Z", 951_868_800_000_000),
            ("2038-01-19T03:14:08Z", 2_147_483_648_000_000), ("1582-10-15T00:00:00Z", -12_219_292_800_000_000),
            ("0001-01-01T00:00:00Z", Timestamp.earliest.microseconds),
            ("9999-12-31T23:59:59.999999Z", Timestamp.latest.microseconds),
        ]
        for (text, microseconds) in cases { #expect(Timestamp(rfc3339: text)?.microseconds == microseconds, "\(text)") }
        #expect(Timestamp(microseconds: Timestamp.earliest.microseconds - 1) == nil)
        #expect(Timestamp(microseconds: Timestamp.latest.microseconds + 1) == nil)
        #expect(Timestamp(microseconds: .min) == nil && Timestamp(microseconds: .max) == nil)
    }

    static let dates: [(text: String, instant: String?)] = [
        ("2026-01-02", "2026-01-02T00:00:00.000000Z"), ("0001-01-01", "0001-01-01T00:00:00.000000Z"),
        ("9999-12-31", "9999-12-31T00:00:00.000000Z"), ("2024-02-29", "2024-02-29T00:00:00.000000Z"),
        ("2023-02-29", nil),
        ("2026-01-02T", nil), ("2026-01-02Z", nil), ("2026-1-2", nil), ("0000-01-01", nil), ("", nil), ("2026-01", nil),
    ]

    @Test("dates are their first instant", arguments: dates)
    func date(text: String, instant: String?) {
        #expect(Timestamp(date: text)?.description == instant)
    }

    @Test("every instant comes back from its text", arguments: UInt64(1)...4)
    func roundTrip(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let range = Timestamp.earliest.microseconds...Timestamp.latest.microseconds
        var last: (Timestamp, String)?
        for _ in 0..<1_000 {
            let timestamp = try #require(Timestamp(microseconds: Int64.random(in: range, using: &generator)))
            let text = timestamp.description
            #expect(Timestamp(rfc3339: text) == timestamp)
            if let (earlier, earlierText) = last { #expect((earlier < timestamp) == (earlierText < text)) }
            last = (timestamp, text)
        }
    }

    @Test(
        "every day follows the one before",
        arguments: [
            ("0001-01-01", "0006-01-01", 1_826), ("1896-01-01", "1905-01-01", 3_287),
            ("1999-01-01", "2005-01-01", 2_192), ("9995-01-01", "9999-12-31", 1_825),
        ])
    func everyDay(first: String, last: String, count: Int) throws {
        var day = try #require(Timestamp(date: first))
        let end = try #require(Timestamp(date: last))
        var days = 0
        var before = ""
        while day < end {
            let text = String(day.description.prefix(10))
            guard text > before, Timestamp(date: text) == day else {
                Issue.record("\(text) after \(before)")
                return
            }
            before = text
            days += 1
            day = day.advanced(byMicroseconds: Timestamp.microsecondsPerDay)
        }
        #expect(days == count)
        #expect(before < last)
    }

    @Test("moving stops at the limits")
    func advanced() {
        #expect(Timestamp.latest.advanced(byMicroseconds: 1) == .latest)
        #expect(Timestamp.latest.advanced(byMicroseconds: .max) == .latest)
        #expect(Timestamp.earliest.advanced(byMicroseconds: .min) == .earliest)
        #expect(Timestamp.earliest.advanced(byMicroseconds: 1).microseconds == Timestamp.earliest.microseconds + 1)
    }
}
