import Foundation
import LogEvents
import Logging
import Testing

@testable import DaemonLogging

@Suite struct StandardErrorSinkTests {
    static let entry = LogEntry(
        .slowRequest, .warning, "slow\nrequest",
        fields: [.init("peer_uid", "7"), .init("detail", "a \"b\"\n"), .init("time", "mine")],
        time: Date(timeIntervalSince1970: 1.5))

    @Test("a line of text has time, level, message, event and values, and stays one line")
    func text() {
        let line = String(decoding: StandardErrorSink(format: .text).line(Self.entry), as: UTF8.self)
        #expect(
            line
                == "1970-01-01T00:00:01.500Z warning slow request event=slow-request detail=\"a \\\"b\\\" \" peer_uid=7 "
                + "time=mine\n")
    }

    @Test("a line of JSON is one object without a name given twice")
    func json() throws {
        let line = StandardErrorSink(format: .json).line(Self.entry)
        #expect(line.last == 10 && line.count { $0 == 10 } == 1)
        let object = try JSONDecoder().decode([String: String].self, from: Data(line))
        #expect(
            object == [
                "time": "1970-01-01T00:00:01.500Z", "level": "warning", "event": "slow-request",
                "message": "slow\nrequest", "peer_uid": "7", "detail": "a \"b\"\n",
            ])
    }
}
