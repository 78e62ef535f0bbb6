import DaemonFixture
import Testing

/// Timestamps, as every field of that kind reads them.
extension Scenario {
    private static func time(_ text: String, _ answered: String) -> Scenario {
        kept(.recordTimestamp, "timestamp \(text)", #"{"timestamp":"\#(text)"}"#, as: #"{"timestamp":"\#(answered)"}"#)
    }

    private static func badTime(_ name: String, _ value: String) -> Scenario {
        Scenario("timestamp \(name) is refused", .recordTimestamp, .dates, .invalidParams) { world in
            try await refused(.recordTimestamp, "", #"{"timestamp":\#(value)}"#, field: "timestamp").run(world)
            for field in ["startDate", "endDate"] {
                try await world.client.expectInvalid(field, "query", #"{"\#(field)":\#(value)}"#)
            }
            try await refused(.recordExpiry, "", #"{"expiresAt":\#(value)}"#, field: "expiresAt").run(world)
        }
    }

    static let recordTimes: [Scenario] = readTimes + refusedTimes + [defaultTime, plainDate]

    private static let readTimes: [Scenario] = [
        time("2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000000Z"),
        time("2026-01-02t03:04:05z", "2026-01-02T03:04:05.000000Z"),
        time("2026-01-02T03:04:05+00:00", "2026-01-02T03:04:05.000000Z"),
        time("2026-01-02T03:04:05-00:00", "2026-01-02T03:04:05.000000Z"),
        time("2026-01-02T03:04:05+01:30", "2026-01-02T01:34:05.000000Z"),
        time("2026-01-02T03:04:05-05:00", "2026-01-02T08:04:05.000000Z"),
        time("2026-01-01T00:00:00+23:59", "2025-12-31T00:01:00.000000Z"),
        time("2026-12-31T23:59:59-23:59", "2027-01-01T23:58:59.000000Z"),
        time("2026-01-02T03:04:05.6Z", "2026-01-02T03:04:05.600000Z"),
        time("2026-01-02T03:04:05.678901Z", "2026-01-02T03:04:05.678901Z"),
        time("2026-01-02T03:04:05.6789014Z", "2026-01-02T03:04:05.678901Z"),
        time("2026-01-02T03:04:05.6789015Z", "2026-01-02T03:04:05.678902Z"),
        time("2026-01-02T03:04:05.67890149999999999999Z", "2026-01-02T03:04:05.678901Z"),
        time("2026-01-02T03:04:05.000000000Z", "2026-01-02T03:04:05.000000Z"),
        time("2026-01-02T03:04:05.9999996Z", "2026-01-02T03:04:06.000000Z"),
        time("2025-12-31T23:59:59.9999999Z", "2026-01-01T00:00:00.000000Z"),
        time("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"),
        time("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
        time("9999-12-31T23:59:59.9999994Z", "9999-12-31T23:59:59.999999Z"),
        time("1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"),
        time("1582-10-10T12:00:00Z", "1582-10-10T12:00:00.000000Z"),
        time("2024-02-29T12:00:00Z", "2024-02-29T12:00:00.000000Z"),
        time("2000-02-29T23:30:00-01:00", "2000-03-01T00:30:00.000000Z"),
    ]

    private static let refusedTimes: [Scenario] = [
        badTime("with second 60", #""2016-12-31T23:59:60Z""#), badTime("with minute 60", #""2026-01-02T03:60:05Z""#),
        badTime("with hour 24", #""2026-01-02T24:00:00Z""#), badTime("with month 13", #""2026-13-02T03:04:05Z""#),
        badTime("with month 0", #""2026-00-02T03:04:05Z""#), badTime("with day 32", #""2026-01-32T03:04:05Z""#),
        badTime("with day 0", #""2026-01-00T03:04:05Z""#), badTime("of 30 February", #""2024-02-30T03:04:05Z""#),
        badTime("of 29 February 2023", #""2023-02-29T03:04:05Z""#),
        badTime("of 29 February 1900", #""1900-02-29T03:04:05Z""#),
        badTime("of 31 April", #""2026-04-31T03:04:05Z""#), badTime("of year 0", #""0000-12-31T23:59:59Z""#),
        badTime("of year 10000", #""10000-01-01T00:00:00Z""#),
        badTime("that rounds into year 10000", #""9999-12-31T23:59:59.9999995Z""#),
        badTime("that its offset takes into year 0", #""0001-01-01T00:00:00+00:01""#),
        badTime("that its offset takes into year 10000", #""9999-12-31T23:59:00-00:01""#),
        badTime("without an offset", #""2026-01-02T03:04:05""#), badTime("without seconds", #""2026-01-02T03:04Z""#),
        badTime("without leading zeros", #""2026-1-2T3:4:5Z""#),
        badTime("with a point and no digit", #""2026-01-02T03:04:05.Z""#),
        badTime("with a decimal comma", #""2026-01-02T03:04:05,5Z""#),
        badTime("with offset +0100", #""2026-01-02T03:04:05+0100""#),
        badTime("with offset +01", #""2026-01-02T03:04:05+01""#),
        badTime("with offset +24:00", #""2026-01-02T03:04:05+24:00""#),
        badTime("with offset +01:60", #""2026-01-02T03:04:05+01:60""#),
        badTime("with a space before it", #"" 2026-01-02T03:04:05Z""#),
        badTime("with a newline after it", #""2026-01-02T03:04:05Z\n""#),
        badTime("with two zones", #""2026-01-02T03:04:05ZZ""#),
        badTime("with digits of another script", #""2026-01-0\u0662T03:04:05Z""#),
        badTime("with a minus of typography", #""2026-01-02T03:04:05\u221201:00""#),
        badTime("in the basic format", #""20260102T030405Z""#), badTime("of a sign", #""+2026-01-02T03:04:05Z""#),
        badTime("of no character", #""""#), badTime("infinity", #""infinity""#), badTime("now", #""now""#),
        badTime("as a number", "1767322800"),
        badTime("as an array", #"["2026-01-02T03:04:05Z"]"#),
    ]

    private static let plainDate = Scenario("timestamp and expiresAt are no mere dates", .recordTimestamp) { world in
        try await refused(.recordTimestamp, "", #"{"timestamp":"2026-01-02"}"#, field: "timestamp").run(world)
        try await refused(.recordExpiry, "", #"{"expiresAt":"2126-01-02"}"#, field: "expiresAt").run(world)
        try await refused(.nullsAndIntegers, "", #"{"timestamp":null}"#, field: "timestamp").run(world)
    }

    private static let defaultTime = Scenario("timestamp is now where a record has none", .recordTimestamp) { world in
        let before = WallClock.instant()
        let record = #"{"agentId":"\#(world.unique("now"))","context":{}}"#
        let id = try #require(await world.client.result("store", #"{"record":\#(record)}"#)["id"]?.string)
        let time = try #require(try await world.client.memory(id)?["timestamp"]?.string)
        #expect(time.wholeMatch(of: /[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z/) != nil)
        #expect(before <= time && time <= WallClock.instant())
    }
}
